"""A request's events: every one of them is accepted, or refused with its reason, and none of its neighbours pays."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from switchyard.collect.decode import decode_body
from switchyard.collect.intake import MAX_BATCH_EVENTS, Intake, take_in
from switchyard.collect.normalise import Arrival
from switchyard.errors import RefusedRequest
from switchyard.events import CALLS

AT = Arrival(datetime(2026, 1, 15, 10, 0, 10, tzinfo=UTC))
GOOD = {"type": "track", "event": "Signed Up", "userId": "u", "messageId": "good"}
KIB_32 = 32 * 1024


def batch(*events: Any, **shared: Any) -> Intake:
    """Take in a batch of these events."""
    return take_in("batch", {"batch": list(events), **shared}, AT)


def ids(intake: Intake) -> list[str]:
    """The messageIds of what was accepted, in order."""
    return [event["messageId"] for event in intake.accepted]


def reasons(intake: Intake) -> list[str]:
    """The codes of what was refused, in order."""
    return [refusal.reason.code for refusal in intake.refused]


def of_size(size: int, **fields: Any) -> dict[str, Any]:
    """A good event that is so many bytes of compact JSON."""
    event = {**GOOD, **fields, "properties": {"a": ""}}
    event["properties"] = {"a": "x" * (size - len(orjson.dumps(event)))}
    return event


# ---- single calls ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS)
def test_the_path_names_the_call(call):
    """The type may be missing in the body, and a different one there does not count."""
    body = {"userId": "u", "event": "Signed Up", "groupId": "g", "previousId": "p"}
    for given_type in ({}, {"type": "other"}, {"type": None}):
        assert [event["type"] for event in take_in(call, {**body, **given_type}, AT).accepted] == [call]


def test_an_invalid_single_event_is_a_dead_letter():
    """As at Segment only its size makes a single event an error; the rest is taken and put aside with its reason."""
    intake = take_in("track", {"userId": "u", "messageId": "m"}, AT)
    assert intake.accepted == []
    assert reasons(intake) == ["event_not_defined"]
    assert intake.refused[0].event.items() >= {"type": "track", "userId": "u", "messageId": "m"}.items()


def test_a_single_event_has_32_kib():
    """The event as the client sent it: neither its write key nor the type that the path adds count."""
    event = {"userId": "u", "event": "Signed Up", "messageId": "m", "properties": {"a": ""}}
    event["properties"] = {"a": "x" * (KIB_32 - len(orjson.dumps(event)))}
    assert len(take_in("track", {**event, "writeKey": "k" * 1000}, AT).accepted) == 1
    with pytest.raises(RefusedRequest) as caught:
        take_in("track", {**event, "userId": "uu"}, AT)
    assert caught.value.code == "payload_too_large"
    assert caught.value.message == "An event may have 32 KiB as compact JSON."


# ---- batches ---------------------------------------------------------------------------------------------------------


def test_a_batch_keeps_its_order():
    """Events come out as they went in, without the write key."""
    events = [{**GOOD, "messageId": str(number), "writeKey": "key"} for number in range(20)]
    intake = take_in("batch", {"batch": events, "writeKey": "key"}, AT)
    assert ids(intake) == [str(number) for number in range(20)]
    assert not any("writeKey" in event for event in intake.accepted)


@pytest.mark.parametrize("body", [{}, {"batch": None}, {"batch": {}}, {"batch": "[]"}, {"batch": 5}, {"batch": True}])
def test_without_a_list_there_is_no_batch(body):
    """Then the request as a whole makes no sense."""
    with pytest.raises(RefusedRequest) as caught:
        take_in("batch", body, AT)
    assert caught.value.code == "bad_request"


def test_an_empty_batch_is_refused():
    """With Segment's code for it."""
    with pytest.raises(RefusedRequest) as caught:
        batch()
    assert caught.value.code == "empty_batch"


def test_everything_that_the_batch_shares_reaches_each_event():
    """Context, integrations and sentAt."""
    intake = batch(
        GOOD, {**GOOD, "context": {"a": 2}}, context={"a": 1}, integrations={"All": False}, sentAt="2026-01-15"
    )
    assert [event["context"] for event in intake.accepted] == [{"a": 1}, {"a": 2}]
    assert all(event["integrations"] == {"All": False} for event in intake.accepted)
    assert all(event["sentAt"] == "2026-01-15" for event in intake.accepted)


BAD: dict[str, Any] = {
    "null": None,
    "number": 1,
    "text": "track",
    "list": [GOOD],
    "empty": {},
    "no type": {"userId": "u"},
    "no user": {"type": "page"},
    "user without end": {**GOOD, "userId": "u" * KIB_32},
    "user is an object": {**GOOD, "userId": {}},
    "user is false": {**GOOD, "userId": False},
    "no name": {"type": "track", "userId": "u"},
    "properties are text": {**GOOD, "properties": "a=b"},
    "too large": of_size(KIB_32 + 1),
    "too large in escapes": {**GOOD, "properties": {"a": "\x00" * 6000}},
    "too large in exponents": {**GOOD, "properties": {"a": [1e15] * 2000}},
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_event_costs_only_itself(bad):
    """Before it, after it and between two of it, good events go on (promise 4)."""
    intake = batch(bad, GOOD, bad, {**GOOD, "messageId": "second"}, bad)
    assert ids(intake) == ["good", "second"]
    assert len(intake.refused) == 3


@pytest.mark.parametrize(
    "bad", ["[" * 100_000 + "]" * 100_000, '{"a":' * 30_000 + "1" + "}" * 30_000], ids=["list", "object"]
)
def test_an_event_without_a_bottom_costs_only_itself(bad):
    """As an event, or as a field of one, 30,000 levels and more: its neighbours are accepted (promise 4)."""
    good = json.dumps(GOOD)
    text = f'{{"batch": [{good}, {bad}, {good[:-1]}, "properties": {{"a": {bad}, "b": 1}}}}, {good}]}}'
    intake = take_in("batch", decode_body(b64encode(text.encode()).decode(), is_base64=True).value, AT)
    assert ids(intake) == ["good"] * 3
    assert intake.accepted[1]["properties"]["b"] == 1
    assert reasons(intake) == ["bad_request"]


def test_a_bad_optional_field_costs_only_that_field():
    """Dates, message ids, context and integrations of any type do not refuse an event (promise 4)."""
    values: list[Any] = [None, True, -1, 1e300, "", "text", [], {}, ["text"], "9" * 5000]
    for name in ("timestamp", "sentAt", "originalTimestamp", "messageId", "context", "integrations", "receivedAt"):
        for value in values:
            assert len(batch({**GOOD, name: value}).accepted) == 1


def test_the_size_of_an_event_in_a_batch():
    """32 KiB pass and a byte more is refused alone; the key and what the batch adds do not count."""
    fits = of_size(KIB_32, messageId="fits")
    intake = batch({**fits, "writeKey": "key"}, of_size(KIB_32 + 1), GOOD, context={"a": "x" * 8000})
    assert ids(intake) == ["fits", "good"]
    assert reasons(intake) == ["payload_too_large"]


def test_what_is_over_2500_events_is_refused_event_by_event():
    """As at Segment, the first 2,500 go on."""
    events = [{**GOOD, "messageId": str(number)} for number in range(MAX_BATCH_EVENTS + 2)]
    intake = batch(*events)
    assert ids(intake) == [str(number) for number in range(2500)]
    assert [(refusal.event["messageId"], refusal.reason.code) for refusal in intake.refused] == [
        ("2500", "bad_request"),
        ("2501", "bad_request"),
    ]


@pytest.mark.parametrize("bad", [{}, 0, None, []], ids=repr)
def test_a_hundred_thousand_bad_events_stay_small(bad):
    """Whatever the batch would add to each of them, only 2,500 get it."""
    intake = batch(*[bad] * 100_000, GOOD, context={"a": "x" * 8000})
    assert len(intake.refused) == 100_001
    assert sum(len(orjson.dumps(refusal.event)) for refusal in intake.refused) < 25_000_000
    assert not any(refusal.reason.__traceback__ for refusal in intake.refused)


# ---- anything --------------------------------------------------------------------------------------------------------

NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
ANY_EVENT = st.fixed_dictionaries(
    {"type": st.sampled_from(CALLS)},
    optional={
        **{name: st.text(max_size=3) | JSON for name in ("userId", "anonymousId", "event", "groupId", "previousId")},
        **dict.fromkeys(("properties", "traits", "context", "integrations", "messageId", "timestamp", "sentAt"), JSON),
    },
)


@given(
    st.lists(ANY_EVENT | JSON, min_size=1, max_size=5), st.dictionaries(st.sampled_from(["context", "sentAt"]), JSON)
)
@example([GOOD, {}, None, GOOD], {})
def test_every_event_is_accepted_or_refused(events, shared):
    """Nothing else exists (promise 2); what was accepted can be written as JSON, and so can what was refused."""
    intake = batch(*events, **shared)
    assert len(intake.accepted) + len(intake.refused) == len(events)
    assert orjson.loads(orjson.dumps(intake.accepted)) == intake.accepted
    for event, reason in intake.refused:
        assert reason.code
        assert orjson.loads(orjson.dumps(event)) == event


@given(ANY_EVENT, st.sampled_from(CALLS))
def test_a_single_call_and_a_batch_of_one_judge_alike(event, call):
    """The same event is accepted on both ways or refused for the same reason."""
    single, alone = take_in(call, event, AT), batch({**event, "type": call})
    assert (len(single.accepted), reasons(single)) == (len(alone.accepted), reasons(alone))
