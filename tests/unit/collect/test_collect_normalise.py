"""What the server fills in, so that an archived event needs no request around it."""

import re
from datetime import UTC, datetime
from typing import Any
from unittest.mock import ANY

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.collect.normalise import (
    MAX_MESSAGE_ID,
    MAX_SHARED_BYTES,
    Arrival,
    batch_arrival,
    normalise,
    str_of_number,
)
from switchyard.errors import RefusedRequest

NOW = datetime(2026, 1, 15, 10, 0, 10, tzinfo=UTC)
RECEIVED = "2026-01-15T10:00:10.000Z"
AT = Arrival(NOW)


def normal(arrival: Arrival = AT, **event: Any) -> dict[str, Any]:
    """A normalised track call."""
    return normalise({"type": "track", **event}, arrival)


def timestamp(**times: Any) -> Any:
    """The timestamp that an event with these times gets."""
    return normal(**times)["timestamp"]


# ---- times -----------------------------------------------------------------------------------------------------------


def test_the_clock_of_the_device_is_corrected():
    """``timestamp`` is ``receivedAt - (sentAt - originalTimestamp)``: what was so long before sending."""
    event = normal(timestamp="2026-01-15T12:59:50Z", sentAt="2026-01-15T13:00:00Z")
    assert event["timestamp"] == "2026-01-15T10:00:00.000Z"
    assert event["originalTimestamp"] == "2026-01-15T12:59:50Z"
    assert (event["sentAt"], event["receivedAt"]) == ("2026-01-15T13:00:00Z", RECEIVED)


def test_offsets_make_no_difference():
    """Each time is read in its own zone."""
    assert timestamp(timestamp="2026-01-15T14:59:50+02:00", sentAt="2026-01-15T08:00:00-0500") == (
        "2026-01-15T10:00:00.000Z"
    )


def test_an_event_of_the_past_stays_there():
    """A back-dated event that was sent now only moves by the time it took."""
    assert timestamp(timestamp="2024-02-03", sentAt="2026-01-15T10:00:09Z") == "2024-02-03T00:00:01.000Z"


def test_an_event_of_the_future_stays_there():
    """``sentAt`` may be before the event itself."""
    assert timestamp(timestamp="2027-01-01T00:00:00Z", sentAt="2026-01-15T10:00:10Z") == "2027-01-01T00:00:00.000Z"


@pytest.mark.parametrize("sent_at", [0, "0001-01-01T00:00:00Z", "1970-01-01T00:01:00Z", "2026-01-10T11:59:59Z"])
def test_no_correction_moves_the_past_into_the_future(sent_at):
    """A phone that begins anew in 1970 sends what it had kept, others send a date that was never set."""
    assert timestamp(timestamp="2026-01-10T12:00:00Z", sentAt=sent_at) == "2026-01-10T12:00:00.000Z"


@pytest.mark.parametrize("sent_at", [None, "soon", "", {}, [], True, "2024-13-01T00:00:00Z"])
def test_without_a_readable_sent_at_nothing_is_corrected(sent_at):
    """The client's time counts as it is; never is an event refused for a date."""
    assert timestamp(timestamp="2025-12-31T23:00:00-01:00", sentAt=sent_at) == "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize("original", [None, "yesterday", "", {}, [], False, 1e308, "9" * 5000])
def test_without_a_readable_time_an_event_happened_when_it_arrived(original):
    """Whatever the client sent instead stays in ``originalTimestamp``."""
    event = normal(timestamp=original, sentAt="2026-01-15T10:00:00Z")
    assert event["timestamp"] == RECEIVED
    assert event.get("originalTimestamp") == original


def test_no_original_timestamp_is_made_up():
    """Without the client's word there is none."""
    assert normal().keys() == {"type", "context", "properties", "receivedAt", "timestamp", "messageId"}


def test_the_original_timestamp_stands_in_for_a_missing_one():
    """RudderStack's Node SDK sends ``originalTimestamp`` and no ``timestamp``; where both are, ``timestamp`` counts."""
    original, other = "2026-01-15T09:00:00Z", "2026-01-15T08:00:00Z"
    assert timestamp(originalTimestamp=original) == "2026-01-15T09:00:00.000Z"
    assert timestamp(originalTimestamp=original, timestamp=None) == "2026-01-15T09:00:00.000Z"
    assert normal(originalTimestamp=other, timestamp=original)["originalTimestamp"] == original


def test_the_sent_at_of_the_batch_stands_in_for_a_missing_one():
    """analytics.js in batching mode sends it only there; an event's own counts more, but not what is no time."""
    arrival = batch_arrival({"sentAt": "2026-01-15T10:00:00Z"}, AT)
    original = {"timestamp": "2026-01-15T09:00:00Z"}
    useless: list[Any] = [None, "", "soon", {}]
    for event in (original, *({**original, "sentAt": each} for each in useless)):
        assert normal(arrival, **event)["timestamp"] == "2026-01-15T09:00:10.000Z"
        assert normal(arrival, **event)["sentAt"] == "2026-01-15T10:00:00Z"
    assert normal(arrival, **original, sentAt="2026-01-15T10:00:05Z")["timestamp"] == "2026-01-15T09:00:05.000Z"


@pytest.mark.parametrize("sent_at", ["soon", "9" * 400_000, ["2026-01-15T10:00:00Z"] * 20_000, {}, True])
def test_the_sent_at_of_a_batch_is_copied_only_when_it_is_a_time(sent_at):
    """It goes into each of 2,500 events, so what is no time must not: 400 KB would become a gigabyte."""
    assert "sentAt" not in normal(batch_arrival({"sentAt": sent_at}, AT))


def test_a_correction_beyond_the_calendar_is_left_out():
    """The years 1 and 9999 do not overflow: the client's time counts as it is."""
    first, last = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"
    assert timestamp(timestamp=first, sentAt=last) == "0001-01-01T00:00:00.000Z"
    assert timestamp(timestamp=last, sentAt=first) == "9999-12-31T23:59:59.000Z"


def test_what_the_client_says_about_the_arrival_is_overwritten():
    """``receivedAt`` is the server's word."""
    assert normal(receivedAt="1999-01-01T00:00:00Z")["receivedAt"] == RECEIVED


# ---- messageId -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given_id", [None, "", True, False, {}, [], ["id"], float("inf")])
def test_an_event_without_a_usable_message_id_gets_one(given_id):
    """Like Segment's own: ``api-`` and 27 letters and digits, different each time."""
    made = {normal(messageId=given_id)["messageId"] for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"api-[0-9a-zA-Z]{27}", each) for each in made)


@pytest.mark.parametrize("given_id", ["0", "x" * MAX_MESSAGE_ID, "🦄" * MAX_MESSAGE_ID, " \x00\ufffe"])
def test_a_message_id_is_kept(given_id):
    """Up to 100 characters, whatever they are: it is what a re-sent event is recognised by."""
    assert normal(messageId=given_id)["messageId"] == given_id


def test_a_number_as_message_id_becomes_text():
    """As for the other ids."""
    assert normal(messageId=17)["messageId"] == "17"


def test_a_message_id_that_is_too_long_is_cut_and_stays_unique():
    """Two that share their beginning stay two, and the same one stays the same (promise 3)."""
    ids = ["x" * 10_000, "x" * 10_000 + "y", "🦄" * 101]
    cut = [normal(messageId=each)["messageId"] for each in ids]
    assert [len(each) for each in cut] == [MAX_MESSAGE_ID] * 3
    assert len(set(cut)) == 3
    assert cut == [normal(messageId=each)["messageId"] for each in ids]
    assert cut[0].startswith("x" * 67 + "-")


# ---- ids -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["userId", "anonymousId", "groupId", "previousId"])
def test_ids_that_are_numbers_become_text(name):
    """Home-made clients send numbers; a database's 1001 is the user "1001"."""
    assert normalise({"type": "track", name: 1001}, AT)[name] == "1001"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-5, "-5"),
        (7.0, "7"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (2**64 - 1, "18446744073709551615"),
        (1e21, "1" + "0" * 21),
    ],
)
def test_a_whole_number_has_no_point(value, text):
    """JavaScript does not tell 7.0 from 7, so they are the same id."""
    assert str_of_number(value) == text


@pytest.mark.parametrize("value", [None, True, False, "", "7", {}, [], {"id": 1}, float("inf"), float("nan")], ids=repr)
def test_what_is_no_number_stays(value):
    """Validation has the word on everything else."""
    assert str_of_number(value) is value


# ---- what a batch shares ---------------------------------------------------------------------------------------------


def test_context_and_integrations_of_the_batch_are_merged_in():
    """The event's own keys win."""
    arrival = batch_arrival(
        {"context": {"library": {"name": "go"}, "locale": "de"}, "integrations": {"All": False, "Mixpanel": True}}, AT
    )
    event = normal(arrival, context={"locale": "fr", "ip": "0.0.0.0"}, integrations={"All": True})
    assert event["context"] == {"library": {"name": "go"}, "locale": "fr", "ip": "0.0.0.0"}
    assert event["integrations"] == {"All": True, "Mixpanel": True}


def test_integrations_are_only_there_when_somebody_names_them():
    """Absent means all of them, so none are made up; the batch's alone or the event's alone are enough."""
    assert "integrations" not in normal()
    assert normal(batch_arrival({"integrations": {"All": False}}, AT))["integrations"] == {"All": False}
    assert normal(integrations={"All": False})["integrations"] == {"All": False}


@pytest.mark.parametrize("own", [None, "text", 5, [], True])
def test_a_context_that_is_no_object_counts_as_none(own):
    """A bad optional field costs only that field (promise 4)."""
    arrival = batch_arrival({"context": {"locale": "de"}, "integrations": {"All": False}}, AT)
    event = normal(arrival, context=own, integrations=own)
    assert (event["context"], event["integrations"]) == ({"locale": "de"}, {"All": False})
    assert normal(context=own)["context"] == {}


@pytest.mark.parametrize("shared", [None, "text", 5, [], True])
def test_a_batch_whose_context_is_no_object_shares_none(shared):
    """What cannot be merged is left out."""
    arrival = batch_arrival({"context": shared, "integrations": shared}, AT)
    event = normal(arrival, context={"locale": "de"})
    assert event["context"] == {"locale": "de"}
    assert "integrations" not in event


def test_what_a_batch_shares_may_have_8_kib():
    """It is copied into each event: 2,500 times 8 KiB is as much as one run of collect can send."""
    assert MAX_SHARED_BYTES == 8 * 1024
    frame = len(orjson.dumps({"context": {"a": ""}, "integrations": {"b": ""}}))
    half = (MAX_SHARED_BYTES - frame) // 2
    body = {"context": {"a": "x" * half}, "integrations": {"b": "y" * (MAX_SHARED_BYTES - frame - half)}}
    assert batch_arrival(body, AT).context == body["context"]
    body["integrations"]["b"] += "y"
    with pytest.raises(RefusedRequest) as caught:
        batch_arrival(body, AT)
    assert caught.value.code == "payload_too_large"


def test_events_do_not_share_what_was_merged():
    """Two events of a batch have a context each: changing one later changes only that one."""
    arrival = batch_arrival({"context": {"locale": "de"}}, AT)
    first, second = normal(arrival), normal(arrival)
    first["context"]["locale"] = "fr"
    assert second["context"] == {"locale": "de"}


# ---- the rest --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("track", "properties"),
        ("page", "properties"),
        ("screen", "properties"),
        ("identify", "traits"),
        ("group", "traits"),
    ],
)
def test_the_body_of_a_call_is_always_there(kind, body):
    """Missing or null properties or traits are empty ones; a wrong one is left for validation."""
    assert normalise({"type": kind}, AT)[body] == normalise({"type": kind, body: None}, AT)[body] == {}
    assert normalise({"type": kind, body: "text"}, AT)[body] == "text"


@pytest.mark.parametrize(
    ("event", "traits"),
    [
        ({"type": "identify", "context": {"traits": {"plan": "Pro"}}}, {"plan": "Pro"}),
        ({"type": "identify", "context": {"traits": {"plan": "Pro"}}, "traits": None}, {"plan": "Pro"}),
        ({"type": "identify", "context": {"traits": {"plan": "Pro"}}, "traits": {}}, {}),
        ({"type": "identify", "context": {"traits": "Pro"}}, {}),
        ({"type": "group", "context": {"traits": {"plan": "Pro"}}}, {}),
    ],
)
def test_traits_of_an_identify_call_may_be_in_its_context_alone(event, traits):
    """RudderStack's Python SDK puts them nowhere else; a group's traits are never its user's."""
    assert normalise(event, AT)["traits"] == traits


def test_an_alias_has_no_body():
    """Neither properties nor traits are added to it."""
    assert normalise({"type": "alias"}, AT).keys().isdisjoint({"properties", "traits"})


def test_the_type_comes_from_the_path_of_a_single_call():
    """Whatever the body says, ``/v1/track`` tracks."""
    assert normalise({"event": "Signed Up"}, Arrival(NOW, call="track"))["type"] == "track"
    assert normalise({"type": "alias"}, Arrival(NOW, call="group")) == {
        **normalise({"type": "group", "messageId": "m"}, AT),
        "messageId": ANY,
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
NAMED = [
    "type",
    "userId",
    "groupId",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "context",
    "integrations",
]
FILLED_IN = {"receivedAt", "timestamp", "originalTimestamp", "sentAt", "messageId", "context", "integrations"}


@given(
    st.dictionaries(st.sampled_from(NAMED) | st.text(max_size=5), JSON),
    st.dictionaries(st.sampled_from(["sentAt", "context", "integrations"]), JSON),
)
def test_any_object_is_normalised(event, batch):
    """Nothing raises, the event itself stays untouched, and unknown fields are kept as they came."""
    before = repr(event)
    event_normal = normalise(event, batch_arrival(batch, AT))
    assert repr(event) == before
    ours = {"properties", "traits", "userId", "anonymousId", "groupId", "previousId"} | FILLED_IN
    assert all(event_normal[name] is value for name, value in event.items() if name not in ours)
    assert event_normal.keys() <= event.keys() | ours
    assert isinstance(event_normal["messageId"], str)
    assert isinstance(event_normal["context"], dict)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event_normal["timestamp"])


@given(st.dictionaries(st.text(max_size=5), JSON), st.text(min_size=1))
def test_an_event_with_its_id_is_normalised_the_same_each_time(event, message_id):
    """Only a missing messageId is a random one (promise 3)."""
    event["messageId"] = message_id
    assert repr(normalise(event, AT)) == repr(normalise(event, AT))
