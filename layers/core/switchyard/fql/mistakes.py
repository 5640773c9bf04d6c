"""What can be wrong with a condition that its grammar allows: every function returns a complaint, or None.

Segment's engine lets most of these pass, and then skips the condition or never matches.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from switchyard.fql.functions import FUNCTIONS, kind_of
from switchyard.fql.lexer import KEYWORDS, Token
from switchyard.fql.tree import Call, Constant, Field, Operand

ORDERINGS: Final = ("<", "<=", ">", ">=")
OPERATORS: Final = ("=", "!=", *ORDERINGS, "in")

_OBJECTS: Final = ("properties", "traits", "context", "integrations", "_metadata")
_SCALARS: Final = (
    "type",
    "event",
    "name",
    "category",
    "userId",
    "anonymousId",
    "previousId",
    "groupId",
    "messageId",
    "channel",
    "version",
    "projectId",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "receivedAt",
)
_INSTEAD: Final = {"not": "!", "nil": "null", "none": "null", "undefined": "null"}
_HINTS: Final = {
    "(": "; parentheses hold whole conditions",
    "[": r"; the first item of a list is written properties.items\[0\]",
}


def unknown_field(name: Token, before: Token) -> str | None:
    """Complain of a field that no event has; ``before`` is the token before the name."""
    top, *inner = name.value
    if top in _OBJECTS or (top in _SCALARS and not inner):
        return None
    if remedy := _keyword_hint(name.text):
        return f"no event has a field {name.text}{remedy}"
    if not inner and before.text in (*OPERATORS, ",", "["):
        return f'no event has a field {name.text}; a string needs quotes: "{name.text}"'
    return f"no event has a field {name.text}; did you mean {_nearest_field(name.text)}?"


def unknown_function(name: str) -> str | None:
    """Complain of a function that FQL does not have."""
    if name in FUNCTIONS:
        return None
    near = _nearest(name, FUNCTIONS)
    remedy = f"; did you mean {near}()?" if near else f": there are {', '.join(sorted(FUNCTIONS))}"
    return f"there is no function {name}(){remedy}"


def miscounted(name: str, arguments: int) -> str | None:
    """Complain of too few or too many arguments."""
    return None if arguments == len(FUNCTIONS[name].parameters) else f"write {_usage(name)}"


def unsuitable(argument: Operand, name: str, index: int) -> str | None:
    """Complain of an argument of a kind that the function cannot take; null is for every function."""
    kind = _kind(argument)
    if kind in (None, "null", *FUNCTIONS[name].parameters[index]):
        return None
    return f"write {_usage(name)}: this is a {kind}"


def misplaced(operator: str, operand: Operand, *, on_right: bool) -> str | None:
    """Complain of an operand that the operator cannot take on this side."""
    kind = _kind(operand)
    if kind is None:
        return None
    if operator in ORDERINGS and kind != "number":
        return f'"{operator}" compares numbers, without quotes: this is a {kind}'
    if operator == "in" and on_right is not (kind == "list"):
        return '"in" looks for one value in a list, as in type in ["track", "page"]'
    return None


def bare(operand: Operand) -> str | None:
    """Complain of an operand that stands as a condition and cannot be true or false."""
    if isinstance(operand, Field) and len(operand.path) == 1:
        return f'{operand.path[0]} has to be compared with something, as in type = "track"'
    if _kind(operand) in (None, "bool", "null"):
        return None
    return f'a {_kind(operand)} has to be compared with something, as in event = "Signed Up"'


def hint(text: str) -> str:
    """Return the remedy for a token that stands where it cannot, or nothing."""
    if text in OPERATORS:
        return '; comparisons are joined by "and" or "or"'
    return _HINTS.get(text) or _keyword_hint(text)


def _kind(operand: Operand) -> str | None:
    match operand:
        case Constant(value):
            return kind_of(value)
        case Call(function):
            return FUNCTIONS[function].result
    return None


def _keyword_hint(text: str) -> str:
    word = text.lower()
    meant = word if word in KEYWORDS else _INSTEAD.get(word)
    return f'; write "{meant}" instead of {text}' if meant and meant != text else ""


def _usage(name: str) -> str:
    return f"{name}({', '.join(' or '.join(kinds) for kinds in FUNCTIONS[name].parameters)})"


def _nearest_field(name: str) -> str:
    top, dot, inner = name.partition(".")
    if inner.partition(".")[0] in (*_OBJECTS, *_SCALARS):
        return inner  # somebody started at message.… or event.…
    near = _nearest(top, _OBJECTS if dot else (*_OBJECTS, *_SCALARS))
    return f"{near}{dot}{inner}" if near else f"properties.{name}"


def _nearest(word: str, words: Iterable[str]) -> str | None:
    by_lower = {word.lower(): word for word in words}
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.75)
    return by_lower[near[0]] if near else None
