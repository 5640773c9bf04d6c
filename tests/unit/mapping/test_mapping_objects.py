"""``@merge``, ``@transform``, ``@flatten`` and ``@excludeWhenNull``."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.errors import InvalidEvent
from switchyard.mapping import MISSING, compile_mapping

X = {"@path": "$.x"}
NO = {"@path": "$.no"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
    max_leaves=12,
)


def merge(*objects, event=None, direction="right"):
    """Evaluate ``@merge`` of the objects."""
    return compile_mapping({"@merge": {"direction": direction, "objects": list(objects)}})(event or {})


def flatten(value, event=None, **options):
    """Evaluate ``@flatten`` with dots."""
    return compile_mapping({"@flatten": {"separator": ".", "value": value, **options}})(event or {})


@pytest.mark.parametrize(("direction", "expected"), [("right", {"a": 2, "b": 1}), ("left", {"a": 1, "b": 1})])
def test_merge_gives_way_to_the_direction(direction, expected):
    """The keys of the object that lies in the direction win."""
    assert merge({"a": 1, "b": 1}, {"a": 2}, direction=direction) == expected


def test_merge_spreads_strings_and_arrays_and_skips_other_scalars():
    """Strings and arrays are merged by index; null, numbers and booleans add nothing."""
    event = {"text": "hi", "list": [7], "null": None, "number": 5, "yes": True}
    assert merge(*({"@path": f"$.{key}"} for key in event), NO, event=event) == {"0": 7, "1": "i"}


@pytest.mark.parametrize(
    "later",
    [
        {"x": NO},
        {"@literal": {"x": NO}},
        {"@if": {"exists": True, "then": {"x": NO}}},
        {"@excludeWhenNull": {"x": NO}},
        {"@excludeWhenNull": {"x": None}},
        {"@flatten": {"separator": ".", "value": {"x": NO}}},
        {"@case": {"operator": "upper", "value": {"@literal": {"x": NO}}}},
        {"@transform": {"apply": {}, "mapping": {"x": NO}}},
        {"@merge": {"direction": "right", "objects": [{"x": 2}, {"x": NO}]}},
    ],
)
def test_a_key_without_a_value_deletes_in_a_merge(later):
    """A later object's key without a value deletes that key, through directives that hand the object on."""
    assert merge({"x": 1, "y": 1}, later) == {"y": 1}


def test_transform_maps_what_another_mapping_made():
    """``@transform`` maps the result of ``apply``; the event itself is out of sight."""
    mapping = {"@transform": {"apply": {"a": X}, "mapping": {"b": {"@path": "$.a"}, "c": X}}}
    assert compile_mapping(mapping)({"x": 1}) == {"b": 1}


@pytest.mark.parametrize(("x", "expected"), [({"a": 5}, {"b": 5}), (MISSING, {}), ("text", {})])
def test_transform_may_apply_a_directive(x, expected):
    """``apply`` may be a directive; where that yields no object, paths find nothing."""
    event = {} if x is MISSING else {"x": x}
    assert compile_mapping({"@transform": {"apply": X, "mapping": {"b": {"@path": "$.a"}}}})(event) == expected


@pytest.mark.parametrize(("item", "kind"), [("text", "string"), (None, "null")])
def test_transform_of_an_item_wants_an_object(item, kind):
    """``@transform`` inside an ``@arrayPath`` fails on an item that is no object."""
    shape: Any = {"t": {"@transform": {"apply": {}, "mapping": {}}}}
    with pytest.raises(InvalidEvent, match=f"data must be an object, got {kind}"):
        compile_mapping({"@arrayPath": ["$.items", shape]})({"items": [item]})


def test_transforms_nest():
    """A ``@transform`` in the mapping of another sees what that one applied, be it nothing."""
    inner = {"@transform": {"apply": {"c": {"@path": "$.b"}}, "mapping": {"d": {"@path": "$.c"}}}}
    assert compile_mapping({"@transform": {"apply": {"b": X}, "mapping": {"e": inner}}})({"x": 1}) == {"e": {"d": 1}}
    assert compile_mapping({"@transform": {"apply": NO, "mapping": {"e": inner}}})({}) == {"e": {}}


def test_flatten_joins_keys_with_the_separator():
    """``@flatten`` joins keys with the separator, numbers arrays, and drops empty objects and arrays."""
    event: dict[str, Any] = {"x": {"a": {}, "b": [], "c": [1, {"d": 2}], "e": None}}
    assert flatten(X, event) == {"c.0": 1, "c.1.d": 2, "e": None}
    assert flatten(X, event, separator="_") == {"c_0": 1, "c_1_d": 2, "e": None}


def test_flatten_lists_integer_keys_first():
    """``@flatten`` goes through an object as JavaScript does: integer keys first and ascending."""
    assert list(flatten(X, {"x": {"b": 1, "10": 2, "9": {"a": 3}}})) == ["9.a", "10", "b"]


@pytest.mark.parametrize("omit", [True, "false"])
def test_flatten_can_leave_arrays_as_they_are(omit):
    """With a truthy ``omitArrays``, arrays stay as they are, empty ones too."""
    assert flatten(X, {"x": {"a": {"b": [1]}, "c": []}}, omitArrays=omit) == {"a.b": [1], "c": []}


def test_flatten_of_a_scalar_has_one_key_without_a_name():
    """A scalar gets the key ``""``; missing gives an empty object; an empty key brings no separator before it."""
    assert flatten(X, {"x": "s"}) == {"": "s"}
    assert flatten(X, {"x": None}) == {"": None}
    assert flatten(X) == {}
    assert flatten(X, {"x": {"": {"a": {"": 1}}}}) == {"a.": 1}


@given(json_values)
def test_a_flattened_object_holds_nothing_to_flatten(value):
    """What comes out of ``@flatten`` is one level deep, whatever goes in."""
    flat = flatten(X, {"x": value})
    assert not any(isinstance(member, dict | list) for member in flat.values())


def test_exclude_when_null_drops_nulls_through_objects_only():
    """``@excludeWhenNull`` drops keys that hold null through all objects, and leaves arrays as they are."""
    event = {"x": {"n": None, "o": {"n": None, "a": 1}, "list": [None, {"n": None}]}}
    assert compile_mapping({"@excludeWhenNull": X})(event) == {"o": {"a": 1}, "list": [None, {"n": None}]}


def test_exclude_when_null_of_null_is_nothing():
    """``@excludeWhenNull`` of null is nothing; other scalars stay."""
    assert compile_mapping({"@excludeWhenNull": X})({"x": None}) is MISSING
    assert compile_mapping({"@excludeWhenNull": X})({}) is MISSING
    assert compile_mapping({"@excludeWhenNull": X})({"x": 0}) == 0


def _has_null_member(value):
    return isinstance(value, dict) and any(member is None or _has_null_member(member) for member in value.values())


@given(json_values)
def test_exclude_when_null_leaves_no_null_in_objects(value):
    """After ``@excludeWhenNull`` no object within objects holds null."""
    assert not _has_null_member(compile_mapping({"@excludeWhenNull": X})({"x": value}))
