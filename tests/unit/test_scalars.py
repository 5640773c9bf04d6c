"""JSON values as the scalar types of a field: ajv's and JavaScript's rules."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.events import Json
from switchyard.scalars import CONVERSIONS, UNFIT, to_double, to_number

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("  ", 0),
        (" 7 ", 7),
        ("+7", 7),
        ("-0", 0),
        ("2.50", 2.5),
        (".5", 0.5),
        ("5.", 5),
        ("1e3", 1000),
        ("0x10", 16),
        ("0O17", 15),
        ("0b11", 3),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        ("1e400", math.inf),
        ("0x" + "f" * 300, math.inf),
        ("\ufeff7\u00a0", 7),
    ],
)
def test_text_is_the_number_that_javascript_reads(text: str, number: float) -> None:
    """Blanks are zero, and hexadecimal, octal, binary and exponents are understood."""
    assert to_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["5px", "1_000", "\u0665", "0x", "0x-1", "0x1_0", "0b2", "inf", "nan", "--1", "1 2", "infinity", "\x1c7", "\x857"],
)
def test_other_text_is_not_a_number(text: str) -> None:
    """What Python alone would read, such as underscores and foreign digits, is NaN as well."""
    assert math.isnan(to_number(text))


@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_has_no_fraction_to_print(number: int) -> None:
    """A whole number is an int, so that JSON shows no ``.0`` that Segment's would not show."""
    assert isinstance(to_number(f"{number}.0"), int)


def test_a_whole_number_that_a_double_rounds_stays_a_double() -> None:
    """JSON writers refuse the integers of hundreds of digits that it would become."""
    assert isinstance(to_number("1e300"), float)
    assert isinstance(CONVERSIONS["integer"](1e300), float)


def test_a_number_too_large_for_a_double_is_infinite() -> None:
    """JSON.parse knows no error for it, so there must be none here."""
    assert (to_double(10**400), to_double(-(10**400))) == (math.inf, -math.inf)


@pytest.mark.parametrize(
    ("kind", "value", "converted"),
    [
        ("string", 5, "5"),
        ("string", 1.0, "1"),
        ("string", 1e21, "1e+21"),
        ("string", True, "true"),
        ("string", None, ""),
        ("string", ["x"], "x"),
        ("number", "19", 19),
        ("number", True, 1),
        ("number", None, 0),
        ("number", 2.5, 2.5),
        ("integer", "2", 2),
        ("integer", 3.0, 3),
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("boolean", 1, True),
        ("boolean", 0.0, False),
        ("boolean", None, False),
        ("datetime", 5, 5),
        ("datetime", "2024", "2024"),
        ("datetime", ["2024"], "2024"),
    ],
)
def test_a_value_takes_the_declared_type(kind: str, value: Json, converted: Json) -> None:
    """ajv's table of coercions, with one element of a list standing for itself."""
    result = CONVERSIONS[kind](value)
    assert (result, type(result)) == (converted, type(converted))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", {}),
        ("string", ["a", "b"]),
        ("string", []),
        ("number", ""),
        ("number", "5px"),
        ("number", "Infinity"),
        ("number", math.inf),
        ("number", math.nan),
        ("number", 10**400),
        ("number", {}),
        ("integer", 2.5),
        ("integer", "2.5"),
        ("integer", "x"),
        ("boolean", "yes"),
        ("boolean", "1"),
        ("boolean", 2),
        ("boolean", {}),
        ("datetime", True),
        ("datetime", {}),
    ],
)
def test_a_value_without_a_form_of_the_type_is_unfit(kind: str, value: Json) -> None:
    """Nothing is guessed: no yes for true, no number that JSON cannot hold."""
    assert CONVERSIONS[kind](value) is UNFIT


@given(st.sampled_from(sorted(CONVERSIONS)), VALUES)
def test_every_value_is_of_the_type_or_unfit(kind: str, value: Json) -> None:
    """Whatever JSON holds, a conversion raises nothing and returns its own type."""
    types: dict[str, Any] = {
        "string": str,
        "number": (int, float),
        "integer": (int, float),
        "boolean": bool,
        "datetime": (str, int, float),
    }
    result = CONVERSIONS[kind](value)
    assert result is UNFIT or isinstance(result, types[kind])
