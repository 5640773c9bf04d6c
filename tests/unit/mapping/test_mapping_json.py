"""``@json``: values to text and back."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.mapping import MISSING, compile_mapping

X = {"@path": "$.x"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-(2.0**53), 2.0**53) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=12,
)


def convert(mode, value):
    """Evaluate ``@json`` on an event that holds the value."""
    return compile_mapping({"@json": {"mode": mode, "value": X}})({} if value is MISSING else {"x": value})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1.0, "a": [None, True, False]}, '{"b":1,"a":[null,true,false]}'),
        ({"b": 1, "10": 2, "9": 3, "01": 4, "4294967295": 5, "4294967294": 6}, None),
        ('"\\\b\f\n\r\t\u0001\u007f\u2028/é😀', '"\\"\\\\\\b\\f\\n\\r\\t\\u0001\u007f\u2028/é😀"'),
        ("\ud800", '"\\ud800"'),
        ([1e21, 1e-7, -0.0, 12345678901234567890, 10**400], "[1e+21,1e-7,0,12345678901234567000,null]"),
        (None, "null"),
    ],
)
def test_encode_is_json_stringify(value, text):
    """``encode`` is ``JSON.stringify``: no blanks, JavaScript's numbers, integer keys first, non-ASCII as it is."""
    text = text or '{"9":3,"10":2,"4294967294":6,"b":1,"01":4,"4294967295":5}'
    assert convert("encode", value) == text


def test_encode_shows_a_missing_element_as_null_and_a_missing_value_not_at_all():
    """What is missing is null in an array, has no key in an object, and gives no text at all by itself."""
    value = [{"@path": "$.no"}, {"gone": {"@path": "$.no"}}]
    assert compile_mapping({"@json": {"mode": "encode", "value": value}})({}) == "[null,{}]"
    assert convert("encode", MISSING) is MISSING


@given(json_values)
def test_what_is_encoded_reads_as_the_same_value(value):
    """What is encoded reads as the same value, here and with Python's own reader."""
    text = convert("encode", value)
    assert json.loads(text) == value
    assert convert("decode", text) == value


@pytest.mark.parametrize("value", ["{", "", "NaN", "'a'", 5, True, None, ["[]"], {"a": "1"}, MISSING])
def test_what_cannot_be_decoded_stays(value):
    """``decode`` leaves what is no string, or no JSON, as it is."""
    assert convert("decode", value) == value


def test_what_nests_too_deep_is_not_decoded():
    """Text nested 128 levels is decoded, deeper text stays text: an event cannot bring in more depth than is safe."""
    assert convert("decode", "[" * 128 + "]" * 128) != "[" * 128 + "]" * 128
    for levels in (129, 16_000):
        assert convert("decode", "[" * levels + "]" * levels) == "[" * levels + "]" * levels


def test_infinite_numbers_have_no_json():
    """A number beyond a double's range is null in JSON."""
    assert convert("encode", math.inf) == "null"
