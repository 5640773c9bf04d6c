"""A subscription's payload: values that are right as they come take a short way, to the same end."""

from typing import Any, Final

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from switchyard.config import SubscriptionConfig
from switchyard.destinations.base import Action, DestinationType, Field, Operation, Payload
from switchyard.errors import InvalidEvent, MappingError
from switchyard.events import Event, Json
from switchyard.fields import compile_coercion
from switchyard.mapping import compile_fields
from switchyard.subscriptions import compile_subscription, is_allowed


def at(path: str) -> Json:
    """Return the directive for a path."""
    return {"@path": path}


TEXT: Final = (Field("text", "Text", "string"),)
FIELDS: Final = (
    Field("event", "Event", "string", at("$.a"), required=True),
    Field("text", "Text", "string", at("$.b.a")),
    Field("id", "Id", "string", at("$.b.b"), nullable=True),
    Field("number", "Number", "number", at("$.b.c.a")),
    Field("size", "Size", "number", at("$.c"), minimum=1, maximum=2),
    Field("flag", "Flag", "boolean", at("$.b.c.b")),
    Field("any", "Any", "object", at("$.b")),
    Field("either", "Either", "string", {"@if": {"exists": at("$.a"), "then": at("$.a"), "else": at("$.c")}}),
    Field(
        "closed",
        "Closed",
        "object",
        {"text": at("$.b.c.a"), "flag": at("$.b.c.b"), "unknown": at("$.b.c.c")},
        properties=(Field("text", "Text", "string"), Field("flag", "Flag", "boolean", nullable=True)),
    ),
    Field("words", "Words", "string", at("$.b.c"), multiple=True),
    Field("list", "List", "object", {"text": at("$.a")}, multiple=True, properties=TEXT),
    Field("open", "Open", "object", {"text": at("$.a"), "more": at("$.c")}, properties=TEXT, open=True),
)

LEAVES = st.none() | st.booleans() | st.integers(0, 3) | st.floats(-1, 3) | st.sampled_from(["", "x", "2", "true"])
KEYS = st.sampled_from(["a", "b", "c", "0", "length"])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=4))
NESTED = st.dictionaries(KEYS, LEAVES | st.dictionaries(KEYS, LEAVES, max_size=4), max_size=4)
EVENTS = st.fixed_dictionaries({"a": st.just("E") | VALUES}, optional={"b": NESTED | VALUES, "c": VALUES})
NODES = st.sampled_from(
    [
        at("$.b.c"),
        at("$."),
        {"@literal": at("$.b.c")},
        {"@excludeWhenNull": at("$.b")},
        {"text": at("$.a")},
        {"text": at("$.a"), "flag": at("$.b.a")},
        {},
    ]
)
OVERRIDES = st.dictionaries(st.sampled_from([field.name for field in FIELDS]), LEAVES | NODES, max_size=2)


def perform(payload: Payload, _event: Event, _settings: None, _warn: object) -> list[Operation]:
    """Return the payload as the record."""
    return [Operation("/stub", payload)]


def stub_type() -> DestinationType[None]:
    """Return a destination type that sends nothing."""
    actions = {"echo": Action("echo", FIELDS, perform)}
    return DestinationType("stub", ("Stub",), type(None), actions, (), lambda *_: [], lambda *_: [])


def run(mapping: dict[str, Json], event: Event) -> tuple[Any, list[str]]:
    """Return the payload that the action is given, or the error, and the warnings."""
    subscription = compile_subscription(SubscriptionConfig("s", "echo", "event != 0", mapping), stub_type())
    warnings: list[str] = []
    try:
        return subscription.run(event, None, warnings.append)[0].record, warnings
    except InvalidEvent as error:
        return str(error), warnings


def map_and_coerce(mapping: dict[str, Json], event: Event) -> tuple[Any, list[str]]:
    """Return the same by the long way: every field is mapped, then every field is coerced."""
    defaults = {field.name: field.default for field in FIELDS}
    warnings: list[str] = []
    mapped = compile_fields(defaults | mapping)(event, lambda field, reason: warnings.append(f"{field}: {reason}"))
    try:
        return compile_coercion(FIELDS)(mapped, warnings.append), warnings
    except InvalidEvent as error:
        return str(error), warnings


@given(OVERRIDES, EVENTS)
def test_the_payload_is_the_mapped_event_coerced(mapping: dict[str, Json], event: Event) -> None:
    """Whatever is in an event, and wherever a field is looked up, both ways give the same values and warnings.

    Or the same error; then it depends on the order how many warnings there were before it.
    """
    try:
        payload, warnings = run(mapping, event)
    except MappingError:
        reject()  # a constant that its field can not take
    expected, expected_warnings = map_and_coerce(mapping, event)
    assert payload == expected
    assert isinstance(payload, str) or sorted(warnings) == sorted(expected_warnings)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"event": {"a": 1}}, "event: an object where a string is expected"),
        ({"event": ""}, "event: event is required and has no value"),
        ({"number": "wide"}, "number: a string where a number is expected"),
        ({"size": 5000}, "size: a number where a number from 1 to 2 is expected"),
        ({"closed": {"flag": "maybe"}}, "closed.flag: a string where a boolean is expected"),
    ],
)
def test_a_constant_that_its_field_can_not_take_does_not_compile(mapping: dict[str, Json], message: str) -> None:
    """It would go wrong on every event, and so is a mistake of the configuration (promise 8)."""
    with pytest.raises(MappingError) as error:
        run(mapping, {})
    assert str(error.value) == message


def test_a_constant_that_can_be_converted_compiles() -> None:
    """So does null, which clears a field that has a default."""
    mapping: dict[str, Json] = {"event": 5, "number": "7", "size": None, "flag": "true", "text": ""}
    payload, warnings = run(mapping, {"b": {"a": "default"}, "c": 2})
    assert (payload["event"], payload["number"], payload["flag"], warnings) == ("5", 7, True, [])
    assert not {"size", "text"} & payload.keys()


def test_the_payload_is_of_the_declared_types() -> None:
    """One is right, one can be converted, one is left out; at the top, in a closed object, an open one and a list."""
    event = {"a": "E", "b": {"a": 5, "c": {"a": [], "b": True}}, "c": 3}
    assert run({}, event) == (
        {
            "event": "E",
            "text": "5",
            "flag": True,
            "any": event["b"],
            "either": "E",
            "closed": {"flag": True},
            "words": [],
            "list": [{"text": "E"}],
            "open": {"text": "E", "more": 3},
        },
        [
            "size: a number where a number from 1 to 2 is expected; left out",
            "words: an object where a string is expected; left out",
            "number: a list where a number is expected; left out",
            "closed.text: a list where a string is expected; left out",
        ],
    )


def test_a_directive_is_no_object_of_paths() -> None:
    """Though it looks like one, with the directive's name for a key."""
    event = {"a": "E", "b": {"c": {"text": "x"}}}
    assert run({"closed": {"@literal": at("$.b.c")}}, event)[0]["closed"] == {"text": "x"}


def test_integrations_say_where_an_event_may_go() -> None:
    """The first name that is mentioned decides, else All; null mentions nothing."""
    names = ("ours", "Mixpanel")
    assert is_allowed({}, names)
    assert is_allowed({"integrations": {"All": False, "Mixpanel": {}}}, names)
    assert is_allowed({"integrations": {"All": False, "ours": None, "Mixpanel": True}}, names)
    assert not is_allowed({"integrations": {"All": True, "ours": False, "Mixpanel": True}}, names)
    assert not is_allowed({"integrations": {"All": False, "Other": True}}, names)
