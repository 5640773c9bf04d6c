"""Why a condition holds or not: the innermost parts that decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.errors import FqlError
from switchyard.fql import compile_fql
from switchyard_cli.preview.condition import TracedCondition

PARTS = (
    'type = "track"',
    "'page' = type",
    'event != "and (or"',
    'event in ["a)", "b(", "or"]',
    'match(event, "S[a-z]*")',
    'contains(lowercase(event), "x")',
    "properties.list\\[1\\] > 3",
    "properties.ok",
    "true",
    "bool(properties.ok) = true",
)
EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "page"]),
        "event": st.sampled_from(["Signed Up", "a)", "or", "and (or", None]),
        "properties": st.fixed_dictionaries({"ok": st.booleans(), "list": st.lists(st.integers(0, 9), max_size=3)}),
    }
)
CONDITIONS = st.recursive(
    st.sampled_from(PARTS),
    lambda inner: st.one_of(
        inner.map("!({})".format),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: " and ".join(f"({part})" for part in parts)),
        st.lists(inner, min_size=2, max_size=3).map(" or ".join),
        st.lists(inner, min_size=2, max_size=3).map("\n and ".join),
    ),
    max_leaves=8,
)


def decisive(text, event):
    """Return the texts of the parts that decide."""
    return [text[part.start : part.end] for part in TracedCondition(text).decisive(event)]


@given(CONDITIONS, EVENTS)
def test_the_parts_together_are_the_condition(text, event):
    """Whatever the condition, it holds by its parts exactly where the compiled whole does."""
    assert TracedCondition(text).holds(event) == compile_fql(text)(event)


@given(CONDITIONS, EVENTS)
def test_parts_are_whole_comparisons(text, event):
    """Each deciding part is the text of one of the comparisons that the condition was made of."""
    parts = decisive(text, event)
    assert parts
    assert set(parts) <= set(PARTS)


@given(CONDITIONS, EVENTS)
def test_the_deciding_parts_decide(text, event):
    """Where only the deciding parts keep what they are, and any other turns false, or true, the outcome stays."""
    condition = TracedCondition(text)
    kept = {part.start: part.holds(event) for part in condition.decisive(event)}
    for others in (False, True):
        fixed = text
        for start, part in sorted(condition._parts.items(), reverse=True):
            word = str(kept.get(start, others)).lower()
            fixed = fixed[: part.start] + word + fixed[part.end :]
        assert compile_fql(fixed)({}) == condition.holds(event)


@pytest.mark.parametrize(
    ("text", "event", "parts"),
    [
        ('type = "track" and event = "A"', {"type": "page"}, ['type = "track"']),
        ('type = "track" and event = "A"', {"type": "track"}, ['event = "A"']),
        ('type = "page" or event = "A"', {}, ['type = "page"', 'event = "A"']),
        ('type = "page" or event = "A"', {"type": "page"}, ['type = "page"']),
        ('!(type = "page" or event = "A")', {"event": "A"}, ['event = "A"']),
        ('type = "page" and (event = "A" or !(name = "B" and userId = "u"))',
         {"type": "page", "name": "B", "userId": "u"},
         ['event = "A"', 'name = "B"', 'userId = "u"']),
        ("properties.ok", {}, ["properties.ok"]),
    ],
)  # fmt: skip
def test_the_innermost_part_is_found(text, event, parts):
    """The first false part explains ``and``, all of them explain ``or``, and ``!`` turns both round."""
    assert decisive(text, event) == parts


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('contains(lowercase(event), "userId")', {"event": ("event",)}),
        ("properties.a\\[0\\] > 3", {"properties.a\\[0\\]": ("properties", "a", 0)}),
        ("traits.a = traits.b", {"traits.a": ("traits", "a"), "traits.b": ("traits", "b")}),
        ("true", {}),
    ],
)
def test_a_part_knows_its_fields(text, fields):
    """The fields of a part are those that it names, not its functions and not what stands in quotes."""
    (part,) = TracedCondition(text).decisive({})
    assert part.fields == fields


def test_a_mistake_is_the_compilers():
    """A condition with a mistake is refused as the compiler refuses it."""
    with pytest.raises(FqlError, match="did you mean event"):
        TracedCondition('evnt = "A"')


def test_the_deepest_condition_is_traced():
    """The deepest nesting and the longest text that the compiler takes are traced, too."""
    text = "!" * 49 + "(true)"
    assert decisive(text, {}) == ["true"]
    long = " or ".join(["event = 1"] * 315)
    assert len(decisive(long, {})) == 315
