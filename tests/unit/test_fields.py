"""A payload as its action declares it: empties taken out, types converted, the rest left out with a warning."""

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.destinations.base import Field, Payload
from switchyard.errors import InvalidEvent
from switchyard.events import Json
from switchyard.fields import compile_coercion

FIELDS = (
    Field("event", "Event", "string", required=True),
    Field("text", "Text", "string"),
    Field("id", "Id", "string", nullable=True),
    Field("number", "Number", "number"),
    Field("size", "Size", "number", minimum=1, maximum=2000),
    Field("flag", "Flag", "boolean"),
    Field("time", "Time", "datetime"),
    Field("traits", "Traits", "object"),
    Field("closed", "Closed", "object", properties=(Field("a", "A", "string"), Field("n", "N", "number"))),
    Field(
        "items",
        "Items",
        "object",
        multiple=True,
        properties=(Field("sku", "S", "string"), Field("price", "P", "number")),
        open=True,
    ),
    Field("words", "Words", "string", multiple=True),
)
COERCE = compile_coercion(FIELDS)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "n", "sku", "price", "x"]), inner, max_size=3)
    ),
)
PAYLOADS = st.dictionaries(st.sampled_from([*(field.name for field in FIELDS), "unknown"]), VALUES)


def coerce(**payload: Json) -> tuple[Payload, list[str]]:
    """Return the coerced payload without its event, and the warnings."""
    warnings: list[str] = []
    coerced = COERCE({"event": "E", **payload}, warnings.append)
    del coerced["event"]
    return coerced, warnings


def test_right_values_pass_as_they_are() -> None:
    """What has its declared type is not touched, down to the nulls in an open object."""
    payload = {"text": "x", "number": 1.5, "flag": False, "time": 5, "traits": {"a": None, "b": ""}}
    assert coerce(**payload) == (payload, [])


@pytest.mark.parametrize("name", ["text", "number", "flag", "time", "traits", "closed", "items"])
@pytest.mark.parametrize("empty", [None, ""])
def test_a_field_without_content_has_no_key(name: str, empty: Json) -> None:
    """Null and the empty string mean "no value" at the top level, and nobody need be warned of that."""
    assert coerce(**{name: empty}) == ({}, [])


def test_a_nullable_field_keeps_null() -> None:
    """Null is an answer where the field declares it as one; an empty string never is."""
    assert coerce(id=None) == ({"id": None}, [])
    assert coerce(id="") == ({}, [])


def test_an_unknown_key_is_dropped() -> None:
    """A mapping may name what the action does not know, as those copied from Segment do."""
    assert coerce(unknown=1) == ({}, [])


def test_a_value_is_converted() -> None:
    """A value with a form in the declared type takes that form, without a warning."""
    assert coerce(text=5, number="19", flag="true") == ({"text": "5", "number": 19, "flag": True}, [])


@pytest.mark.parametrize(
    ("name", "value", "warning"),
    [
        ("text", {}, "text: an object where a string is expected; left out"),
        ("text", ["a", "b"], "text: a list where a string is expected; left out"),
        ("number", "wide", "number: a string where a number is expected; left out"),
        ("size", 2001, "size: a number where a number from 1 to 2000 is expected; left out"),
        ("size", 0.5, "size: a number where a number from 1 to 2000 is expected; left out"),
        ("flag", "yes", "flag: a string where a boolean is expected; left out"),
        ("time", True, "time: a boolean where a date is expected; left out"),
        ("traits", [{}], "traits: a list where an object is expected; left out"),
        ("closed", "x", "closed: a string where an object is expected; left out"),
    ],
)
def test_a_wrong_value_costs_only_its_field(name: str, value: Json, warning: str) -> None:
    """A bad optional field costs only that field, and says so (promise 4)."""
    assert coerce(id="i", **{name: value}) == ({"id": "i"}, [warning])


def test_a_warning_names_the_field_and_never_the_value() -> None:
    """No personal data in a message (promise 7)."""
    assert "secret" not in "".join(coerce(number="secret", closed={"n": "secret"}, words=[{"secret": 1}])[1])


def test_a_required_field_without_a_value_is_an_invalid_event() -> None:
    """Without it there is nothing to send: missing, null and empty are the same."""
    for payload in ({}, {"event": None}, {"event": ""}):
        with pytest.raises(InvalidEvent, match="event is required and has no value") as caught:
            COERCE(payload, pytest.fail)
        assert (caught.value.code, caught.value.field) == ("missing_field", "event")


def test_a_required_field_of_a_wrong_type_is_an_invalid_event() -> None:
    """The reason names the field and the types, as a dead letter will show it."""
    with pytest.raises(InvalidEvent, match="event: a list where a string is expected") as caught:
        COERCE({"event": ["a", "b"]}, pytest.fail)
    assert (caught.value.code, caught.value.field) == ("invalid_field", "event")


def test_a_closed_object_keeps_its_declared_keys() -> None:
    """Below the top level an empty string is content for a string, but not for a number."""
    assert coerce(closed={"a": "", "n": "", "x": 1}) == ({"closed": {"a": ""}}, [])
    assert coerce(closed={"a": None, "n": "5"}) == ({"closed": {"n": 5}}, [])


def test_a_wrong_value_in_a_closed_object_costs_only_its_key() -> None:
    """Promise 4 holds at every depth, and the warning gives the path."""
    assert coerce(closed={"a": "x", "n": {}}) == (
        {"closed": {"a": "x"}},
        ["closed.n: an object where a number is expected; left out"],
    )


def test_a_lone_value_is_a_list_of_one() -> None:
    """A field that takes many takes one without its brackets."""
    assert coerce(items={"sku": 1}, words="w") == ({"items": [{"sku": "1"}], "words": ["w"]}, [])


def test_an_open_item_keeps_unknown_keys() -> None:
    """Products may have properties of their own."""
    assert coerce(items=[{"sku": "s", "colour": None}]) == ({"items": [{"sku": "s", "colour": None}]}, [])


def test_a_null_item_is_left_out() -> None:
    """So is one that holds nothing but nulls, which is what ``@arrayPath`` makes of a null; ``{}`` is an item."""
    assert coerce(items=[None, {"sku": None, "price": None}, {}]) == ({"items": [{}]}, [])


def test_a_wrong_item_costs_only_itself() -> None:
    """And a wrong value in an item costs only that value (promise 4)."""
    assert coerce(items=["x", {"sku": "s", "price": "p"}]) == (
        {"items": [{"sku": "s"}]},
        [
            "items: a string where an object is expected; left out",
            "items.price: a string where a number is expected; left out",
        ],
    )


def test_the_warnings_of_a_long_list_do_not_grow_with_it() -> None:
    """A list of thousands of wrong items says so once."""
    assert len(coerce(items=["x", {"price": "p"}] * 5000)[1]) == 2


@given(PAYLOADS)
def test_any_payload_is_coerced_or_an_invalid_event(payload: Payload) -> None:
    """Whatever a mapping makes, nothing else is raised, and the payload itself stays as it was (promise 4)."""
    before = json.dumps(payload)
    with contextlib.suppress(InvalidEvent):
        assert set(COERCE(payload, lambda _: None)) <= {field.name for field in FIELDS}
    assert json.dumps(payload) == before


@given(PAYLOADS)
def test_only_the_required_field_can_make_an_event_invalid(payload: Payload) -> None:
    """With an event's name, every payload goes on (promise 4)."""
    assert COERCE({**payload, "event": "E"}, lambda _: None)["event"] == "E"


@given(PAYLOADS)
def test_what_was_coerced_stays_as_it_is(payload: Payload) -> None:
    """Coercion has an end: the second time finds nothing to change, except that it unwraps one more list."""
    payload = {**_without_lists(payload), "event": "E"}
    once = COERCE(payload, lambda _: None)
    warnings: list[str] = []
    assert COERCE(copy.deepcopy(once), warnings.append) == once
    assert warnings == []


def _without_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_lists(item) for name, item in value.items()}
    return None if isinstance(value, list) else value
