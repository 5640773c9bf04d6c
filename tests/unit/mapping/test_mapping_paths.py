"""Paths: how mapping-kit splits them and what a walk along them finds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.mapping import MISSING, compile_mapping
from switchyard.mapping.paths import gather, grow_tree, parse_path, parse_root_path, walk

keys = st.sampled_from(["a", "b", "c", "0", "length"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "text"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(keys, children, max_size=3),
    max_leaves=8,
)
paths = st.lists(keys, min_size=1, max_size=4).map(tuple)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("context.page.url", ("context", "page", "url")),
        ("products[0].sku", ("products", "0", "sku")),
        ("x[\"y\"]['z']", ("x", "y", "z")),
        ("a..b.", ("a", "b")),
        ("a. .b", ("a", " ", "b")),
        ("first name.x", ("first name", "x")),
        ("x[key]", ("x[key]",)),
        ("x['a.b']", ("x", "a", "b")),
        ("it's", ("its",)),
        ("x['']", ("x", "")),
        ("", ()),
        (".", ()),
    ],
)
def test_a_path_is_split_at_dots_and_at_brackets_around_quotes_or_digits(text, pieces):
    """A path is split at dots and at brackets around quotes or digits; quotes vanish, and nothing escapes anything."""
    assert parse_path(text) == pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("$.x", ("x",)), ("x", ("x",)), ("$", ("$",)), ("$.$.x", ("$", "x")), ("x$.y", ("xy",)), ("$['x']", ("$", "x"))],
)
def test_the_first_dollar_dot_is_dropped_wherever_it_stands(text, pieces):
    """The first ``$.`` of a ``@path`` is dropped wherever it stands; a ``$`` without a dot is a key."""
    assert parse_root_path(text) == pieces


@pytest.mark.parametrize("falsy", ["", 0, False, None])
def test_a_falsy_value_on_the_way_is_the_result(falsy):
    """A falsy value on the way ends the walk and is the result."""
    assert compile_mapping({"@path": "$.x.y.z"})({"x": falsy}) is falsy


@pytest.mark.parametrize("found", [{}, {"z": 1}, [], True, 5, 1.5, "text"])
def test_a_key_that_is_not_there_is_missing(found):
    """A key that is not there is missing, in objects, arrays and scalars alike."""
    assert compile_mapping({"@path": "$.x.y"})({"x": found}) is MISSING


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.list.1", "b"),
        ("$.list[1]", "b"),
        ("$.list.length", 2),
        ("$.list.01", MISSING),
        ("$.list.-1", MISSING),
        ("$.list.2", MISSING),
        ("$.empty.length", 0),
        ("$.word.length", 3),
        ("$.word.0", "h"),
        ("$.word.3", MISSING),
        ("$.smile.length", 3),
        ("$.smile.2", "!"),
    ],
)
def test_arrays_and_strings_have_a_length_and_elements(path, expected):
    """Arrays and strings have a length, counted in UTF-16 units, and elements by canonical index."""
    event = {"list": ["a", "b"], "empty": [], "word": "hey", "smile": "😀!"}
    assert compile_mapping({"@path": path})(event) == expected


def test_half_a_character_is_replaced():
    """The index of half a surrogate pair yields U+FFFD, since half a character could not be sent as UTF-8."""
    assert compile_mapping({"@path": "$.smile.0"})({"smile": "😀"}) == "\ufffd"


@pytest.mark.parametrize("path", ["", ".", "$."])
def test_an_empty_path_is_the_whole_payload(path):
    """An empty path is the whole payload."""
    event = {"x": 1}
    assert compile_mapping({"@path": path})(event) is event


def test_javascript_s_inherited_properties_do_not_exist():
    """Only an event's own keys exist: ``constructor`` or ``__proto__`` lead nowhere unless the event has them."""
    assert compile_mapping({"@path": "$.constructor.name"})({}) is MISSING
    assert compile_mapping({"@path": "$.__proto__"})({"__proto__": 1}) == 1


def test_the_members_of_an_object_come_from_wherever_their_paths_lead():
    """From one parent, from several, or from the event itself."""
    event = {"a": {"x": 1, "y": 2}, "b": {"x": 3}, "c": 4}
    at = {name: {"@path": f"$.{name}"} for name in ("a.x", "a.y", "b.x", "c", "b.y")}
    assert compile_mapping({"o": {"p": at["a.x"], "q": at["a.y"]}})(event) == {"o": {"p": 1, "q": 2}}
    assert compile_mapping({"o": {"p": at["a.x"], "q": at["b.x"]}})(event) == {"o": {"p": 1, "q": 3}}
    assert compile_mapping({"o": {"p": at["c"], "q": at["b.x"], "r": at["b.y"]}})(event) == {"o": {"p": 4, "q": 3}}


@given(values, st.dictionaries(st.sampled_from("vwxyz"), paths, max_size=5))
def test_a_path_tree_finds_what_each_path_finds_alone(value, wanted):
    """A path tree finds exactly what each of its paths finds alone, whatever is on the way."""
    alone = {name: found for name, path in wanted.items() if (found := walk(value, path)) is not MISSING}
    ready: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    gather(grow_tree(wanted, dict.fromkeys("vwx", str)), value, ready, rest)
    assert ready | rest == alone
    assert ready.keys().isdisjoint(rest)
    assert all(name in "vwx" and type(found) is str and found for name, found in ready.items())


def test_a_path_tree_sets_apart_what_is_of_the_class_wanted():
    """Of the class itself, not of one derived from it; and no blank text. Whatever is not wanted is the rest."""
    wanted = {"text": str, "blank": str, "number": int, "zero": int, "flag": int, "object": dict}
    value = {"text": "x", "blank": "", "number": 1, "zero": 0, "flag": True, "object": {}, "other": "x"}
    ready: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    gather(grow_tree({name: ("a", name) for name in value}, wanted), {"a": value}, ready, rest)
    assert ready == {"text": "x", "number": 1, "zero": 0, "object": {}}
    assert rest == {"blank": "", "flag": True, "other": "x"}
