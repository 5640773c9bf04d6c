"""Against Segment's own destination: the same records on every line, or a difference that is named with its reason.

``conformance/*.jsonl`` are inputs, ``*.golden.jsonl`` what Segment's "Mixpanel (Actions)" makes of them. What differs
in every record (``ip``, ``$insert_id``) is in ``mixpanel_records``; the clock at Segment is ``receivedAt`` here.

In the corpus that these lines come from, line 33 of ``events`` (an identify call with U+2028 in its ids) was torn at
that character. It is whole here again, and its golden line is what the published package (3.497.0) answers to it.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.contract.mixpanel_records import HASHED, compile_all, our_records, read_lines, run, segment_records

from switchyard.destinations.mixpanel.actions import ACTIONS
from switchyard.destinations.mixpanel.browser import read_browser
from switchyard.destinations.mixpanel.presets import PRESETS
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.errors import ConfigError, InvalidEvent
from switchyard.fields import compile_coercion

NULL_FIELD = "null or empty fields of a product are left out; Segment sends them as empty strings and zeros or refuses"
NULL_PRODUCT = "a product that is null, or nothing but nulls, is left out; Segment sends it with empty fields"
WRONG_FIELD = "a wrongly typed optional field is left out with a warning; Segment refuses the event"
WRONG_PRODUCT = "a product that is no object is left out with a warning; Segment refuses the order"
UNWRAPPED = "a list of one element is always that element; Segment refuses or converts some of them"
INFINITE = "a number that JSON cannot hold is left out with a warning; Segment sends null"
CONTEXT = "context.personas may be null; Segment loses the whole batch"
SINGLE = "empty strings are left out in batches as well; Segment does that only for single events"
SETTINGS = "a setting that is null is not set; Segment sends it as an empty string"
ORDER = "what is sent does not hang on the reply to an earlier request"
UNKNOWN_ACTION = "an unknown action is an error of the configuration; Segment runs nothing"

EPOCH = "epoch seconds are understood beside milliseconds, as numbers and as digits"
UNREADABLE = "a time that cannot be read is receivedAt, with a warning; Segment refuses the event"
READABLE = "blanks around a date and before its zone do no harm; Segment refuses the event"
GUESSED = "a bare small number is no date; JavaScript guesses a month or a year"
DATES = "which strings are dates is for event_time to say, with the same warning; Segment's schema refuses the event"


def import_of(event: str, **properties: Any) -> list[Any]:
    """Return the record of an event without ids that was sent on 2 January 2024."""
    common = {"time": 1704164645678.0, "ip": "0", "distinct_id": "", "$insert_id": "m", "$source": "segment"}
    return ["/import", {"event": event, "properties": {**common, "event_original_name": event, **properties}}]


EVENTS = {
    "q5: lib empty batch": (SINGLE, [import_of("E")]),
    "q5: screen width bad": (WRONG_FIELD, [import_of("E")]),
    "q5: source null": (SETTINGS, [import_of("E")]),
    "q6: identify /track 400": (
        ORDER,
        [
            ["/track", {"event": "$identify", "properties": {"$identified_id": "u", "$anon_id": "a", "token": "t"}}],
            ["/engage", {"$token": "t", "$distinct_id": "u", "$set": {"x": 1.0}}],
        ],
    ),
    "q6: order products [null,{}]": (
        NULL_PRODUCT,
        [
            import_of("Order Completed", products=[None, {"sku": "s"}]),
            import_of(
                "Product Purchased",
                event_original_name="Order Completed",
                time=1704164645677.0,
                sku="s",
                **{"$insert_id": HASHED},
            ),
        ],
    ),
    "q7: ctx personas null in batch": (
        CONTEXT,
        [import_of("A", **{"$insert_id": "a"}), import_of("E"), import_of("D", **{"$insert_id": "d"})],
    ),
}
"""By the id of the line: why its records differ, and what they are."""

RECEIVED = 42
"""The clock of the time corpus."""

TIMES = {
    "20240102T030405Z": (UNREADABLE, RECEIVED),
    "1629213675449": (EPOCH, 1629213675449),
    "1629213675": (EPOCH, 1629213675000),
    "1629213675.5": (EPOCH, 1629213675500),
    "5": (GUESSED, RECEIVED),
    "-5": (GUESSED, RECEIVED),
    "0": (GUESSED, RECEIVED),
    "+5": (GUESSED, RECEIVED),
    "1e3": (UNREADABLE, RECEIVED),
    "2024-W01-1": (UNREADABLE, RECEIVED),
    "03:04:05": (UNREADABLE, RECEIVED),
    "T": (UNREADABLE, RECEIVED),
    "abc": (UNREADABLE, RECEIVED),
    "2024-01-02T25:00:00Z": (UNREADABLE, RECEIVED),
    " 2024-01-02T03:04:05.678Z": (READABLE, 1704164645678),
    "2024-01-02T03:04:05.678Z ": (READABLE, 1704164645678),
    "2024-01-02T03:04:05,678Z": (UNREADABLE, RECEIVED),
    "2024-1-2T3:4:5Z": (UNREADABLE, RECEIVED),
    "2024-01-02T03Z": (UNREADABLE, RECEIVED),
    "2024-01-02T03:04:60Z": (UNREADABLE, RECEIVED),
    "2024-01-02T03:04:05.678 +0000": (READABLE, 1704164645678),
    "2024-01-02T03:04:05.678UTC": (READABLE, 1704164645678),
    "2024-01-02T03:04:05.678[UTC]": (UNREADABLE, RECEIVED),
    1704164645: (EPOCH, 1704164645000),
    1704164645.678: (EPOCH, 1704164645678),
    -1: (EPOCH, -1000),
    1.9: (EPOCH, 1900),
    -1.9: (EPOCH, -1900),
}
"""By the timestamp: why its time differs, and what it is."""

PAYLOADS = {
    '{"user_id": ["x"]}': (UNWRAPPED, {"user_id": "x"}),
    '{"user_id": {}}': (WRONG_FIELD, {}),
    '{"event": "e", "time": [5]}': (UNWRAPPED, {"event": "e", "time": 5}),
    '{"event": "e", "userAgentData": "x"}': (WRONG_FIELD, {"event": "e"}),
    '{"event": "e", "products": [{"price": "x"}, {"quantity": "1.5"}]}': (
        WRONG_FIELD,
        {"event": "e", "products": [{}, {}]},
    ),
    '{"event": "e", "products": [{"sku": null, "price": null, "quantity": null, "position": null, "url": null}]}': (
        NULL_PRODUCT,
        {"event": "e", "products": []},
    ),
    '{"event": "E", "bluetooth": "yes"}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "bluetooth": "1"}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "bluetooth": 2}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "screen_width": "5px"}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "screen_width": "Infinity"}': (INFINITE, {"event": "E"}),
    '{"event": "E", "screen_width": "\\u0665"}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "screen_width": "1_000"}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "time": true}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "time": "abc"}': (DATES, {"event": "E", "time": "abc"}),
    '{"event": "E", "time": ["2020-01-01"]}': (UNWRAPPED, {"event": "E", "time": "2020-01-01"}),
    '{"event": "E", "time": {}}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "time": "99999999999999"}': (DATES, {"event": "E", "time": "99999999999999"}),
    '{"event": "E", "time": false}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "event_properties": [{}]}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "event_properties": [{"a": 1}]}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "event_properties": "x"}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "event_properties": []}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "utm_properties": {"utm_source": ["a", "b"]}}': (
        WRONG_FIELD,
        {"event": "E", "utm_properties": {}},
    ),
    '{"event": "E", "userAgentData": {"mobile": "?1"}}': (WRONG_FIELD, {"event": "E", "userAgentData": {}}),
    '{"event": "E", "batch_size": 0}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "batch_size": 2001}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "batch_size": 0.5}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "batch_size": -5}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "context": "s"}': (WRONG_FIELD, {"event": "E"}),
    '{"event": "E", "products": [{"price": "5", "quantity": "2", "position": "x"}]}': (
        WRONG_FIELD,
        {"event": "E", "products": [{"price": 5, "quantity": 2}]},
    ),
    '{"event": "E", "products": [{"quantity": 2.5}]}': (WRONG_FIELD, {"event": "E", "products": [{}]}),
    '{"event": "E", "products": [{"quantity": "2.5"}]}': (WRONG_FIELD, {"event": "E", "products": [{}]}),
    '{"event": "E", "products": ["x"]}': (WRONG_PRODUCT, {"event": "E", "products": []}),
    '{"event": "E", "products": "x"}': (WRONG_PRODUCT, {"event": "E", "products": []}),
    '{"event": "E", "products": [{"price": null, "sku": "", "name": null, "extra": null}]}': (
        NULL_FIELD,
        {"event": "E", "products": [{"sku": "", "extra": None}]},
    ),
    '{"event": "E", "products": [{"price": ""}]}': (NULL_FIELD, {"event": "E", "products": [{}]}),
    '{"event": "E", "products": [[{"price": 1}]]}': (WRONG_PRODUCT, {"event": "E", "products": []}),
    '{"event": "E", "products": 5}': (WRONG_PRODUCT, {"event": "E", "products": []}),
    '{"traits": "x"}': (WRONG_FIELD, {}),
    '{"traits": [{"a": 1}]}': (WRONG_FIELD, {}),
}
"""By the payload: why its coerced form differs, and what it is."""


def corpus(name: str, label: str) -> list[Any]:
    """Return a parameter set of input and answer for each line, with the line's own name where it has one."""
    lines = read_lines(f"{name}.jsonl")
    answers = read_lines(f"{name}.golden.jsonl")
    pairs = enumerate(zip(lines, answers, strict=True))
    return [pytest.param(*pair, id=f"{number}: {pair[0].get(label, name)}") for number, pair in pairs]


def settings_of(line: dict[str, Any]) -> MixpanelSettings:
    """Return the line's settings as a configuration would hold them: null is absent, numbers are text."""
    settings: dict[str, Any] = {name: str(value) for name, value in line["settings"].items() if value is not None}
    return MixpanelSettings(**settings)


def records_of(line: dict[str, Any]) -> list[Any]:
    """Return our records for all events of a line, subscription by subscription as the oracle has them."""
    received_at = datetime.fromtimestamp(line["now"] / 1000, UTC).isoformat()
    presets = line.get("presets") is True
    subscriptions = compile_all(PRESETS if presets else line["subscriptions"])
    return [
        record
        for subscription in subscriptions
        for event in line["events"]
        for record in our_records(run([subscription], {"receivedAt": received_at, **event}, settings_of(line))[0])
    ]


@pytest.mark.parametrize(("line", "answer"), corpus("events", "id"))
def test_an_event_becomes_the_records_that_segment_makes_of_it(line: dict[str, Any], answer: dict[str, Any]) -> None:
    """The records of a line are Segment's as JSON values, or those that its difference names."""
    if line["id"] == "q5: token missing":
        with pytest.raises(TypeError):
            settings_of(line)
    elif line["id"] == "q7: unknown action":
        with pytest.raises(ConfigError):
            records_of(line)
    else:
        theirs = segment_records(answer)
        _, expected = EVENTS.get(line["id"], ("", theirs))
        assert records_of(line) == expected
        assert line["id"] not in EVENTS or expected != theirs


@pytest.mark.parametrize(("line", "answer"), corpus("time", "now"))
def test_a_timestamp_is_read_as_segment_reads_it(line: dict[str, Any], answer: dict[str, Any]) -> None:
    """``time`` is Segment's in milliseconds, or the one that its difference names."""
    timestamp = line["events"][0]["timestamp"]
    theirs = next((request["body"][0]["properties"]["time"] for request in answer["requests"]), None)
    _, expected = TIMES.get(timestamp, ("", theirs))
    [(_, record)] = records_of(line)
    assert record["properties"]["time"] == expected
    assert timestamp not in TIMES or expected != theirs


SINGLE_EVENTS = [each for each in corpus("schema", "action") if each.values[0].get("isRoot") is not False]
"""The other half of the corpus is Segment's batch mode, which keeps empty strings."""


@pytest.mark.parametrize(("line", "answer"), SINGLE_EVENTS)
def test_a_payload_is_coerced_as_segment_does_it(line: dict[str, Any], answer: dict[str, Any]) -> None:
    """The coerced payload is Segment's; it refuses what Segment refuses, or its difference says what it makes of it."""
    coerce = compile_coercion(ACTIONS[line["action"]].fields)
    warnings: list[str] = []
    reason, expected = PAYLOADS.get(json.dumps(line["payload"]), ("", answer.get("payload")))
    if expected is None:
        with pytest.raises(InvalidEvent):
            coerce(line["payload"], warnings.append)
    else:
        assert coerce(line["payload"], warnings.append) == expected
        assert bool(warnings) == (reason in {WRONG_FIELD, WRONG_PRODUCT, INFINITE})
        assert not reason or expected != answer.get("payload")


@pytest.mark.parametrize(("line", "answer"), corpus("ua", "userAgent"))
def test_a_user_agent_is_the_browser_that_segment_sees(line: dict[str, Any], answer: dict[str, Any]) -> None:
    """Name and version are Segment's on every line; there is no difference."""
    assert read_browser(line["userAgent"]) == (answer["browser"], answer["version"])


def test_every_named_difference_belongs_to_a_line() -> None:
    """The tables above hold nothing that no line needs."""
    lines = {name: read_lines(f"{name}.jsonl") for name in ("events", "time", "schema")}
    assert set(EVENTS) <= {line["id"] for line in lines["events"]}
    assert set(TIMES) <= {line["events"][0]["timestamp"] for line in lines["time"]}
    assert set(PAYLOADS) <= {json.dumps(line["payload"]) for line in lines["schema"]}
