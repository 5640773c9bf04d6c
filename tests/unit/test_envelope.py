"""What travels in a queue: whatever is sealed is opened again unchanged, and SQS takes every message."""

import json
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from switchyard.envelope import MAX_MESSAGE_BYTES, Envelope, Failure, Item, open_envelope, seal
from switchyard.errors import BadEnvelope

SQS_LIMIT = 1_048_576
EMPTY = Envelope("web", "2026-01-15T10:00:10.000Z", "request-1", items=())
FAILURE = Failure("invalid", "it is refused", "event", 400, 3, "2026-01-15T10:00:11.000Z", ({"endpoint": "/import"},))
# One character each that JSON or UTF-8 makes 1, 2, 3, 4 or 6 bytes of.
CHARACTERS = ["x", "é", "東", "🦄", "\x00", "\ufffe", "\uffff", "\u2028", '"']

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.dictionaries(st.text(), JSON, max_size=4)
ITEMS = st.builds(Item.of, EVENTS, st.none() | st.lists(st.text(), min_size=1).map(tuple))
FAILURES = st.builds(
    Failure,
    code=st.text(),
    reason=st.text(),
    field=st.none() | st.text(),
    status=st.none() | st.integers(100, 599),
    attempts=st.integers(0, 1000),
    failedAt=st.none() | st.text(),
    operations=st.lists(EVENTS, max_size=2).map(tuple),
    class_=st.text(min_size=1),
    subscription=st.none() | st.text(),
    action=st.none() | st.text(),
    firstTriedAt=st.none() | st.text(),
)
ENVELOPES = st.builds(
    Envelope,
    source=st.text(),
    received_at=st.text(),
    request_id=st.text(),
    items=st.lists(ITEMS, min_size=1, max_size=4).map(tuple),
    destination=st.none() | st.text(),
    attempts=st.integers(0, 1000),
    queued_at=st.none() | st.integers(0, 2**42),
    first_tried_at=st.none() | st.text(),
    failure=st.none() | FAILURES,
)


def of(*events) -> Envelope:
    """An envelope of these events."""
    return replace(EMPTY, items=tuple(map(Item.of, events)))


def test_an_event_is_carried_as_it_is_written():
    """Opened and sealed again, its text is the same to the byte: nobody on the way reads and writes it."""
    items = (Item(b'{"price": 1.50, "only": [1]}'), Item(b'{"only":["a"]}', ("Track Calls#0",)))
    (message,) = seal(replace(EMPTY, items=items))
    assert open_envelope(message).items == items
    assert seal(open_envelope(message)) == [message]


def size(message: str) -> int:
    """The bytes that SQS counts."""
    return len(message.encode())


@given(ENVELOPES)
@example(of({"\ufffe": "\uffff", "\x00": "\x1f\x7f\ud7ff\ue000\U0010fffe\U0010ffff", "__proto__": {}}))
@example(replace(EMPTY, items=(Item.of({}), Item.of({}, ("Track Calls#0",))), failure=FAILURE))
def test_what_is_sealed_is_opened_unchanged(new_sqs, envelope):
    """Every field of it, a failure's operations included, and SQS takes the message."""
    (message,) = seal(envelope)
    assert open_envelope(message) == envelope
    new_sqs().send_message_batch(QueueUrl="", Entries=[{"Id": "0", "MessageBody": message, "DelaySeconds": 0}])


@given(st.lists(st.tuples(st.sampled_from(CHARACTERS), st.integers(0, 60_000)), min_size=1, max_size=60))
@example([("\ufffe", 10_000)] * 60)
@example([("x", 32_000)] * 60)
def test_messages_have_room_in_sqs_and_keep_the_order(events):
    """An envelope becomes as many messages as it needs, none above the limit, and none of one event where two fit."""
    envelope = of(*({"messageId": str(i), "a": character * count} for i, (character, count) in enumerate(events)))
    messages = seal(envelope)
    assert all(size(message) <= MAX_MESSAGE_BYTES for message in messages)
    assert [item for message in messages for item in open_envelope(message).items] == list(envelope.items)
    assert all(size(a) + size(b) > MAX_MESSAGE_BYTES for a, b in pairwise(messages))


def test_many_small_events_take_little_memory(peak_of):
    """A hostile batch has a quarter of a million of them, and collect has 512 MB."""
    envelope = of(*[{}] * 20_000)
    (message,) = seal(envelope)
    assert peak_of(lambda: seal(envelope)) < 20 * size(message)


def test_each_message_has_the_whole_head():
    """A message says of itself where its events come from, and why they failed."""
    envelope = replace(of(*[{"a": "x" * 400_000}] * 3), destination="eu", attempts=2, queued_at=7, failure=FAILURE)
    first, second = (open_envelope(message) for message in seal(envelope))
    assert replace(first, items=()) == replace(second, items=()) == replace(envelope, items=())


def test_a_message_is_filled_to_the_last_byte():
    """Two events that just fit are one message, one byte more makes two; an event that just fits stays whole."""
    frame = size(seal(of({"a": "x" * 400_000}, {"a": "x" * 400_000}))[0]) - 800_000
    half = (MAX_MESSAGE_BYTES - frame) // 2
    first, second = {"a": "x" * half}, {"a": "x" * (MAX_MESSAGE_BYTES - frame - half)}
    assert [size(message) for message in seal(of(first, second))] == [MAX_MESSAGE_BYTES]
    second["a"] += "x"
    assert len(seal(of(first, second))) == 2
    frame = size(seal(of({"a": "x" * 900_000}))[0]) - 900_000
    alone = {"a": "x" * (MAX_MESSAGE_BYTES - frame)}
    assert [size(message) for message in seal(of(alone))] == [MAX_MESSAGE_BYTES]
    assert open_envelope(seal(of(alone))[0]).items[0].event == alone


def test_nothing_of_an_event_is_in_what_python_shows_of_an_envelope():
    """An envelope in a traceback or a log shows where it is from, and no more (promise 7)."""
    failure = replace(FAILURE, operations=({"record": {"token": "jane"}},))
    assert "jane" not in repr(replace(of({"userId": "jane"}), failure=failure))


def test_an_envelope_without_events_needs_no_message():
    """There is nothing to be said."""
    assert seal(EMPTY) == []


def test_a_message_is_json_as_documented():
    """The names are a contract: messages outlive a release in the queue."""
    (message,) = seal(replace(EMPTY, items=(Item.of({"a": 1}), Item.of({}, ("key",))), failure=FAILURE))
    assert json.loads(message) == {
        "version": 1,
        "source": "web",
        "receivedAt": "2026-01-15T10:00:10.000Z",
        "requestId": "request-1",
        "destination": None,
        "attempts": 0,
        "queuedAt": None,
        "firstTriedAt": None,
        "failure": {
            "class": "invalid",
            "code": "invalid",
            "reason": "it is refused",
            "field": "event",
            "status": 400,
            "attempts": 3,
            "failedAt": "2026-01-15T10:00:11.000Z",
            "operations": [{"endpoint": "/import"}],
            "subscription": None,
            "action": None,
            "firstTriedAt": None,
        },
        "items": [{"event": {"a": 1}}, {"event": {}, "only": ["key"]}],
        "itemBytes": [17, 27],
    }


# ---- what no message can hold ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "huge",
    [
        {"properties": [1e15] * 100_000},
        {"properties": {"a": "\ufffe" * 200_000}},
        {"properties": {"\x00" * 200_000: 1}},
        {str(number): number for number in range(100_000)},
        {"userId": "u" * 1_100_000},
    ],
    ids=["exponents", "escapes", "key", "keys", "userId"],
)
def test_of_an_event_that_is_too_large_stays_what_identifies_it(huge):
    """500 KB of JSON can grow (1e15 has 18 digits here); such an event must not keep its neighbours from the queue."""
    event = {"type": "track", "messageId": "m", "anonymousId": "a", "event": "Signed Up", **huge}
    messages = seal(replace(of({"a": 1}, event, {"b": 2}), failure=FAILURE))
    assert all(size(message) <= MAX_MESSAGE_BYTES for message in messages)
    assert [item.event for message in messages for item in open_envelope(message).items] == [
        {"a": 1},
        {"type": "track", "messageId": "m", "anonymousId": "a", "event": "Signed Up"},
        {"b": 2},
    ]


def test_of_a_failure_that_is_too_large_stays_the_reason():
    """An order of a thousand products has a thousand operations; they can be made again from the event."""
    operations = tuple({"endpoint": "/import", "record": {"a": "x" * 1000}} for _ in range(1000))
    failure = replace(FAILURE, operations=operations)
    (message,) = seal(replace(of({"a": "x" * 300_000}), failure=failure))
    assert size(message) <= MAX_MESSAGE_BYTES
    assert open_envelope(message).failure == replace(failure, operations=())


# ---- what is none of ours --------------------------------------------------------------------------------------------

MESSAGE = orjson.loads(seal(of({"messageId": "m"}))[0])
NO_OPERATIONS: list[Any] = [5, "text", {}, [], [None], ["key", 5]]
HEAD = ["source", "receivedAt", "requestId", "destination", "attempts", "queuedAt", "failure", "items"]


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", "1", '"version"', "{", "<Message/>", '{"version": 1}', "\x00"]
)
def test_a_message_of_something_else_is_no_envelope(text):
    """Anything that was put into the queue by hand."""
    with pytest.raises(BadEnvelope):
        open_envelope(text)


@pytest.mark.parametrize("version", [0, 2, "1", None, [1]])
def test_another_version_is_not_guessed_at(version):
    """What another release wrote may mean something else."""
    with pytest.raises(BadEnvelope):
        open_envelope(json.dumps({**MESSAGE, "version": version}))


@pytest.mark.parametrize("name", ["source", "receivedAt", "requestId", "items"])
def test_nothing_that_matters_may_be_missing(name):
    """Source, time, request and events."""
    with pytest.raises(BadEnvelope):
        open_envelope(json.dumps({key: value for key, value in MESSAGE.items() if key != name}))


@pytest.mark.parametrize("name", HEAD)
@pytest.mark.parametrize("value", [{"a": 1}, [5], 1.5], ids=repr)
def test_every_field_has_its_type(name, value):
    """A wrong one is found here, not in the middle of a run, where it would cost the messages beside it."""
    with pytest.raises(BadEnvelope) as caught:
        open_envelope(json.dumps({**MESSAGE, name: value}))
    assert str(value) not in str(caught.value)


@pytest.mark.parametrize(
    "item",
    [
        *(None, 5, "text", [], {}, {"event": None}, {"event": []}),
        *({"event": {}, "only": only} for only in NO_OPERATIONS),
    ],
    ids=repr,
)
def test_every_item_has_an_event(item):
    """The event is an object; the operations that are left, if they are named at all, are a list of names."""
    with pytest.raises(BadEnvelope):
        open_envelope(json.dumps({**MESSAGE, "items": [{"event": {}}, item]}))


@given(st.dictionaries(st.sampled_from([*HEAD, "version", "other"]), JSON) | JSON)
def test_any_json_is_an_envelope_or_a_bad_one(changes):
    """Nothing else is raised, and what was opened can be sealed again."""
    message = {**MESSAGE, **changes} if isinstance(changes, dict) else changes
    try:
        envelope = open_envelope(orjson.dumps(message).decode())
    except BadEnvelope:
        envelope = EMPTY
    assert all(open_envelope(sealed) == envelope for sealed in seal(envelope))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"},\n{", b"},{"),
        (b"},\n{", b"},\n\n{"),
        (b"},\n{", b"} ,\n{"),
        (b"},\n{", b"}, \n {"),
        (b"}\n]", b"} \n]"),
        (b"\n", b"\r\n"),
        (b'{"event":', b'{"more":1,"event":'),
        (b'"only":', b'"only": '),
        (b'{"a":"x"}', b'{"a":\n"x"}'),
        (b"]}", b"]}\n"),
    ],
)
def test_a_message_with_other_blanks_is_what_it_says(old, new):
    """Lines that are not as long as the message says are not trusted: all of it is read."""
    envelope = replace(EMPTY, items=(Item.of({"a": "x"}), Item.of({"b": 1}), Item.of({"c": 1}, ("Track Calls#0",))))
    (message,) = seal(envelope)
    changed = new.join(message.encode().rsplit(old, -1 if old != b"]}" else 1))
    assert changed != message.encode()
    assert open_envelope(changed.decode()) == envelope


@pytest.mark.parametrize("layout", [{}, {"indent": 1}, {"separators": (",", ":")}], ids=repr)
def test_a_message_may_be_laid_out_in_another_way(layout):
    """Somebody who puts a dead letter back by hand need not know where the line breaks stand."""
    envelope = replace(EMPTY, items=(Item.of({"a": "x"}), Item.of({"b": [1]}, ("Track Calls#0",))), failure=FAILURE)
    (message,) = seal(envelope)
    assert open_envelope(json.dumps(json.loads(message), **layout)) == envelope


@given(st.lists(ITEMS, min_size=1, max_size=3), st.data())
def test_a_damaged_message_is_a_bad_envelope_and_nothing_worse(items, data):
    """Whatever is cut out of a message or put into it, opening it and reading its events raise nothing else."""
    (message,) = seal(replace(EMPTY, items=tuple(items)))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(message))] * 2)))
    damaged = message[:start] + data.draw(st.text('{}[]":,\n\\a1') | st.text()) + message[end:]
    with suppress(BadEnvelope):
        assert all(isinstance(item.event, dict) for item in open_envelope(damaged).items)


@pytest.mark.parametrize("text", [b"{", b'{"a":}', b"[1]", b'{"a":1},"only":{"b":1}', b"\xff", b""])
def test_a_text_that_is_no_event_is_found_when_it_is_read(text):
    """It is carried on unread, and only whoever wants to look into it learns that it is none."""
    with pytest.raises(BadEnvelope):
        _ = Item(text).event


@pytest.mark.parametrize(("code", "class_"), [("invalid", "invalid"), ("missing_field", "invalid"), ("transient",) * 2])
def test_a_dead_letter_of_an_earlier_release_is_opened(code, class_):
    """Dead letters live for two weeks: one that was written before there were classes has that of its code."""
    message = json.loads(*seal(replace(of({"type": "track"}), failure=Failure(code, "it is refused"))))
    for name in ("class", "subscription", "action", "firstTriedAt"):
        del message["failure"][name]
    del message["firstTriedAt"]
    opened = open_envelope(json.dumps(message))
    assert opened.failure == Failure(code, "it is refused", class_=class_)


def test_a_dead_letter_of_a_later_release_is_opened():
    """What a failure says beyond what is known here does no harm: after a roll-back it can still be redriven."""
    message = json.loads(*seal(replace(of({"type": "track"}), failure=FAILURE)))
    message["failure"]["hint"] = "new"
    assert open_envelope(json.dumps(message)).failure == FAILURE


def test_anew_forgets_the_tries_alone():
    """What is redriven starts again with what is left to be done of it."""
    left = replace(EMPTY, items=(Item.of({"a": 1}, ("Track Calls#0",)),), destination="mixpanel-eu")
    tried = replace(left, attempts=3, queued_at=5, first_tried_at="2026-01-15T10:00:10.000Z", failure=FAILURE)
    assert tried.anew() == left
