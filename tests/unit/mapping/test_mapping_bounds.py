"""No event can exhaust the stack or the memory, whatever a mapping does with it."""

from typing import Any

import pytest

from switchyard.errors import InvalidEvent
from switchyard.mapping import compile_mapping

X = {"@path": "$.x"}

FOLLOWING = {
    "@template": {"@template": "{{x}}"},
    "@if": {"@if": {"blank": X, "then": 1}},
    "@json": {"@json": {"mode": "encode", "value": X}},
    "@flatten": {"@flatten": {"separator": ".", "value": X}},
}


def nested(levels, key=None):
    """Return data of so many levels: arrays, or objects with the key."""
    value: Any = "leaf"
    for _ in range(levels):
        value = [value] if key is None else {key: value}
    return value


@pytest.mark.parametrize("directive", FOLLOWING)
def test_data_is_followed_for_256_levels(directive):
    """A directive that goes down into data follows 256 levels, more than an event may have, and fails below."""
    evaluate = compile_mapping({"f": FOLLOWING[directive]})
    assert evaluate({"x": nested(256)})
    for levels in (257, 50_000):
        with pytest.raises(InvalidEvent, match="the data nests deeper than 256 levels"):
            evaluate({"x": nested(levels)})


def test_exclude_when_null_follows_256_levels():
    """``@excludeWhenNull`` follows objects for 256 levels, too."""
    evaluate = compile_mapping({"f": {"@excludeWhenNull": X}})
    assert evaluate({"x": nested(256, "k")}) == {"f": nested(256, "k")}
    with pytest.raises(InvalidEvent, match="the data nests deeper than 256 levels"):
        evaluate({"x": nested(50_000, "k")})


def test_the_deepest_mapping_follows_the_deepest_data():
    """The deepest mapping around the directive that needs the most stack still follows the deepest data."""
    mapping = FOLLOWING["@json"]
    for _ in range(30):
        mapping = [{"a": mapping}]
    assert compile_mapping({"f": mapping})({"x": nested(256, "k")})


def test_paths_hand_on_data_of_any_depth():
    """Data that is only handed on may have any depth: nothing goes down into it."""
    value = nested(50_000)
    assert compile_mapping({"f": X, "g": [X]})({"x": value})["f"] is value


def test_the_longest_path_is_walked_to_its_end():
    """A path of 64 keys, the most that compile, leads to its end, alone and among others."""
    path = {"@path": "$.x" + ".k" * 63}
    assert compile_mapping({"f": path, "g": [path]})({"x": nested(63, "k")}) == {"f": "leaf", "g": ["leaf"]}


@pytest.mark.parametrize(
    ("mapping", "value"),
    [
        ({"@template": "{{x}}" * 200}, "a" * 10_000),
        (
            {
                "@replace": {
                    "pattern": "a",
                    "replacement": "bbbbbbbbbb",
                    "pattern2": "b",
                    "replacement2": "cccccccccc",
                    "value": X,
                }
            },
            "a" * 30_000,
        ),
        ({"@flatten": {"separator": ".", "value": X}}, {"k" * 10_000: dict.fromkeys(map(str, range(1000)), 1)}),
        ({"@json": {"mode": "encode", "value": X}}, ["\u0001" * 30_000] * 10),
    ],
)
def test_a_directive_produces_a_million_characters_at_most(mapping, value):
    """Whatever a directive makes of an event, it stops at a million characters; the event then costs only the field."""
    with pytest.raises(InvalidEvent, match=r"grow.* beyond 1048576 characters"):
        compile_mapping({"f": mapping})({"x": value})


def test_a_placeholder_that_an_event_repeats_is_looked_up_once():
    """An event that brings thousands of placeholders for the same slow value makes it slow only once."""

    class Slow(list[str]):
        readings = 0

        def __iter__(self):
            Slow.readings += 1
            return super().__iter__()

    event = {"template": "{{x}}{{{x}}}" * 1000, "x": Slow("ab")}
    assert compile_mapping({"f": {"@template": {"@path": "$.template"}}})(event) == {"f": "a,b" * 2000}
    assert Slow.readings == 1
