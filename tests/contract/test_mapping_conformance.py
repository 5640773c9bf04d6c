"""Against Segment's own mapping-kit: the same result on every line, or a difference that is named here with its reason.

``conformance/mapping.jsonl`` holds mappings and events, ``mapping.golden.jsonl`` what Segment's mapping-kit makes of
them. What it refuses on an event, we refuse with the same words; what can never work, we refuse at build. The pair
``mapping_edges`` holds odd and random combinations in which nothing differs.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from switchyard.errors import InvalidEvent, MappingError
from switchyard.mapping import compile_mapping

REQUIRED = "what is missing or mistaken in the mapping is found at build; Segment's engine fails on every event"
REPEATED = "the first mistake is reported; Segment's engine lists all of them with stack traces"
LETTER_CASE = "a misspelt option is found at build; Segment's engine takes it for something else"
IN_ARRAYS = "directives are checked inside arrays, too; Segment's engine keeps a malformed one as data"
NOT_AN_OBJECT = "a mapping is an object; Segment's engine takes texts and arrays apart"
UNKNOWN_FILTER = "an unknown filter is found at build; Segment's engine ignores it"
NO_PROTOTYPE = "an event has only its own keys; Segment's engine sees JavaScript's inherited ones"

AT_BUILD = {
    "if-existsfalse": ("a.@if: add the option exists or blank", REQUIRED),
    "if-none": ("a.@if: add the option exists or blank", REQUIRED),
    "case-num": ("a.@case.value: write a string or a directive", REQUIRED),
    "rep-p2long": ("a.@replace.pattern2: write a string of 0 to 10", REQUIRED),
    "merge-nodir": ("a.@merge: add the option direction", REQUIRED),
    "merge-case": ("a.@merge.direction: write left or right", LETTER_CASE),
    "json1": ("a.@json.mode: write encode or decode", LETTER_CASE),
    "json-falsyval": ("a.@json.value: write what to convert", REQUIRED),
    "flat-nosep": ("a.@flatten: add the option separator", REQUIRED),
    "flat-emptysep": ("a.@flatten.separator: write a string of 1", REQUIRED),
    "mixed": ("a: @path stands alone in its object", REQUIRED),
    "two": ("a: @path stands alone in its object", REQUIRED),
    "unknown": ("a: there is no directive '@size'", REQUIRED),
    "unknown-in-array": ("a.0: there is no directive '@nope'", IN_ARRAYS),
    "mixed-in-array": ("a.0: @path stands alone in its object", IN_ARRAYS),
    "top-string": ("write a mapping as an object", NOT_AN_OBJECT),
    "top-arr": ("write a mapping as an object", NOT_AN_OBJECT),
    "multi-err": ("a.@path: write a string or a directive", REPEATED),
    "line 65": ("a.@liquid: there is no filter 'nosuch'", UNKNOWN_FILTER),
    "line 69": ("a.@liquid: there is no tag 'for'", REQUIRED),
    "line 70": ("a.@liquid: this is not Liquid", REQUIRED),
    "line 71": ("a.@liquid: there is no filter 'sort'", REQUIRED),
}
"""The mappings that do not compile: the beginning of our message, and why Segment's engine does otherwise."""

OTHER_RESULTS: dict[str, tuple[Any, str]] = {"path-proto": ({}, NO_PROTOTYPE)}
"""The mappings that yield something else: our result, and why."""

REFUSED = {
    "path-nonstr": "@path: expected string, got number",
    "path-undef": "@path: expected string, got undefined",
    "data-arr": "data must be an object, got array",
    "data-null": "data must be an object, got null",
}
"""What is refused on an event, here and there, in these words."""


def _read(name):
    with (Path(__file__).parent / "conformance" / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _cases():
    for number, (case, golden) in enumerate(zip(_read("mapping.jsonl"), _read("mapping.golden.jsonl"), strict=True), 1):
        name = case.get("id", f"line {number}")
        yield pytest.param(name, case, golden, id=name)


def _canonical(value):
    """Return a text that is the same for equal JSON values, all numbers being doubles: ``1.0`` is ``1``."""
    return json.dumps(json.loads(json.dumps(value), parse_float=_double, parse_int=_double), sort_keys=True)


def _double(text):
    return float(text) + 0.0  # which makes -0.0 the other zero


@pytest.mark.parametrize(("name", "case", "golden"), list(_cases()))
def test_every_line_is_as_in_segment_s_mapping_kit_or_a_named_difference(name, case, golden):
    """Every mapping yields what Segment's mapping-kit yields, refuses what it refuses, or is a named difference."""
    if name in AT_BUILD:
        with pytest.raises(MappingError) as mistake:
            compile_mapping(case["mapping"])
        assert str(mistake.value).startswith(AT_BUILD[name][0])
    elif name in REFUSED:
        with pytest.raises(InvalidEvent) as failure:
            compile_mapping(case["mapping"])(case["event"])
        assert failure.value.reason == golden["error"]["message"] == REFUSED[name]
    else:
        expected = OTHER_RESULTS[name][0] if name in OTHER_RESULTS else golden["output"]
        assert _canonical(compile_mapping(case["mapping"])(case["event"])) == _canonical(expected)


@pytest.mark.parametrize(
    ("case", "golden"),
    [
        pytest.param(case, golden, id=case["id"])
        for case, golden in zip(_read("mapping_edges.jsonl"), _read("mapping_edges.golden.jsonl"), strict=True)
    ],
)
def test_odd_and_random_mappings_yield_what_they_yield_in_segment_s_mapping_kit(case, golden):
    """Odd and random combinations of directives yield what they yield in Segment's mapping-kit."""
    result = compile_mapping(case["mapping"])(case["event"])
    assert _canonical(result) == _canonical(golden["output"])


def test_the_differences_are_differences():
    """No line that is listed as another result has the same result after all."""
    golden = {line.get("id"): line for line in _read("mapping.golden.jsonl")}
    assert all(_canonical(golden[name]["output"]) != _canonical(ours) for name, (ours, _) in OTHER_RESULTS.items())


def test_every_named_difference_is_a_line():
    """The tables name lines that exist, each of them once."""
    names = [parameter.values[0] for parameter in _cases()]
    listed = [*AT_BUILD, *OTHER_RESULTS, *REFUSED]
    assert set(listed) <= set(names)
    assert len(listed) == len(set(listed))
    assert len(names) == len(set(names))
