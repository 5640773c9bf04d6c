"""Mistakes: each one is found when the condition is compiled, at its place, with what to write instead (promise 8)."""

import pytest

from switchyard.errors import ConfigError, FqlError
from switchyard.fql import compile_fql


def mistake(condition):
    """The error that the condition raises."""
    with pytest.raises(FqlError) as raised:
        compile_fql(condition)
    return raised.value


# A ‸ stands before the character at which the mistake is reported.
MISTAKES = [
    ("‸", "expected a field or a value, found the end"),
    ("  \n‸", "found the end"),
    ('type ‸== "track"', 'use "=" instead of "=="'),
    ('type ‸!== "track"', 'use "!="'),
    ('type ‸<> "track"', 'use "!="'),
    ("properties.x ‸=> 5", 'use ">="'),
    ('type = "a" ‸&& event = "b"', 'use "and"'),
    ('type = "a" ‸|| event = "b"', 'use "or"'),
    ('type = "a"‸; event = "b"', 'use "and"'),
    ("type = ‸“track”", "use straight quotes"),
    ('type = ‸"track', 'this string has no closing "'),
    (r"type = ‸'track\'", "this string has no closing '"),
    ("properties.x = ‸.5", "a number is written like 5, -1.5 or 1e6"),
    ("properties.x = ‸1.", "a number is written"),
    ("properties.x = ‸1.2.3", "a number is written"),
    ("properties.x = ‸5px", "a number is written"),
    ("properties.x = ‸1e", "a number is written"),
    ("properties.x = ‸-", "a number is written"),
    ("properties.caf‸é = 1", r'in the name of a field it is written "\é"'),
    ("properties.‸$price = 1", r'"\$"'),
    ("properties‸..x = 1", 'a "." stands between two names'),
    ("properties.x‸. = 1", 'a "." stands between two names'),
    ("‸.x = 1", 'a "." stands between two names'),
    ("properties.x‸\\", 'a character has to follow the "\\"'),
    ('type = "track" ‸event = "x"', 'expected "and", "or" or the end, found event'),
    ('type = "track"‸)', 'expected "and", "or" or the end, found )'),
    ('type = "track"‸, event = "x"', "found ,"),
    ('type = "track" ‸AND event = "x"', 'write "and" instead of AND'),
    ('type = "track" ‸Or event = "x"', 'write "or" instead of Or'),
    ('type = "track" and‸', "expected a field or a value, found the end"),
    ("type =‸", "expected a field or a value, found the end"),
    ('‸= "track"', "expected a field or a value, found ="),
    ("1 < properties.x ‸< 5", 'comparisons are joined by "and"'),
    ('(type = "track"‸', 'expected ")" for the "(" at character 1, found the end'),
    ('!(type = "track" ‸OR type = "page")', 'write "or" instead of OR'),
    ("(‸)", "expected a field or a value, found )"),
    ('type = ‸("track")', "parentheses hold whole conditions"),
    ("properties.items‸[0] = 1", r"items\[0\]"),
    ('‸typ = "track"', "did you mean type?"),
    ("‸userid = null", "did you mean userId?"),
    ("‸USERID = null", "did you mean userId?"),
    ("‸revenue > 5", "did you mean properties.revenue?"),
    ('‸propertes.plan = "x"', "did you mean properties.plan?"),
    ('‸message.event = "x"', "did you mean event?"),
    ('‸event.properties.x = "x"', "did you mean properties.x?"),
    ("‸cart.total = 5", "did you mean properties.cart.total?"),
    ('‸not type = "track"', 'write "!" instead of not'),
    ("properties.x = ‸NULL", 'write "null" instead of NULL'),
    ("properties.x = ‸undefined", 'write "null"'),
    ("type = ‸track", 'a string needs quotes: "track"'),
    ("type = ‸event_type", 'a string needs quotes: "event_type"'),
    ("contains(event, ‸Order)", 'a string needs quotes: "Order"'),
    ('type in ‸"track"', "looks for one value in a list"),
    ("‸[1, 2] in properties.x", "looks for one value in a list"),
    ("true and ‸[1, 2] in properties.x", "looks for one value in a list"),
    ("type in [‸track]", "expected a string in quotes"),
    ("type in ['track'‸", 'expected "]" for the "[" at character 9'),
    ("type in ['track', ‸]", "expected a string in quotes"),
    ('properties.x > ‸"1"', "compares numbers, without quotes: this is a string"),
    ("‸lowercase(event) < 5", "compares numbers"),
    ("properties.x >= ‸null", "compares numbers"),
    ("‸type", "type has to be compared with something"),
    ("properties.x or ‸properties", "properties has to be compared"),
    ('type = "track" and ‸"page"', "a string has to be compared"),
    ("!‸length(event)", "a number has to be compared"),
    ('‸contain(event, "x")', "there is no function contain(); did you mean contains()?"),
    ("‸now() = 5", "there are bool, contains, kebabcase, length"),
    ("‸contains(event)", "write contains(string, string)"),
    ("‸length()", "write length(list or string)"),
    ('contains(event ‸"x")', 'expected ")"'),
    ("contains(event, ‸5)", "write contains(string, string): this is a number"),
    ('match(‸length(event), "x")', "this is a number"),
    ("match('Order *', ‸event)", "the pattern is a string and comes second"),
    ('match(event, ‸"[ab")', r"for the character itself write \["),
    ('match(event, ‸"x[]")', r"for the character itself write \["),
    ('match(event, ‸"[!ab]")', "negate the whole: !match"),
    ('match(event, ‸"[^ab]")', "negate the whole: !match"),
    ('match(event, ‸"[z-a]")', 'the range "z-a" runs backwards'),
    (r'match(event, ‸"x\\")', "has to follow the last backslash"),
]


@pytest.mark.parametrize(("marked", "words"), MISTAKES)
def test_a_mistake_is_reported_at_its_place_with_a_remedy(marked, words):
    """The error says what was expected or what to write instead, and its position is exact."""
    error = mistake(marked.replace("‸", ""))
    assert words in error.message
    assert (error.text, error.position) == (marked.replace("‸", ""), marked.index("‸"))


def test_the_error_draws_an_arrow_and_counts_as_configuration():
    """An FqlError is a ConfigError whose pointer shows the text with an arrow under the mistake."""
    error = mistake('type == "track"')
    assert issubclass(FqlError, ConfigError)
    assert error.pointer == 'type == "track"\n     ^'


@pytest.mark.parametrize("opening", ["(", "!", "lowercase("])
def test_nesting_is_bounded(opening):
    """Fifty levels are fine, the fifty-first is an error where it opens, and no depth exhausts the stack."""
    closing = ")" if "(" in opening else ""
    condition = f"{opening * 50}properties.x{closing * 50}" + (" = null" if opening == "lowercase(" else "")
    assert compile_fql(condition)({}) in (True, False)
    assert "nested more than 50 deep" in mistake(opening * 51).message
    assert mistake(opening * 400).position == 51 * len(opening) - 1


def test_only_what_is_nested_counts_as_depth():
    """A hundred groups side by side are no deeper than one."""
    assert compile_fql(" and ".join(["(true)"] * 100))({})


def test_length_is_bounded():
    """A condition has at most 4,096 characters."""
    padded = 'type = "track"'.ljust(4096)
    assert compile_fql(padded)({"type": "track"})
    error = mistake(padded + " ")
    assert "at most 4,096 characters" in error.message
    assert error.position == 4096
