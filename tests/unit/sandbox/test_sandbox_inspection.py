"""The windows below ``/sandbox``: what people and tests see, and what they can set."""

import json

import pytest

from switchyard_cli.sandbox import Sandbox

UPDATE = {"$token": "token", "$distinct_id": "user-1", "$set": {"$email": "a@b.c"}}
GROUP = {"$token": "token", "$group_key": "company", "$group_id": "acme", "$set": {"$name": "Acme"}}


def test_summary_has_all_counts(client, event):
    """``GET /sandbox`` counts events by name, profiles, groups, requests, records, refusals and faults."""
    client.import_events(event("id-1"), event("id-1"), event("id-2", name="Other"), event("id-3", time=None))
    client.send("/engage?ip=0", UPDATE)
    client.send("/groups", GROUP)
    assert client.get("/sandbox") == {
        "events": {"Signed Up": 1, "Other": 1},
        "profiles": 1,
        "groups": {"company": 1},
        "aliases": {},
        "counts": {
            "received": 6,
            "refused": 1,
            "stored": 2,
            "duplicates": 1,
            "updates": 2,
            "located_by_request_ip": 0,
        },
        "requests": {"/import 400": 1, "/engage 200": 1, "/groups 200": 1},
        "refused": [
            {
                "endpoint": "/import",
                "field": "properties.time",
                "message": "'properties.time' is invalid: must not be missing",
            }
        ],
        "faults": {"seed": 0, "rates": {}, "injected": {}},
    }


def test_data_has_mixpanel_names(client, event):
    """Events, profiles and groups are shown with the names that Mixpanel has for their properties."""
    client.import_events(event())
    client.send("/engage", UPDATE)
    client.send("/groups", GROUP)
    assert client.get("/sandbox/events") == [event()]
    assert client.get("/sandbox/profiles") == {"user-1": {"$email": "a@b.c"}}
    assert client.get("/sandbox/groups") == {"company": {"acme": {"$name": "Acme"}}}


def test_one_project_can_be_picked(sandbox, connect, event):
    """``?token=`` shows a single project."""
    connect(sandbox, "one").import_events(event("id-1"))
    client = connect(sandbox, "two")
    client.import_events(event("id-2"))
    assert client.get("/sandbox/events?token=one") == [event("id-1")]
    assert client.get("/sandbox?token=none")["events"] == {}
    assert client.get("/sandbox")["events"] == {"Signed Up": 2}


def test_projects_are_shown_together(sandbox, connect):
    """Without a token, users and groups of all projects stand in one view."""
    client = connect(sandbox)
    client.send("/engage", UPDATE, UPDATE | {"$token": "other", "$distinct_id": "user-2"})
    client.send("/groups", GROUP, GROUP | {"$token": "other", "$group_id": "umbrella"})
    assert sorted(sandbox.profiles()) == ["user-1", "user-2"]
    assert sorted(sandbox.groups()["company"]) == ["acme", "umbrella"]


def test_views_are_copies(client, event):
    """What was read of a sandbox does not change while it goes on."""
    client.send("/engage", UPDATE)
    client.send("/groups", GROUP)
    before = client.sandbox.project("token")
    client.import_events(event(name="$create_alias", alias="a"))
    client.send("/engage", UPDATE | {"$set": {"$email": "d@e.f"}}, UPDATE | {"$distinct_id": "user-2"})
    client.send("/groups", GROUP | {"$group_id": "umbrella"})
    assert before == ([], {"user-1": {"$email": "a@b.c"}}, {"company": {"acme": {"$name": "Acme"}}}, {})


def test_delete_empties_the_sandbox(client, event):
    """``DELETE /sandbox`` forgets data and counts."""
    client.import_events(event(), event(time=None))
    assert client.sandbox.handle("DELETE", "/sandbox", {}).status == 200
    summary = client.get("/sandbox")
    del summary["faults"]
    assert not any(summary.values())
    assert client.sandbox.requests == {}


def test_faults_are_configured_by_json(client, event):
    """``POST /sandbox/faults`` starts a new schedule, and the summary shows what it did."""
    status, summary = client.post("/sandbox/faults", b'{"seed": 3, "rates": {"throttle": 1}}')
    assert (status, summary["faults"]) == (200, {"seed": 3, "rates": {"throttle": 1}, "injected": {}})
    assert client.import_events(event())[0] == 429
    assert client.get("/sandbox")["faults"]["injected"] == {"throttle": 1}
    client.post("/sandbox/faults", b'{"rates": {}}')
    assert client.import_events(event())[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"rates": []}',
        b'{"rates": {"throttle": "1"}}',
        b'{"rates": {"throttle": true}}',
        b'{"rates": {"throttle": 2}}',
        b'{"rates": {"fire": 1}}',
        b'{"seed": "x", "rates": {}}',
    ],
)
def test_faults_that_make_no_sense_are_refused(client, body):
    """A schedule that makes no sense is 400, and the old one stays."""
    before = client.sandbox.faults
    assert client.post("/sandbox/faults", body)[0] == 400
    assert client.sandbox.faults is before


@pytest.mark.parametrize(("method", "target"), [("GET", "/"), ("GET", "/import"), ("PUT", "/sandbox"), ("POST", "/x")])
def test_other_addresses_are_404(sandbox, method, target):
    """What is neither an endpoint nor a window is 404, and not counted."""
    reply = sandbox.handle(method, target, {})
    assert (reply.status, json.loads(reply.body)["code"]) == (404, 404)
    assert sandbox.requests == {}


def test_refusals_name_fields_and_no_values(client, event):
    """Promise 7: what is shown of refused records holds none of their values."""
    secret = "secret"
    client.import_events(event(time=secret), event(insert_id=f"{secret}!"), event(distinct_id=[secret]))
    client.send("/engage?strict=1", UPDATE | {"$set": secret}, UPDATE | {"$token": secret, "$distinct_id": ""})
    assert client.sandbox.counts["refused"] == 5
    assert secret not in json.dumps(client.get("/sandbox"))


def test_refusals_are_bounded(client):
    """Only the newest hundred reasons are kept."""
    client.import_events(*range(250))
    assert len(client.get("/sandbox")["refused"]) == 100


def test_text_that_is_no_utf8_can_be_shown():
    """A name that is no UTF-8 does not break the windows."""
    sandbox = Sandbox()
    body = b'{"$token": "t", "$distinct_id": "\xff", "$set": {}}'
    sandbox.handle("POST", "/engage", {"Content-Type": "application/json"}, body)
    assert sandbox.handle("GET", "/sandbox/profiles", {}).status == 200
