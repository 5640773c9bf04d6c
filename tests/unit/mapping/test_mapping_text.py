"""``@case`` and ``@replace``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.errors import InvalidEvent
from switchyard.mapping import MISSING, compile_mapping

X = {"@path": "$.x"}


def case(operator, value, event=None):
    """Evaluate ``@case`` on the event."""
    return compile_mapping({"@case": {"operator": operator, "value": value}})(event or {})


def replace(value, pattern="o", event=None, **options):
    """Evaluate ``@replace`` on the event."""
    return compile_mapping({"@replace": {"pattern": pattern, "value": value, **options}})(event or {})


@pytest.mark.parametrize(
    ("operator", "text", "expected"),
    [("upper", "straße", "STRASSE"), ("lower", "ΑΣ", "ας"), ("lower", "İ", "i̇"), ("upper", "é", "É")],
)
def test_case_follows_unicode(operator, text, expected):
    """``@case`` follows Unicode's full rules, one letter becoming two and the final sigma included."""
    assert case(operator, text) == expected


@pytest.mark.parametrize("value", [5, True, None, ["a"], {"a": "b"}])
def test_case_leaves_what_is_no_string(value):
    """``@case`` leaves what is no string as it is."""
    assert case("upper", X, {"x": value}) == value


def test_case_and_replace_of_nothing_are_nothing():
    """``@case`` and ``@replace`` of an empty string in the mapping are nothing; of a missing value, only ``@case``."""
    assert case("upper", "") is MISSING
    assert replace("") is MISSING
    assert case("upper", X) is MISSING
    assert compile_mapping({"@case": {"operator": "upper"}})({}) is MISSING


@pytest.mark.parametrize(
    ("replacement", "expected"),
    [
        ("", "f"),
        ("0", "f00"),
        ("[$&]", "f[o][o]"),
        ("$$", "f$$"),
        ("$1", "f$1$1"),
        ("$`", "fffo"),
        ("$'", "fo"),
        ("$$&", "f$&$&"),
        ("$", "f$$"),
    ],
)
def test_replacements_are_javascript_s(replacement, expected):
    """``$$``, ``$&``, ``$``` and ``$'`` mean in a replacement what they mean in JavaScript; ``$1`` means nothing."""
    assert replace("foo", replacement=replacement) == expected


@pytest.mark.parametrize("pattern", [".", "$", "(o", "[", "\\", "^f", "😀😀😀😀😀"])
def test_patterns_are_literal(pattern):
    """A pattern is literal text of up to ten UTF-16 units."""
    assert replace(f"foo{pattern}", pattern, replacement="-") == "foo-"


def test_only_the_first_occurrence_without_global():
    """With ``global`` false, each of the two passes replaces only the first occurrence."""
    options = {"replacement": "1", "pattern2": "b", "replacement2": "2", "global": False}
    assert replace("oobb", **options) == "1o2b"


def test_the_second_pass_works_on_the_result_of_the_first():
    """``pattern2`` works on the result of the first pass and replaces by nothing if there is no ``replacement2``."""
    assert replace("ab", "a", replacement="b", pattern2="b") == ""
    assert replace("ab", "a", replacement="b", pattern2="") == "bb"


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("straße", "STRASSE STRAßE", "STRASSE X"),
        ("k", "K\u212a", "X\u212a"),
        ("é", "É", "X"),
        ("\u03c3", "Σς", "XX"),
        ("\u0131", "I", "I"),
        ("𐐨", "𐐀", "𐐀"),
        ("o", "\u0149o", "\u0149X"),
    ],
)
def test_ignoring_case_means_what_javascript_means(pattern, text, expected):
    """``ignorecase`` compares capitals of one UTF-16 unit, and no other letter equals an ASCII one."""
    assert replace(text, pattern, replacement="X", ignorecase=True) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, "yes"), (1.5, "1,5"), (1e-7, "1e-7"), (None, ""), ({}, ""), (["a"], "")],
)
def test_replace_works_on_the_text_of_numbers_and_booleans(value, expected):
    """Numbers and booleans become text before ``@replace``; of null, objects and arrays the empty string is left."""
    assert replace(X, "true", {"x": value}, replacement="yes", pattern2=".", replacement2=",") == expected


def test_replace_of_a_missing_value_is_empty():
    """``@replace`` of a missing value is the empty string."""
    assert replace(X) == ""


@given(st.text("ab.", min_size=1, max_size=3), st.text("ab.x", max_size=5), st.text("ab.", max_size=30))
def test_without_special_signs_replace_is_str_replace(pattern, replacement, text):
    """Where a replacement has no special signs, ``@replace`` is ``str.replace``."""
    found = replace({"@path": "$.x"}, pattern, {"x": text}, replacement=replacement)
    assert found == text.replace(pattern, replacement)


def test_an_event_cannot_grow_a_replacement_without_end():
    """A replacement that repeats the rest of the text is stopped at a million characters."""
    with pytest.raises(InvalidEvent, match="the text grows beyond 1048576 characters"):
        replace(X, "a", {"x": "a" * 10_000}, replacement="$'$'")
