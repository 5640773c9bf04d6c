"""What SDKs ask before they send: the answer that makes them post here and nowhere else."""

import json

import pytest

ASKED = {"httpMethod": "GET", "headers": {"X-Forwarded-Proto": "https"}, "body": None, "isBase64Encoded": False}


def ask(desk, path="/v1/projects/web-key/settings", domain="events.example.com", **request):
    """Ask for settings at a domain."""
    context = {"requestId": "request-1"} | ({"domainName": domain} if domain else {})
    return desk.ask({**ASKED, "path": path, "requestContext": context, **request})


def test_the_answer_is_exactly_this(desk):
    """Every key was found necessary by trying, and every further one makes an SDK load code or send elsewhere."""
    answer = ask(desk)
    assert (answer.status, answer.content) == (
        200,
        {
            "integrations": {
                "Segment.io": {
                    "apiKey": "web-key",
                    "apiHost": "events.example.com/v1",
                    "protocol": "https",
                    "retryQueue": True,
                }
            },
            "metrics": {"sampleRate": 0, "host": "events.example.com/v1"},
            "plan": {
                "track": {"__default": {"enabled": True, "integrations": {}}},
                "identify": {"__default": {"enabled": True}},
                "group": {"__default": {"enabled": True}},
            },
            "analyticsNextEnabled": True,
        },
    )
    assert "segment.io/" not in json.dumps(answer.content).lower()


@pytest.mark.parametrize(
    ("path", "domain"),
    [
        ("/projects/web-key/settings", "abc123.execute-api.eu-central-1.amazonaws.com"),
        ("/v1/projects/web-key/settings", "events.example.com"),
        ("/projects/web-key/settings", "events.example.com"),
        ("/v1/projects/projects/web-key/settings", "events.example.com"),
        ("/v1/web-key/settings/", "events.example.com"),
    ],
)
def test_events_go_where_the_settings_came_from(desk, path, domain):
    """API Gateway's own host has the /v1 as its stage, and a domain of one's own takes it as well."""
    content = ask(desk, path, domain).content
    assert content["integrations"]["Segment.io"]["apiHost"] == content["metrics"]["host"] == f"{domain}/v1"


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "Forwarded", "X-Original-Host", "Origin"])
def test_no_header_names_the_host(desk, name):
    """Who could put a host of his own into a cached answer would get the events of everybody."""
    assert "evil" not in json.dumps(ask(desk, headers={name: "evil.example.com"}).content)


def test_a_local_stack_speaks_http(desk):
    """API Gateway says itself by which protocol it was asked; whatever else is said means https."""
    for said, protocol in (("http", "http"), ("https", "https"), ("gopher", "https"), ("HTTP", "https")):
        content = ask(desk, headers={"X-Forwarded-Proto": said}).content
        assert content["integrations"]["Segment.io"]["protocol"] == protocol


def test_without_a_known_host_the_client_keeps_its_own(desk):
    """An emulator may not say by which name it was called; the key alone is enough where the page sets apiHost."""
    content = ask(desk, domain=None).content
    assert content["integrations"] == {"Segment.io": {"apiKey": "web-key", "retryQueue": True}}
    assert content["metrics"] == {"sampleRate": 0}


@pytest.mark.parametrize(("key", "code"), [("none", "unknown_source"), ("retired-key", "source_disabled")])
def test_a_wrong_key_makes_the_load_fail(desk, key, code):
    """404, which an SDK reports to its developer; nothing remembers it, so that a new key works at once."""
    answer = ask(desk, f"/v1/projects/{key}/settings")
    assert (answer.status, answer.content["code"]) == (404, code)
    assert key not in json.dumps(answer.content)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_an_answer_is_kept_for_minutes(desk):
    """Short enough that a disabled key is gone from browsers while somebody still remembers why."""
    answer = ask(desk)
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
