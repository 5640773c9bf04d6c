"""What FQL's comparisons and functions mean, over JSON values.

The source is the page "Destination Filter Query Language" of Segment's documentation. Types are strict: values of
different kinds are never equal, and what a function cannot work on gives null (a test, false).
"""

import json
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from switchyard.events import Json
from switchyard.fql.lexer import NUMBER

_KINDS: Final[dict[type, str]] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "bool",
    list: "list",
    type(None): "null",
}
_SCALARS: Final = frozenset({"string", "number", "bool", "null"})
_NUMBER: Final = re.compile(NUMBER)


def kind_of(value: Json) -> str:
    """Name a value's type as ``typeof`` does; an object, of which FQL's documentation says nothing, is one."""
    return _KINDS.get(type(value), "object")


def equal(left: Json, right: Json) -> bool:
    """Whether both are the same type and the same value; lists item by item; objects never are."""
    if type(left) is list and type(right) is list:
        return len(left) == len(right) and all(map(_same, left, right))
    return _same(left, right)


def is_in(value: Json, items: Json) -> bool:
    """Whether ``items`` is a list that holds ``value``."""
    return type(items) is list and any(_same(value, item) for item in items)


def _same(left: Json, right: Json) -> bool:
    # Only scalars, so that no event can nest lists deeper than Python can compare them.
    return kind_of(left) == kind_of(right) in _SCALARS and bool(left == right)


def _contains(text: Json, part: Json) -> bool:
    return type(text) is str and type(part) is str and part in text


def _match(text: Json, pattern: re.Pattern[str]) -> bool:
    return type(text) is str and pattern.fullmatch(text) is not None


def _length(value: Json) -> int | None:
    if type(value) is str:
        return len(value.encode(errors="surrogatepass"))  # documented as bytes, not characters
    if value is None:
        return 0
    return len(value) if type(value) is list else None


def _bool(value: Json) -> bool | None:
    return None if kind_of(value) == "object" else value not in ("", "false") and bool(value)


def _string(value: Json) -> str | None:
    if value is None or type(value) is str:
        return value
    if type(value) is list:
        return _json(value) if all(kind_of(item) in _SCALARS for item in value) else None
    return None if kind_of(value) == "object" else _json(value)


def _json(value: Json) -> str:
    whole = type(value) is float and value.is_integer()
    return json.dumps(int(value) if whole else value, ensure_ascii=False, separators=(",", ":"))


def _number(value: Json) -> int | float | None:
    if type(value) is str:
        return float(value) if _NUMBER.fullmatch(value) else None
    return value if kind_of(value) == "number" else None


def _title(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))


def _on_strings(change: Callable[[str], str]) -> Callable[[Json], str | None]:
    return lambda value: change(value) if type(value) is str else None


class Function(NamedTuple):
    """A function of FQL: the kinds that each parameter takes besides null, and the kind of its result."""

    evaluate: Callable[..., Json]
    parameters: tuple[tuple[str, ...], ...]
    result: str


_TEXT: Final = ("string",)
FUNCTIONS: Final = {
    "contains": Function(_contains, (_TEXT, _TEXT), "bool"),
    "length": Function(_length, (("list", "string"),), "number"),
    "lowercase": Function(_on_strings(str.lower), (_TEXT,), "string"),
    "uppercase": Function(_on_strings(str.upper), (_TEXT,), "string"),
    "snakecase": Function(_on_strings(lambda text: text.replace(" ", "_")), (_TEXT,), "string"),
    "kebabcase": Function(_on_strings(lambda text: text.replace(" ", "-")), (_TEXT,), "string"),
    "titlecase": Function(_on_strings(_title), (_TEXT,), "string"),
    "match": Function(_match, (_TEXT, _TEXT), "bool"),
    "typeof": Function(kind_of, (("string", "number", "list", "bool"),), "string"),
    "bool": Function(_bool, (("list", "string", "number", "bool"),), "bool"),
    "string": Function(_string, (("list", "string", "number", "bool"),), "string"),
    "number": Function(_number, (("number", "string"),), "number"),
}
"""The functions by name. ``match`` is given its pattern compiled (``glob.compile_glob``)."""
