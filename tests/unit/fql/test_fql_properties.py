"""Rules that hold for every condition, checked on generated ones."""

import operator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from switchyard.errors import FqlError
from switchyard.fql import compile_fql

LITERALS = {'"a"': "a", "'b'": "b", '""': "", "0": 0, "1": 1, "-2.5": -2.5, "true": True, "false": False, "null": None}
FIELDS = {"type": ("type",), "properties.x": ("properties", "x"), r"traits.a\ b.or": ("traits", "a b", "or")}
ORDERINGS: dict[str, Any] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
NUMBERS = ["0", "1", "-2.5"]
SPACES = st.sampled_from(["", " ", "\n "])

EQUALITIES = st.tuples(st.sampled_from(["=", "!="]), st.sampled_from([*FIELDS]), st.sampled_from([*LITERALS]), SPACES)
ORDERED = st.tuples(st.sampled_from([*ORDERINGS]), st.sampled_from([*FIELDS]), st.sampled_from(NUMBERS), SPACES)
MEMBERSHIPS = st.tuples(st.just("in"), st.sampled_from([*FIELDS]), st.lists(st.sampled_from([*LITERALS]), max_size=3))
CONDITIONS = st.recursive(
    EQUALITIES | ORDERED | MEMBERSHIPS,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4)),
    ),
    max_leaves=12,
)

VALUES = st.sampled_from([*LITERALS.values(), 1.0, "track", ["a"], [1, None], {"x": 1}])
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "type": VALUES,
        "properties": st.fixed_dictionaries({}, optional={"x": VALUES}) | VALUES,
        "traits": st.fixed_dictionaries({}, optional={"a b": st.fixed_dictionaries({}, optional={"or": VALUES})}),
    },
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=3),
    max_leaves=6,
)
FRAGMENTS = (
    st.sampled_from(
        ["type", "event", "properties.x", "traits.é", "context.y\\ z", "x.y", "not", "AND", "and", "or", "in"]
    )
    | st.sampled_from(["contains(", "match(", "length(", "typeof(", "string(", "number(", "titlecase("])
    | st.sampled_from(['"track"', "'a'", r'"\""', '"*a?[b-c]"', "null", "true", "-2.5", "1e9", "1."])
    | st.sampled_from(["=", "!=", "<", ">=", "==", *"!()[],.;&\\'\""])
)
TEXTS = (
    st.text(max_size=20) | st.lists(FRAGMENTS, max_size=12).map(" ".join) | st.lists(FRAGMENTS, max_size=6).map("".join)
)


def written(condition, binding=0):
    """The condition as text, with parentheses only where `!`, `and`, `or` need them."""
    kind, *parts = condition
    if kind == "not":
        return f"!{written(parts[0], 3)}"
    if kind in ("and", "or"):
        own = 2 if kind == "and" else 1
        text = f" {kind} ".join(written(part, own + 1) for part in parts[0])
        return f"({text})" if own < binding else text
    if kind == "in":
        return f"{parts[0]} in [{', '.join(parts[1])}]"
    field, literal, space = parts
    return f"{field}{space}{kind}{space}{literal}"


def looked_up(field, event):
    """What the event holds at the field."""
    value = event
    for key in FIELDS[field]:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def same(left, right):
    """Equality as FQL has it for scalars: a boolean is no number."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def evaluated(condition, event):
    """The condition's truth by definition, without any of the code under test."""
    kind, *parts = condition
    if kind == "not":
        return not evaluated(parts[0], event)
    if kind in ("and", "or"):
        return (all if kind == "and" else any)([evaluated(part, event) for part in parts[0]])
    value = looked_up(parts[0], event)
    if kind == "in":
        return any(same(value, LITERALS[literal]) for literal in parts[1])
    right = LITERALS[parts[1]]
    if kind in ORDERINGS:
        return type(value) in (int, float) and ORDERINGS[kind](value, right)
    return same(value, right) == (kind == "=")


@given(CONDITIONS, EVENTS)
def test_a_written_condition_means_what_was_written(condition, event):
    """Any condition, rendered to text and compiled, agrees with its plain evaluation."""
    assert compile_fql(written(condition))(event) is evaluated(condition, event)


@given(CONDITIONS, EVENTS)
def test_not_is_the_opposite(condition, event):
    """`!(e)` is the negation of `e`, whatever `e` and the event are."""
    text = written(condition)
    assert compile_fql(f"!({text})")(event) is not compile_fql(text)(event)


def compiled(text):
    """The compiled condition and no error, or no condition and the error."""
    try:
        return compile_fql(text), None
    except FqlError as error:
        return None, error


@given(TEXTS, st.fixed_dictionaries({"type": ANY_JSON, "event": ANY_JSON, "properties": ANY_JSON}))
def test_any_text_compiles_or_is_refused_at_a_place_within_it(text, event):
    """Any text either is a condition, which then answers true or false for any event, or raises FqlError."""
    condition, error = compiled(text)
    if error:
        assert 0 <= error.position <= len(text)
        assert error.text == text
    else:
        assert condition(event) in (True, False)


@given(st.text(max_size=8), st.sampled_from("'\""))
def test_any_string_can_be_written(text, quote):
    """With its quotes and backslashes escaped, any string equals itself in either kind of quotes."""
    escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    assert compile_fql(f"event = {quote}{escaped}{quote}")({"event": text})


@given(st.text(st.characters(exclude_characters="[]"), min_size=1, max_size=8))
def test_any_name_can_be_written(name):
    """With every character escaped, any key names its field."""
    escaped = "".join(f"\\{character}" for character in name)
    assert compile_fql(f"properties.{escaped} = 1")({"properties": {name: 1}})
