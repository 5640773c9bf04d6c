"""Values in a mapping: scalars, arrays, objects, and the directives that hand a value on as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.errors import InvalidEvent
from switchyard.mapping import MISSING, compile_mapping

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
plain_keys = st.text(max_size=4).filter(lambda key: not key.startswith("@"))
plain_json = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(plain_keys, children, max_size=3),
    max_leaves=10,
)


@given(plain_json)
def test_a_value_without_directives_stands_for_itself(value):
    """A value without directives stands for itself, and so does a ``@literal`` of it."""
    assert compile_mapping({"x": value})({}) == {"x": value}
    assert compile_mapping({"@literal": value})({}) == value


def test_every_event_gets_containers_of_its_own():
    """Every event gets objects and arrays of its own, so that nobody changes the mapping by changing a payload."""
    evaluate = compile_mapping({"x": {"list": [], "object": {}}})
    first, second = evaluate({}), evaluate({})
    first["x"]["list"].append(1)
    assert second == {"x": {"list": [], "object": {}}}


def test_a_key_without_a_value_disappears_and_an_element_becomes_null():
    """In objects, at every level, what is missing has no key; in arrays it is null. Null itself stays."""
    mapping = {"x": {"gone": {"@path": "$.no"}, "null": {"@path": "$.null"}, "list": [{"@path": "$.no"}, 1]}}
    assert compile_mapping(mapping)({"null": None}) == {"x": {"null": None, "list": [None, 1]}}


def test_objects_keep_the_order_of_their_keys():
    """The keys of a nested object come in the order in which the mapping has them."""
    mapping = {"x": {"c": {"@path": "$.a.b"}, "a": 1, "b": {"@path": "$.c"}}}
    assert list(compile_mapping(mapping)({"a": {"b": 1}, "c": 2})["x"]) == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("parent", "expected"),
    [({"p": 1, "r": None}, {"x": 1, "z": None}), (None, {"x": None, "y": None, "z": None}), (5, {}), ("s", {})],
)
def test_paths_with_one_parent_are_what_each_is_alone(parent, expected):
    """An object of paths with one parent holds what each path finds alone, whatever the parent is."""
    mapping = {"o": {"x": {"@path": "$.a.p"}, "y": {"@path": "$.a.q"}, "z": {"@path": "$.a.r"}}}
    assert compile_mapping(mapping)({"a": parent}) == {"o": expected}


def test_a_mapping_that_is_a_directive_may_yield_anything():
    """A mapping that is itself a directive may yield any type, or ``MISSING``, which is falsy."""
    assert compile_mapping({"@path": "$.x"})({"x": 5}) == 5
    assert compile_mapping({"@path": "$.x"})({}) is MISSING
    assert not MISSING


@pytest.mark.parametrize(("event", "kind"), [(None, "null"), ([], "array"), ("x", "string"), (5, "number")])
@pytest.mark.parametrize("mapping", [{"x": 1}, {"@path": "$.x"}])
def test_an_event_must_be_an_object(mapping, event, kind):
    """An event that is not an object cannot be mapped."""
    with pytest.raises(InvalidEvent, match=f"data must be an object, got {kind}"):
        compile_mapping(mapping)(event)


def test_a_directive_may_yield_the_path():
    """The path of a ``@path`` may come from another directive."""
    assert compile_mapping({"@path": {"@path": "$.where"}})({"where": "$.x.y", "x": {"y": 1}}) == 1


@pytest.mark.parametrize("directive", ["@path", "@template"])
@pytest.mark.parametrize(
    ("event", "kind"),
    [({}, "undefined"), ({"x": None}, "null"), ({"x": 5}, "number"), ({"x": True}, "boolean"), ({"x": {}}, "object")],
)
def test_a_path_or_template_that_is_no_string_fails_on_the_event(directive, event, kind):
    """A path or template from the event that is no string fails; the error names the field, never the value."""
    with pytest.raises(InvalidEvent) as failure:
        compile_mapping({"field": {directive: {"@path": "$.x"}}})(event)
    assert failure.value.code == "mapping_failed"
    assert failure.value.field == "field"
    assert failure.value.reason == f"{directive}: expected string, got {kind}"


def test_metadata_beside_a_directive_is_ignored():
    """Segment's app writes ``_metadata`` beside a directive and into its options; it means nothing."""
    mapping = {"@if": {"exists": {"@path": "$.x", "_metadata": {"label": "X"}}, "then": 1, "_metadata": {}}}
    assert compile_mapping(mapping)({"x": 0}) == 1


SHAPE = {"id": {"@path": "$.sku"}, "source": {"@literal": "shop"}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([{"sku": 1}, {}], [{"id": 1, "source": "shop"}, {"source": "shop"}]),
        ({"sku": 1}, [{"id": 1, "source": "shop"}]),
        ([None, "text", 5], [{"id": None, "source": "shop"}, {"source": "shop"}, {"source": "shop"}]),
        ([], []),
        ("text", "text"),
        (None, None),
        (0, 0),
    ],
)
def test_array_path_puts_every_item_into_the_shape(found, expected):
    """``@arrayPath`` puts every item into the shape; one object is an array of one, a scalar stays as it is."""
    assert compile_mapping({"@arrayPath": ["$.products", SHAPE]})({"products": found}) == expected


@pytest.mark.parametrize("without_shape", [["$.x"], ["$.x", {}], ["$.x", None], ["$.x", "shape"], ["$.x", [1]]])
def test_array_path_without_a_shape_is_a_path(without_shape):
    """``@arrayPath`` without a shape, or with one that is no object, is the value at the path."""
    assert compile_mapping({"@arrayPath": without_shape})({"x": {"y": 1}}) == {"y": 1}
    assert compile_mapping({"@arrayPath": without_shape})({}) is MISSING


def test_array_path_takes_its_items_from_a_directive_too():
    """The items of an ``@arrayPath`` may come from a directive, and a directive may be the shape."""
    mapping = {"@arrayPath": [{"@literal": [{"a": 1}, {"b": 2}]}, {"@path": "$.a"}]}
    assert compile_mapping(mapping)({}) == [1, None]
