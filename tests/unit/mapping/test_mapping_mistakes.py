"""What a mapping must not say: every mistake is found when it is compiled, at its place, with what to write instead."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.errors import InvalidEvent, MappingError
from switchyard.mapping import DIRECTIVES, compile_fields, compile_mapping

X = {"@path": "$.x"}


def mistake(mapping):
    """Return the error that the mapping does not compile with."""
    with pytest.raises(MappingError) as error:
        compile_mapping(mapping)
    return error.value


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"@pth": "$.x"}, "f", "there is no directive '@pth'; did you mean '@path'?"),
        ({"@arraypath": ["$.x"]}, "f", "there is no directive '@arraypath'; did you mean '@arrayPath'?"),
        ({"@": 1}, "f", "there is no directive '@'; known are "),
        ({"@path": "$.x", "y": 1}, "f", "@path stands alone in its object; move y out of it"),
        ({"@path": "$.x", "@template": ""}, "f", "@path stands alone in its object; move @template out of it"),
        ([0, {"a": {"@nope": 1}}], "f.1.a", "there is no directive '@nope'"),
        ([{"@path": "$.x", "z": X}], "f.0", "@path stands alone in its object; move z out of it"),
        ({1: "one"}, "f", "the keys of an object are strings; put 1 in quotes"),
        (dt.date(2024, 1, 2), "f", "JSON has no date; put the value in quotes"),
        ({"@path": 5}, "f.@path", "write a string or a directive (found: number)"),
        ({"@path": {"x": 1}}, "f.@path", "write a string or a directive (found: object)"),
        ({"@path": "$" + ".x" * 65}, "f.@path", "write a path of at most 64 keys"),
        ({"@template": None}, "f.@template", "write a string or a directive (found: null)"),
        ({"@literal": {"@foo": 1}}, "f.@literal", "there is no directive '@foo'"),
        ({"@arrayPath": "$.x"}, "f.@arrayPath", "write an array of a path and a shape"),
        ({"@arrayPath": []}, "f.@arrayPath", "write an array of a path and a shape"),
        ({"@arrayPath": ["$.x", {}, 1]}, "f.@arrayPath", "write an array of a path and a shape"),
        ({"@arrayPath": [5]}, "f.@arrayPath.0", "write a string or a directive (found: number)"),
        ({"@arrayPath": ["$.x", {"a": {"@pat": ""}}]}, "f.@arrayPath.1.a", "did you mean '@path'?"),
        ({"@if": X}, "f.@if", "write an object with exists, blank, then, else"),
        ({"@if": {"exist": X}}, "f.@if", "there is no option 'exist'; did you mean 'exists'?"),
        ({"@if": {"then": 1}}, "f.@if", "add the option exists or blank with what to test"),
        ({"@if": {"exists": False, "then": 1}}, "f.@if", "add the option exists or blank with what to test"),
        ({"@if": {"exists": X, "else": {"@pat": 1}}}, "f.@if.else", "did you mean '@path'?"),
        ({"@case": {"value": X}}, "f.@case", "add the option operator"),
        ({"@case": {"operator": "Upper", "value": X}}, "f.@case.operator", "write lower or upper, in lower case"),
        ({"@case": {"operator": ["upper"]}}, "f.@case.operator", "write lower or upper, in lower case"),
        (
            {"@case": {"operator": "upper", "value": 5}},
            "f.@case.value",
            "write a string or a directive (found: number)",
        ),
        ({"@replace": {"pattern": "a"}}, "f.@replace", "add the option value"),
        ({"@replace": {"pattern": "", "value": X}}, "f.@replace.pattern", "write a string of 1 to 10 characters"),
        (
            {"@replace": {"pattern": "😀" * 5 + "a", "value": X}},
            "f.@replace.pattern",
            "write a string of 1 to 10 characters",
        ),
        (
            {"@replace": {"pattern": "a", "pattern2": "12345678901", "value": X}},
            "f.@replace.pattern2",
            "write a string of 0 to 10 characters",
        ),
        (
            {"@replace": {"pattern": "a", "replacement": None, "value": X}},
            "f.@replace.replacement",
            "write a string of 0 to 10 characters",
        ),
        (
            {"@replace": {"pattern": "a", "value": X, "global": "yes"}},
            "f.@replace.global",
            "write true or false (found: string)",
        ),
        ({"@merge": {"objects": []}}, "f.@merge", "add the option direction"),
        (
            {"@merge": {"direction": "LEFT", "objects": []}},
            "f.@merge.direction",
            "write left or right, in lower case",
        ),
        (
            {"@merge": {"direction": "left", "objects": {}}},
            "f.@merge.objects",
            "write an array of objects (found: object)",
        ),
        (
            {"@merge": {"direction": "left", "objects": [{}, "s"]}},
            "f.@merge.objects.1",
            "write an object or a directive (found: string)",
        ),
        ({"@transform": {"apply": {}}}, "f.@transform", "add the option mapping"),
        (
            {"@transform": {"apply": [1], "mapping": {}}},
            "f.@transform.apply",
            "write an object or a directive (found: array)",
        ),
        (
            {"@transform": {"apply": {}, "mapping": "x"}},
            "f.@transform.mapping",
            "write an object or a directive (found: string)",
        ),
        ({"@flatten": {"value": X}}, "f.@flatten", "add the option separator"),
        ({"@flatten": {"separator": "", "value": X}}, "f.@flatten.separator", "write a string of 1 to"),
        ({"@flatten": {"separator": X, "value": X}}, "f.@flatten.separator", "write a string of 1 to"),
        ({"@json": {"mode": "Encode", "value": X}}, "f.@json.mode", "write encode or decode, in lower case"),
        ({"@json": {"mode": "encode", "value": 0}}, "f.@json.value", "write what to convert"),
        ({"@liquid": X}, "f.@liquid", "write a string of at most 1000 characters"),
        ({"@liquid": "😀" * 501}, "f.@liquid", "write a string of at most 1000 characters"),
    ],
)
def test_a_mistake_is_named_with_its_path_and_what_to_write_instead(value, path, message):
    """A mistake is found at build, anywhere in a mapping: its path leads there, its message says what to write."""
    error = mistake({"f": value})
    assert error.path == path
    assert message in error.message


@pytest.mark.parametrize("mapping", [None, "hey", 5, True, [X]])
def test_a_mapping_is_an_object(mapping):
    """A mapping is an object; Segment would take a text apart into its letters."""
    assert "write a mapping as an object" in mistake(mapping).message


def test_a_field_is_not_a_directive():
    """The fields of an action cannot be a directive themselves."""
    with pytest.raises(MappingError, match="write a directive as the value of a field"):
        compile_fields({"@path": "$.properties"})


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("text", "__segment_internal_directive"),
        ({"@literal": {}}, "__segment_internal_directive"),
        ({"@transform": {}}, "__segment_internal_directive.@transform"),
        ({"@transform": {"apply": 5}}, "__segment_internal_directive.@transform.apply"),
        ({"@transform": {"apply": {}, "mapping": {}}}, "__segment_internal_directive.@transform"),
    ],
)
def test_the_root_directive_is_a_transform_with_apply(root, path):
    """The directive at the root is a ``@transform`` with ``apply``; its mapping is the fields beside it."""
    assert mistake({"__segment_internal_directive": root, "f": X}).path == path


def test_a_mapping_nests_sixty_four_levels():
    """A mapping nests 64 levels, and neither compiling nor evaluating it comes near the limit of the stack."""
    mapping: Any = X
    for _ in range(64):
        mapping = {"a": mapping}
    assert compile_mapping(mapping)({"x": 1})
    for levels in (1, 100_000):
        for _ in range(levels):
            mapping = {"a": mapping}
        assert mistake(mapping).message == "a mapping nests at most 64 levels"


def test_segment_s_thirteen_directives_are_all_there():
    """Segment's thirteen directives are all there, and no others."""
    names = "@if @case @replace @arrayPath @path @template @literal @flatten @json @merge @transform"
    assert set(DIRECTIVES) == {*names.split(), "@excludeWhenNull", "@liquid"}


texts = st.sampled_from(["$.x", "x.y", "{{x}} {{{y}}}", "upper", "left", "encode", "decode", "a", "", "$&", "😀"])
scalars = texts | st.none() | st.booleans() | st.integers(0, 2)
names = st.sampled_from([*sorted(DIRECTIVES.keys() - {"@liquid"}), "@nope", "_metadata", "exists", "value", "x", "y"])


def _directives(inner):
    """Build directives around ``inner``, most of which compile."""
    conditions = st.fixed_dictionaries({"exists": inner}, optional={"blank": inner, "then": inner, "else": inner})
    replacements = st.fixed_dictionaries(
        {"pattern": texts, "value": inner}, optional={"replacement": texts, "pattern2": texts, "global": inner}
    )
    options = {
        "@path": inner,
        "@template": inner,
        "@literal": inner,
        "@excludeWhenNull": inner,
        "@arrayPath": st.lists(inner, min_size=1, max_size=2),
        "@if": conditions,
        "@case": st.fixed_dictionaries({"operator": st.sampled_from(["upper", "lower"]), "value": inner}),
        "@replace": replacements,
        "@merge": st.fixed_dictionaries({"direction": st.just("left"), "objects": st.lists(inner, max_size=2)}),
        "@transform": st.fixed_dictionaries({"apply": inner, "mapping": inner}),
        "@flatten": st.fixed_dictionaries({"separator": texts, "value": inner}, optional={"omitArrays": inner}),
        "@json": st.fixed_dictionaries({"mode": st.sampled_from(["encode", "decode"]), "value": inner}),
    }
    return st.one_of([st.fixed_dictionaries({name: argument}) for name, argument in options.items()])


mappings = st.recursive(
    scalars,
    lambda inner: _directives(inner) | st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=8,
)
events = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y", "0"]), inner, max_size=3),
    max_leaves=8,
)


@given(mappings, st.dictionaries(st.sampled_from("xy"), events, max_size=2))
def test_a_mapping_compiles_or_says_why_not(mapping, event):
    """Whatever JSON a mapping is, it compiles or raises ``MappingError``; on any event it gives JSON or fails."""
    try:
        evaluate = compile_mapping({"f": mapping})
    except MappingError:
        return
    try:
        result = evaluate(event)
    except InvalidEvent as failure:
        result = failure.reason
    assert _is_json(result)


def _is_json(value):
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(member) for key, member in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, str | int | float)
