"""``/import``: who may send, what a request may hold, and what the reply says."""

import base64
import gzip
import json

import pytest

from switchyard_cli.sandbox import Sandbox

INVALID_CREDENTIALS = {"code": 401, "error": "Invalid credentials", "status": "Unauthorized"}


def basic(credentials):
    """Build an ``Authorization`` header."""
    return "Basic " + base64.b64encode(credentials.encode()).decode()


def test_good_events_are_stored_and_counted(client, event):
    """A request of good events is answered with 200 and their number."""
    reply = client.import_events(event("id-1"), event("id-2"))
    assert reply == (200, {"code": 200, "num_records_imported": 2, "status": "OK"})
    assert client.sandbox.events() == [event("id-1"), event("id-2")]


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        basic("token"),
        basic("token:secret"),
        basic(":"),
        basic("other:"),
        "Bearer dG9rZW46",
        "Basic %%%",
        "Basic /w==",
    ],
)
def test_token_needs_colon_and_empty_password(connect, event, authorization):
    """Anything but the project's own token, a colon and no password is 401, and nothing is stored."""
    client = connect(Sandbox("token"))
    body = json.dumps([event()]).encode()
    assert client.post("/import?strict=1", body, Authorization=authorization) == (401, INVALID_CREDENTIALS)
    assert client.sandbox.events() == []
    assert client.post("/import", body, Authorization=basic("token:"))[0] == 200


def test_empty_token_is_none(connect, event):
    """A sandbox that takes every token still asks for one."""
    assert connect(Sandbox(), "").import_events(event()) == (401, INVALID_CREDENTIALS)


def test_token_goes_without_project_id(client, event):
    """A ``project_id`` asks for a service account, so a token beside it is 401."""
    body = json.dumps([event()]).encode()
    reply = client.post("/import?project_id=7", body, Authorization=client.authorization)
    assert reply == (401, INVALID_CREDENTIALS)


def test_every_token_is_a_project_without_project_token(sandbox, connect, event):
    """A sandbox without a project token keeps the events of each token apart, and shows them together."""
    connect(sandbox, "one").import_events(event("id-1"))
    connect(sandbox, "two").import_events(event("id-2"))
    assert sandbox.project("one").events == [event("id-1")]
    assert sandbox.project("two").events == [event("id-2")]
    assert sandbox.events() == [event("id-1"), event("id-2")]
    assert sandbox.project("three").events == []


def test_ndjson_and_gzip_are_taken(client, event):
    """The body may be one event a line, with empty lines between, and compressed."""
    body = gzip.compress(b"\n\n".join(json.dumps(event(f"id-{n}")).encode() for n in range(3)) + b"\n")
    headers = {"Content_Encoding": "gzip", "Authorization": client.authorization}
    status, content = client.post("/import?strict=1", body, "application/x-ndjson", **headers)
    assert (status, content["num_records_imported"]) == (200, 3)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b""),
        ("application/json", b"[]"),
        ("application/json", b'{"event": "A"}'),
        ("application/json", b"[{]"),
        ("application/json", b"[NaN]"),
        ("application/json", b"[1e999]"),
        ("application/json", b"[" * 100_000),
        ("application/json", b"9" * 10_000),
        ("application/x-ndjson", b"\n\n"),
        ("application/x-ndjson", b"{}\n{"),
        ("application/x-www-form-urlencoded", b"data=[{}]"),
        ("", b"[{}]"),
    ],
)
def test_unreadable_request_stores_nothing(client, media_type, body):
    """A body that is empty or no JSON of the announced type is 400 without ``failed_records``."""
    status, content = client.post("/import?strict=1", body, media_type, Authorization=client.authorization)
    assert (status, content["code"], content["status"]) == (400, 400, "Bad Request")
    assert "failed_records" not in content
    assert client.sandbox.counts["received"] == 0


@pytest.mark.parametrize("damage", [lambda packed: packed[:-4], lambda packed: b"no" + packed])
def test_broken_gzip_is_unreadable(client, event, damage):
    """A body that says gzip and is none, or ends early, is 400."""
    body = damage(gzip.compress(json.dumps([event()]).encode()))
    headers = {"Content_Encoding": "gzip", "Authorization": client.authorization}
    assert client.post("/import", body, **headers)[0] == 400


def test_two_thousand_events_are_the_limit(client, event):
    """2,000 events are taken in one request; one more and the request is refused as a whole."""
    events = [event(f"id-{n}") for n in range(2001)]
    assert client.import_events(*events[:2000])[0] == 200
    status, content = client.import_events(*events)
    assert (status, "failed_records" in content) == (400, False)
    assert len(client.sandbox.events()) == 2000


@pytest.mark.parametrize("compress", [False, True])
def test_limit_is_on_uncompressed_bytes(connect, event, compress):
    """Above the limit the reply is 413 and names it; gzip does not raise the limit."""
    body = json.dumps([event()]).encode()
    headers = {"Content_Encoding": "gzip"} if compress else {}
    sent = gzip.compress(body) if compress else body
    for limit, expected in ((len(body), 200), (len(body) - 1, 413)):
        client = connect(Sandbox(max_request_bytes=limit))
        status, content = client.post("/import", sent, Authorization=client.authorization, **headers)
        assert status == expected
    message = f"request exceeds max limit of {len(body) - 1} bytes"
    assert content == {"code": 413, "error": message, "status": "Request Entity Too Large"}


def test_gzip_bomb_costs_no_memory(connect):
    """A small body that would inflate to a gigabyte is 413 as soon as the limit is passed."""
    client = connect(Sandbox(max_request_bytes=1000))
    bomb = gzip.compress(b" " * 50_000_000)
    assert client.post("/import", bomb, Content_Encoding="gzip", Authorization=client.authorization)[0] == 413


def test_strict_names_the_refused_and_stores_the_rest(client, event):
    """A 400 in strict mode is partial: ``failed_records`` has a row for each bad event, the good ones are stored."""
    status, content = client.import_events(event("id-1"), event("id-2", time="now"), event("id-3", name=" "), 7)
    assert status == 400
    assert content == {
        "code": 400,
        "error": "some data points in the request failed validation",
        "failed_records": [
            {
                "index": 1,
                "insert_id": "id-2",
                "field": "properties.time",
                "message": "'properties.time' is invalid: must be specified as seconds since epoch",
            },
            {"index": 2, "insert_id": "id-3", "field": "event", "message": "'event' must not be missing or blank"},
            {"index": 3, "insert_id": "", "field": "event", "message": "'event' is invalid: must be a JSON object"},
        ],
        "num_records_imported": 1,
        "status": "Bad Request",
    }
    assert client.sandbox.events() == [event("id-1")]


@pytest.mark.parametrize("query", ["", "?strict=0"])
def test_without_strict_bad_events_vanish(client, event, query):
    """Without ``strict=1`` the reply is 200 and does not name what was refused."""
    body = json.dumps([event("id-1"), event("id-2", time="now")]).encode()
    status, content = client.post(f"/import{query}", body, Authorization=client.authorization)
    assert (status, content) == (200, {"code": 200, "num_records_imported": 1, "status": "OK"})
    assert client.sandbox.counts["refused"] == 1


def test_bytes_that_are_no_utf8_cost_only_their_event(client, event):
    """Promise 4: an event whose text is no UTF-8 is refused by property, its neighbours are stored."""
    body = json.dumps([event("id-1"), event("id-2", city="Z")]).encode().replace(b'"Z"', b'"\xff"')
    status, content = client.post("/import?strict=1", body, Authorization=client.authorization)
    assert (status, content["num_records_imported"]) == (400, 1)
    assert content["failed_records"][0]["field"] == "properties.city"
    assert content["failed_records"][0]["message"] == "'properties.city' is invalid: string should be valid utf8"


@pytest.mark.parametrize("changed", [{"name": "Other"}, {"time": 1}, {"distinct_id": "user-2"}, {"insert_id": "id-2"}])
def test_duplicates_agree_in_four_fields(client, event, now, changed):
    """Events are duplicates if event, time, distinct_id and ``$insert_id`` agree, whatever else they hold."""
    changed = changed | ({"time": int(now) - 61} if "time" in changed else {})
    client.import_events(event(plan="free"))
    client.import_events(event(plan="paid"))
    assert client.sandbox.events() == [event(plan="paid")]
    client.import_events(event(**changed))
    assert len(client.sandbox.events()) == 2
    assert client.sandbox.counts["duplicates"] == 1


def test_seconds_and_milliseconds_are_one_time(client, event, now):
    """The same moment in seconds and in milliseconds makes a duplicate."""
    client.import_events(event(time=int(now)), event(time=int(now) * 1000))
    assert len(client.sandbox.events()) == 1


def test_time_of_the_near_future_becomes_now(client, event, now):
    """A time up to an hour ahead is overwritten with the present, in the unit that was sent."""
    ahead = int(now) + 3600
    client.import_events(event("id-1", time=ahead), event("id-2", time=ahead * 1000))
    assert [item["properties"]["time"] for item in client.sandbox.events()] == [int(now), int(now) * 1000]


def test_strings_are_cut(client, event):
    """Strings are cut to 255 characters at every depth, and never refused for their length."""
    client.import_events(event(name="n" * 300, list=["ä" * 300, {"deep": "d" * 300}]))
    (stored,) = client.sandbox.events()
    assert stored["event"] == "n" * 255
    assert stored["properties"]["list"] == ["ä" * 255, {"deep": "d" * 255}]


def test_ignored_events_are_not_stored(client, event):
    """An event with a true ``$ignore`` counts as imported, yet the project never holds it."""
    status, content = client.import_events(event(**{"$ignore": True}))
    assert (status, content["num_records_imported"], client.sandbox.events()) == (200, 1, [])
    assert client.sandbox.counts["ignored"] == 1


def test_events_without_ip_are_located_at_the_sender(client, event):
    """An event without ``ip`` would be placed where the request comes from; the sandbox counts these."""
    client.import_events(event("id-1"), event("id-2", ip=None))
    assert client.sandbox.counts["located_by_request_ip"] == 1


@pytest.mark.parametrize("verb", ["$identify", "$create_alias", "$merge"])
def test_simplified_project_refuses_batches_with_verbs(connect, event, verb):
    """A simplified project refuses the whole batch for one identity verb; the row is then a plain string."""
    client = connect(Sandbox(identity="simplified"))
    status, content = client.import_events(event("id-1"), event("id-2", name=verb))
    assert (status, content["num_records_imported"]) == (400, 0)
    assert content["failed_records"] == [
        "identity events are not allowed when project is using simplified identity management"
    ]
    assert client.sandbox.events() == []
    assert client.sandbox.counts["refused"] == 2


def test_simplified_project_without_strict_drops_only_the_verbs(connect, event):
    """Without strict mode the verb vanishes and the rest of the batch is stored."""
    client = connect(Sandbox(identity="simplified"))
    client.import_events(event("id-1"), event("id-2", name="$merge"), strict="0")
    assert client.sandbox.events() == [event("id-1")]


def test_original_project_records_aliases(client, event):
    """``$create_alias`` is recorded, and an alias keeps its first distinct_id."""
    client.import_events(event("id-1", name="$create_alias", alias="a"))
    client.import_events(event("id-2", name="$create_alias", alias="a", distinct_id="user-2"))
    client.import_events(event("id-3", name="$create_alias"))
    assert client.sandbox.project("token").aliases == {"a": "user-1"}


def test_oldest_events_make_room(connect, event):
    """Beyond ``max_events`` a project drops its oldest events and counts them."""
    client = connect(Sandbox(max_events=3))
    client.import_events(*(event(f"id-{n}") for n in range(5)))
    assert client.sandbox.events() == [event(f"id-{n}") for n in (2, 3, 4)]
    assert client.sandbox.counts["dropped"] == 2
