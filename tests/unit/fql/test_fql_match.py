"""match(): glob patterns over whole strings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.fql import compile_fql


def matches(pattern, text):
    """Whether match() finds the pattern, written as a string of FQL, to be all of the text."""
    quoted = pattern.replace("\\", "\\\\").replace('"', '\\"')
    return compile_fql(f'match(event, "{quoted}")')({"event": text})


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("Order *", "Order Completed", True),
        ("Order *", "Order", False),
        ("*Completed", "Order Completed", True),
        ("*der*", "Order Completed", True),
        ("O*C*d", "Order Completed", True),
        ("Order", "Order Completed", False),
        ("order *", "Order Completed", False),
        ("*", "", True),
        ("", "", True),
        ("", "x", False),
        ("a??d", "abcd", True),
        ("a?d", "abcd", False),
        ("?", "", False),
        ("?", "\n", True),
        ("*b", "a\nb", True),
        ("ab[cC]d", "abCd", True),
        ("v[0-9].[0-9]", "v1.2", True),
        ("v[0-9].[0-9]", "v1x2", False),
        ("[A-Z]", "b", False),
        ("[a-cx]", "x", True),
        ("[a-]", "-", True),
        (r"[\^a]", "^", True),
        (r"[\^a]", "b", False),
        ("*a*b*", "aba", True),
        (r"[\]\-]", "]", True),
        ("[*?]", "*", True),
        ("[*?]", "a", False),
        (r"100\*", "100*", True),
        (r"100\*", "1000", False),
        (r"\[x\]\?\\", "[x]?\\", True),
        ("(a|b)+.$^", "(a|b)+.$^", True),
        ("a*ab", "aab", True),
        ("ab*ba", "aba", False),
    ],
)
def test_a_pattern_covers_the_whole_text(pattern, text, expected):
    r"""`*` is any run, `?` one character, `[…]` one of those listed, `\x` the character x; all the rest is literal."""
    assert matches(pattern, text) is expected


def test_an_escape_of_match_needs_no_second_backslash():
    r"""`\*` inside a string reaches match() as it is, since a string escapes only quotes and backslashes."""
    condition = compile_fql(r"match(event, 'ab\*d')")
    assert condition({"event": "ab*d"})
    assert not condition({"event": "abcd"})


def test_many_stars_cost_no_more_than_text_times_pattern():
    """A text made to defeat backtracking is refused at once: this test ends."""
    assert not matches("*a" * 30 + "b", "a" * 5000)


CHARACTERS = st.sampled_from("aaabbb-]*?\\^!")
SPANS = st.sampled_from([("a", "a"), ("a", "b"), ("-", "]"), ("*", "*"), ("]", "a"), ("^", "^")])
TOKENS = st.one_of(
    st.just(("star", None)),
    st.just(("any", None)),
    st.tuples(st.just("one"), CHARACTERS),
    st.tuples(st.just("set"), st.lists(SPANS, min_size=1, max_size=3)),
)


def written(token):
    """One token of a pattern as text, with every literal escaped."""
    kind, value = token
    if kind == "set":
        return "[" + "".join(f"\\{low}" if low == high else f"\\{low}-\\{high}" for low, high in value) + "]"
    return {"star": "*", "any": "?"}.get(kind) or f"\\{value}"


def reference(tokens, text):
    """Say by plain recursion whether the tokens cover the text."""
    if not tokens:
        return not text
    (kind, value), rest = tokens[0], tokens[1:]
    if kind == "star":
        return any(reference(rest, text[start:]) for start in range(len(text) + 1))
    if not text or not reference(rest, text[1:]):
        return False
    if kind == "set":
        return any(low <= text[0] <= high for low, high in value)
    return kind == "any" or text[0] == value


@given(st.lists(TOKENS, max_size=7), st.text(CHARACTERS, max_size=7))
def test_every_pattern_agrees_with_a_plain_recursive_matcher(tokens, text):
    """The compiled pattern and a reference that tries everything agree on any pattern and text."""
    assert matches("".join(map(written, tokens)), text) is reference(tokens, text)
