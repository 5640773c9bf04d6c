"""The fields of an action: each stands for itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.errors import InvalidEvent
from switchyard.mapping import compile_fields, compile_mapping

X = {"@path": "$.x"}
NOT_A_PATH = {"@path": {"@path": "$.x"}}


def run(fields, event):
    """Return the payload of the fields, and the warnings about those left out."""
    warnings = []
    payload = compile_fields(fields)(event, lambda field, reason: warnings.append((field, reason)))
    return payload, warnings


def test_a_field_that_fails_costs_only_itself():
    """A field whose directive fails on an event is left out with a warning; the others go on (promise 4)."""
    payload, warnings = run({"a": X, "b": NOT_A_PATH, "c": {"d": NOT_A_PATH}, "e": 5}, {"x": 1})
    assert payload == {"a": 1, "e": 5}
    assert warnings == [
        ("b", "@path: expected string, got number"),
        ("c", "@path: expected string, got number"),
    ]


def test_a_warning_holds_no_value_of_the_event():
    """A warning names the field and the type of what is wrong, not the value (promise 7)."""
    _, warnings = run({"a": {"@template": {"@path": "$.x"}}}, {"x": {"secret": "secret"}})
    assert warnings == [("a", "@template: expected string, got object")]


def test_a_field_without_a_value_has_no_key():
    """A field whose value is missing has no key; null is a value."""
    assert run({"a": X, "b": {"@path": "$.no.way"}, "c": {"@case": {"operator": "upper"}}}, {"x": None}) == (
        {"a": None},
        [],
    )


def test_scalars_and_paths_and_directives_are_all_fields():
    """A field's value may be a scalar, a path, any other directive, an array or an object."""
    fields = {"one": 1, "null": None, "path": X, "all": {"@path": "$."}, "list": [X], "object": {"x": X}}
    event = {"x": "X"}
    expected = {"one": 1, "null": None, "path": "X", "all": event, "list": ["X"], "object": {"x": "X"}}
    assert run(fields, event) == (expected, [])


def test_a_root_transform_is_what_the_fields_look_into():
    """With a root ``@transform``, the fields look into what it applied instead of the event."""
    fields = {"__segment_internal_directive": {"@transform": {"apply": {"p": X}}}, "y": {"@path": "$.p"}, "z": X}
    assert run(fields, {"x": 1}) == ({"y": 1}, [])


def test_a_root_transform_that_fails_costs_the_event():
    """A root ``@transform`` that fails leaves nothing to map: the event is invalid."""
    fields = {"__segment_internal_directive": {"@transform": {"apply": {"p": NOT_A_PATH}}}, "y": {"@path": "$.p"}}
    with pytest.raises(InvalidEvent, match="@path: expected string"):
        run(fields, {"x": 1})


def test_the_fields_given_are_not_changed():
    """Compiling changes nothing in the fields that it is given."""
    fields = {"__segment_internal_directive": {"@transform": {"apply": {}}}, "y": X}
    compile_fields(fields)
    assert list(fields) == ["__segment_internal_directive", "y"]


keys = st.sampled_from(["a", "b", "0", "length"])
events = st.dictionaries(
    keys,
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "$.a", "text"]),
        lambda children: st.lists(children, max_size=2) | st.dictionaries(keys, children, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)
paths = st.lists(keys, max_size=3).map(lambda pieces: {"@path": f"$.{'.'.join(pieces)}"})
directives = st.recursive(
    paths | st.none() | st.integers(0, 1) | st.text("ab", max_size=2),
    lambda inner: st.one_of(
        inner.map(lambda value: {"@literal": value}),
        st.tuples(paths, inner, inner).map(
            lambda parts: {"@if": dict(zip(("exists", "then", "else"), parts, strict=True))}
        ),
        st.tuples(paths, inner).map(lambda parts: {"@arrayPath": [{"@path": "$.a"}, *parts[1:]]}),
        st.dictionaries(keys, inner, max_size=3),
        paths.map(lambda path: {"@path": path}),
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from("fgh"), directives), events)
def test_fields_are_what_the_mapping_of_all_of_them_is(fields, event):
    """Fields give what one mapping of all of them gives, inside an object too; or name the fields that fail."""
    payload, warnings = run(fields, event)
    working = {name: value for name, value in fields.items() if name not in {field for field, _ in warnings}}
    assert compile_mapping(working)(event) == payload
    assert compile_mapping({"nested": working})(event) == {"nested": payload}
    for field, reason in warnings:
        with pytest.raises(InvalidEvent, match=reason):
            compile_mapping({"nested": fields[field]})(event)
