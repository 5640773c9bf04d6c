"""FQL's functions: their results, and their defaults where a value is missing."""

import pytest

from switchyard.fql import compile_fql


def result_is(call, value, expected):
    """Whether the call, with ``x`` for the field that holds the value, gives the literal ``expected``."""
    return compile_fql(f"{call.replace('x', 'properties.x')} = {expected}")({"properties": {"x": value}})


@pytest.mark.parametrize(
    ("call", "value", "expected"),
    [
        ('contains(x, "B")', "aBc", "true"),
        ('contains(x, "b")', "aBc", "false"),
        ('contains(x, "")', "", "true"),
        ("length(x)", "abc", "3"),
        ("length(x)", "ア", "3"),
        ("length(x)", "\ud800", "3"),
        ("length(x)", [1, None, [2]], "3"),
        ("lowercase(x)", "ÀB c", '"àb c"'),
        ("uppercase(x)", "àb c", '"ÀB C"'),
        ("snakecase(x)", "a b  c", '"a_b__c"'),
        ("kebabcase(x)", "a b c", '"a-b-c"'),
        ("titlecase(x)", "it's a tEST", '"It\'s A TEST"'),
        ("bool(x)", "yes", "true"),
        ("bool(x)", "false", "false"),
        ("bool(x)", "", "false"),
        ("bool(x)", 0.1, "true"),
        ("bool(x)", 0, "false"),
        ("bool(x)", [0], "true"),
        ("bool(x)", [], "false"),
        ("bool(x)", True, "true"),
        ("string(x)", 5.0, '"5"'),
        ("string(x)", 1.25, '"1.25"'),
        ("string(x)", False, '"false"'),
        ("string(x)", ["é", 1, None], "'[\"é\",1,null]'"),
        ("string(x)", "é", '"é"'),
        ("number(x)", "-1.5e1", "-15"),
        ("number(x)", "007", "7"),
        ("number(x)", 3, "3"),
        ("typeof(x)", "", '"string"'),
        ("typeof(x)", 1.5, '"number"'),
        ("typeof(x)", False, '"bool"'),
        ("typeof(x)", [], '"list"'),
        ("typeof(x)", {}, '"object"'),
        ("uppercase(lowercase(x))", "Ab", '"AB"'),
    ],
)
def test_a_function_gives_what_segment_documents(call, value, expected):
    """Each function's result, by value and by type."""
    assert result_is(call, value, expected)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('contains(x, "a")', "false"),
        ("length(x)", "0"),
        ("lowercase(x)", "null"),
        ("titlecase(x)", "null"),
        ("typeof(x)", '"null"'),
        ('match(x, "*")', "false"),
        ("bool(x)", "false"),
        ("string(x)", "null"),
        ("number(x)", "null"),
    ],
)
def test_functions_take_null_with_sensible_defaults(call, expected):
    """A missing value needs no test of its own before a function is applied to it."""
    assert result_is(call, None, expected)
    assert compile_fql(f"{call.replace('x', 'null')} = {expected}")({})


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("length(x)", 5),
        ("length(x)", {"a": 1}),
        ("lowercase(x)", 5),
        ("snakecase(x)", ["a"]),
        ("number(x)", True),
        ("number(x)", "5 apples"),
        ("number(x)", " 5"),
        ("number(x)", "1_000"),
        ("number(x)", "nan"),
        ("number(x)", "\u0665"),
        ("bool(x)", {"a": 1}),
        ("string(x)", {"a": 1}),
        ("string(x)", [["a"]]),
    ],
)
def test_a_value_that_a_function_cannot_take_gives_null(call, value):
    """An event cannot make a condition fail: a value of the wrong type counts as missing."""
    assert result_is(call, value, "null")


@pytest.mark.parametrize("value", [5, True, ["a"], {"a": "a"}])
def test_only_strings_contain_or_match(value):
    """contains() and match() are false for anything but a string, lists included."""
    assert result_is('contains(x, "a")', value, "false")
    assert result_is('match(x, "*")', value, "false")
    assert result_is('contains("a", x)', value, "false")


def test_arguments_may_be_fields_and_literals_alike():
    """Any operand can be an argument; only match's pattern has to stand in the text."""
    event = {"event": "Order Completed", "properties": {"word": "Order"}}
    assert compile_fql("contains(event, properties.word)")(event)
    assert compile_fql("contains('an Order', properties.word)")(event)
    assert compile_fql("match('abc', 'a?c') and length([1, 2]) = 2")({})
