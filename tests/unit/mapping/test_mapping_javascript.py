"""JavaScript's text for values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.mapping import MISSING
from switchyard.mapping.javascript import key_order, number_text, to_string, truthy, utf16_length


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (100.0, "100"),
        (1.50, "1.5"),
        (0.1, "0.1"),
        (123456789.125, "123456789.125"),
        (1e-6, "0.000001"),
        (1.234e-6, "0.000001234"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (-1.7976931348623157e308, "-1.7976931348623157e+308"),
        (5e-324, "5e-324"),
        (2**53, "9007199254740992"),
        (2**53 + 1, "9007199254740992"),
        (12345678901234567890, "12345678901234567000"),
        (10**400, "Infinity"),
        (-(10**400), "-Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_look_as_in_javascript(number, text):
    """A number has the shortest digits that give the same double, and an exponent from 1e21 on and below 1e-6."""
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_s_text_gives_the_number_again(number):
    """A number's text reads as the same number."""
    assert float(number_text(number)) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (MISSING, "undefined"), (True, "true"), ([[1, None], "a", {}], "1,,a,[object Object]"), ([], "")],
)
def test_every_value_has_a_text(value, text):
    """``String(value)`` of everything that is no number."""
    assert to_string(value) == text


@pytest.mark.parametrize("value", [MISSING, None, "", 0, 0.0, False])
def test_falsy_values(value):
    """Nothing, ``""``, zero and false are falsy; empty arrays and objects are not."""
    assert not truthy(value)
    assert truthy([value])
    assert truthy([])
    assert truthy({})


def test_a_character_beyond_the_basic_plane_counts_twice():
    """Lengths are counted in UTF-16 units."""
    assert utf16_length("a😀é") == 4


@given(st.lists(st.sampled_from(["b", "a", "10", "9", "0", "00", "-1", "1.5", "4294967295"]), unique=True))
def test_integer_keys_come_first(keys):
    """Array indexes come first and ascending; other keys keep their order."""
    indexes = [key for key in keys if key in {"0", "9", "10"}]
    others = [key for key in keys if key not in indexes]
    assert sorted(keys, key=key_order) == sorted(indexes, key=int) + others
