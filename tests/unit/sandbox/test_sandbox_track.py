"""``/track``: forms and JSON, the token in the event, five days, and the identity verbs."""

import base64
import gzip
import json
from urllib.parse import urlencode

import pytest

from switchyard_cli.sandbox import Sandbox

FORM = "application/x-www-form-urlencoded"
DAY = 86400


def tracked(event="Signed Up", **properties):
    """Build an event for ``/track``."""
    return {"event": event, "properties": {"token": "token", "distinct_id": "user-1"} | properties}


@pytest.mark.parametrize("encode", [str, lambda text: base64.b64encode(text.encode()).decode()])
@pytest.mark.parametrize("records", [tracked(), [tracked(), tracked()]])
def test_form_has_json_or_base64(client, records, encode):
    """A form's ``data`` is one event or a list, as JSON or as base64 of it; the reply is a plain 1."""
    body = urlencode({"data": encode(json.dumps(records))}).encode()
    assert client.post("/track", body, FORM) == (200, 1)
    assert len(client.sandbox.events()) == (len(records) if isinstance(records, list) else 1)


def test_json_and_gzip_are_taken(client):
    """The body may be JSON, and compressed."""
    body = gzip.compress(json.dumps([tracked()]).encode())
    assert client.post("/track", body, Content_Encoding="gzip") == (200, 1)


def test_event_is_stored_without_its_token(client, now):
    """The token is a credential and not shown; a missing time is the present."""
    client.send("/track", tracked(plan="free"))
    properties = {"distinct_id": "user-1", "plan": "free", "time": int(now)}
    assert client.sandbox.events() == [{"event": "Signed Up", "properties": properties}]


def test_events_without_insert_id_have_no_duplicates(client):
    """Mixpanel makes up an ``$insert_id`` where none is sent, so equal events are two."""
    client.send("/track", tracked(time=1), tracked())
    client.send("/track", tracked(), tracked())
    assert len(client.sandbox.events()) == 3


@pytest.mark.parametrize(
    ("record", "error"),
    [
        (tracked(token=None), "token, missing or empty"),
        (tracked(distinct_id=""), "distinct_id, missing or empty"),
        ({"event": "A", "properties": {"token": "token"}}, "distinct_id, missing or empty"),
        (tracked(event=""), "'event' must not be missing or blank"),
        (tracked(time="now"), "'properties.time' is invalid: must be specified as seconds since epoch"),
        (tracked(**{"$insert_id": ["x"]}), "'$insert_id' is invalid: must be a string"),
    ],
)
def test_refusal_is_200_and_zero(client, record, error):
    """A request without a good event is 200 with a plain 0; ``verbose=1`` says why."""
    assert client.send("/track", record) == 0
    assert client.send("/track?verbose=1", record) == {"error": error, "status": 0}
    assert client.sandbox.events() == []


@pytest.mark.parametrize("verb", ["$identify", "$create_alias"])
def test_a_verb_without_its_ids_is_taken_in_silence(client, verb):
    """It joins nobody, and Mixpanel says nothing of it: an anonymous identify call is no mistake of the caller's."""
    assert client.send("/track?verbose=1", {"event": verb, "properties": {"token": "token"}})["status"] == 1


def test_one_good_event_makes_success(client):
    """Status 1 says no more than that one event was well-formed."""
    assert client.send("/track?verbose=1", tracked(), tracked(event="")) == {"error": None, "status": 1}
    assert client.sandbox.counts["refused"] == 1


def test_verbose_may_be_a_field_of_the_form(client):
    """A form may carry ``verbose`` beside ``data``."""
    body = urlencode({"data": json.dumps(tracked()), "verbose": "1"}).encode()
    assert client.post("/track", body, FORM) == (200, {"error": None, "status": 1})


@pytest.mark.parametrize("body", [b"", b"data=", b"data=%7B", b"data=*", b"other=1", b"data=[]"])
def test_unreadable_data_is_200_and_zero(client, body):
    """Data that is missing or cannot be read is answered with 200 all the same."""
    assert client.post("/track", body, FORM) == (200, 0)


def test_fields_are_limited(client):
    """A form or a query with hundreds of fields is refused before it costs anything."""
    assert client.post("/track", b"a=1&" * 101, FORM)[0] == 400
    assert client.post("/track?" + "a=1&" * 101, b"")[0] == 400


def test_two_thousand_events_are_the_limit(client):
    """2,000 events are taken in one request, and of 2,001 none."""
    assert client.send("/track", *[tracked()] * 2001) == 0
    assert client.sandbox.events() == []
    assert client.send("/track", *[tracked()] * 2000) == 1


def test_only_the_last_five_days_are_kept(client, now):
    """An event that is older than five days is dropped without a word."""
    edge = int(now) - 5 * DAY
    assert client.send("/track", tracked(time=edge - 1), tracked(time=(edge - 1) * 1000)) == 1
    assert client.sandbox.events() == []
    assert client.sandbox.counts["too_old"] == 2
    client.send("/track", tracked(time=edge))
    assert len(client.sandbox.events()) == 1


def test_unknown_token_loses_the_event(connect):
    """The reply says nothing about the token: with a wrong one the event is lost in silence."""
    client = connect(Sandbox("another"))
    assert client.send("/track", tracked()) == 1
    assert client.sandbox.events() == []
    assert client.sandbox.counts["unknown_token"] == 1


def test_aliases_are_recorded(client):
    """``$create_alias`` is stored as an event and leads from the alias to the distinct_id."""
    assert client.send("/track", tracked("$create_alias", alias="new")) == 1
    assert client.sandbox.project("token").aliases == {"new": "user-1"}
    assert [event["event"] for event in client.sandbox.events()] == ["$create_alias"]


def test_identify_needs_no_distinct_id(client):
    """``$identify`` counts for its ``$identified_id``."""
    ids = {"$identified_id": "user-2", "$anon_id": "c0ffee"}
    client.send("/track", {"event": "$identify", "properties": {"token": "token"} | ids})
    (stored,) = client.sandbox.events()
    assert stored["properties"]["distinct_id"] == "user-2"


def test_simplified_project_ignores_verbs(connect):
    """A simplified project has no use for identity verbs: it answers 1 and keeps nothing."""
    client = connect(Sandbox(identity="simplified"))
    assert client.send("/track", tracked("$create_alias", alias="new")) == 1
    assert client.sandbox.project("token") == ([], {}, {}, {})
    assert client.sandbox.counts["ignored"] == 1


@pytest.mark.parametrize(("ids", "expected"), [({"$user_id": "u"}, "u"), ({"$device_id": "d"}, "$device:d")])
def test_simplified_project_derives_the_distinct_id(connect, ids, expected):
    """The distinct_id is the user's id, or else ``$device:`` and the device's."""
    client = connect(Sandbox(identity="simplified"))
    client.send("/track", {"event": "A", "properties": {"token": "token"} | ids})
    (stored,) = client.sandbox.events()
    assert stored["properties"]["distinct_id"] == expected
