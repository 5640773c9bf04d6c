"""JavaScript's ways with values, as far as mapping-kit's results depend on them (ECMAScript 2023).

Every function takes any JSON value or ``MISSING``; those that descend into data raise ``InvalidEvent`` where it nests
too deep.
"""

import json
import re
from decimal import Decimal
from enum import Enum
from typing import Final

from switchyard.events import Json
from switchyard.mapping.bounds import deeper, failed

BLANKS: Final = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What ``trim()`` takes off: in Python, other characters are blank."""

_MAX_SAFE_INTEGER: Final = 2**53
_MIN_POSITIONAL, _MAX_POSITIONAL = 1e-6, 1e21  # outside of these, numbers are written with an exponent
_NOT_FINITE: Final = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_MAX_ARRAY_INDEX: Final = 2**32 - 2
_BEYOND_BASIC_PLANE = re.compile("[\U00010000-\U0010ffff]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Missing(Enum):
    """The type of ``MISSING``."""

    MISSING = "undefined"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing.MISSING
"""JavaScript's ``undefined``: what a path yields that leads nowhere. It is falsy."""


def type_name(value: Json) -> str:
    """Name the type of ``value`` in JSON's words; ``MISSING`` is undefined."""
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
    return "null" if value is None else "undefined"


def expect_string(directive: str, value: Json) -> str:
    """Return ``value`` if it is a string; raise ``InvalidEvent`` in the name of ``directive`` if not."""
    if not isinstance(value, str):
        raise failed(f"{directive}: expected string, got {type_name(value)}")
    return value


def truthy(value: Json) -> bool:
    """Tell whether ``if (value)`` holds: unlike in Python, empty arrays and objects count as true."""
    return isinstance(value, dict | list) or bool(value)


def spread(value: Json) -> dict[str, Json]:
    """Return ``{...value}``: strings and arrays have their elements by index, other scalars have no members."""
    match value:
        case dict():
            return value
        case list():
            return {str(index): item for index, item in enumerate(value)}
        case str():
            return {str(index): unit for index, unit in enumerate(utf16_units(value))}
    return {}


def utf16_units(text: str) -> str:
    """Return ``text`` with one character for each of JavaScript's.

    Those outside the basic plane have two halves there. Half a character cannot be sent, so U+FFFD stands for it.
    """
    return _BEYOND_BASIC_PLANE.sub("\ufffd\ufffd", text)


def utf16_length(text: str) -> int:
    """Return ``text.length``."""
    return len(utf16_units(text))


def number_text(number: float) -> str:
    """Return ``String(number)``: the shortest digits that give the same double, as ``5``, ``1e+21`` or ``1e-7``."""
    if isinstance(number, int) and abs(number) <= _MAX_SAFE_INTEGER:
        return str(number)
    double = _double(number)
    digits, _, exponent = repr(double).partition("e")
    if digits in _NOT_FINITE:
        return _NOT_FINITE[digits]
    if double == 0:
        return "0"
    if _MIN_POSITIONAL <= abs(double) < _MAX_POSITIONAL:
        return format(Decimal(repr(double)).normalize(), "f")
    return f"{digits}e{int(exponent):+d}"


def to_string(value: Json, depth: int = 0) -> str:
    """Return ``String(value)``: arrays are joined with commas, objects are ``[object Object]``."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case list():
            below = deeper(depth)
            return ",".join("" if item is None else to_string(item, below) for item in value)
        case dict():
            return "[object Object]"
    return type_name(value)


def json_text(value: Json, depth: int = 0) -> str:
    """Return ``JSON.stringify(value)``: no spaces, integer keys first and ascending, non-ASCII as it is."""
    match value:
        case str():
            return _LONE_SURROGATE.sub(_escaped, json.dumps(value, ensure_ascii=False))
        case bool():
            return "true" if value else "false"
        case int() | float():
            text = number_text(value)
            return "null" if text in _NOT_FINITE.values() else text
        case list():
            below = deeper(depth)
            return f"[{','.join(json_text(item, below) for item in value)}]"
        case dict():
            below = deeper(depth)
            members = (f"{json_text(key)}:{json_text(value[key], below)}" for key in sorted(value, key=key_order))
            return f"{{{','.join(members)}}}"
    return "null"


def key_order(key: str) -> tuple[bool, int]:
    """Sort keys as JavaScript lists them: array indexes first and ascending, the rest as they came."""
    index = array_index(key)
    return (index is None, index or 0)


def array_index(key: str) -> int | None:
    """Return the index that ``key`` spells in its only canonical form (``0``, ``12``), else None."""
    if not _ARRAY_INDEX.fullmatch(key):
        return None
    return index if (index := int(key)) <= _MAX_ARRAY_INDEX else None


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _escaped(surrogate: re.Match[str]) -> str:
    return f"\\u{ord(surrogate[0]):04x}"
