"""Liquid's filters as liquidjs has them, with JavaScript's numbers and text where python-liquid has Ruby's."""

import math
import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, TypeAlias
from urllib.parse import quote_plus

from switchyard.mapping.bounds import MAX_TEXT, failed
from switchyard.mapping.javascript import json_text, number_text, utf16_length

Filter: TypeAlias = Callable[..., Any]

_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})
_ESCAPED_TWICE: Final = re.compile("&amp;(amp|lt|gt|#34|#39);")


def text(value: object) -> str:
    """Return what ``{{ value }}`` shows: arrays without separators, nothing for what is nil or undefined."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case list():
            return "".join(map(text, value))
        case range():
            check_length(len(value))
            return "".join(map(str, value))
        case dict():
            return "[object Object]"
    return "" if value is None else str(value)


def check_length(length: int) -> None:
    """Raise ``InvalidEvent`` if a text is longer than a directive may produce."""
    if length > MAX_TEXT:
        raise failed(f"@liquid: the text grows beyond {MAX_TEXT} characters")


def _number(value: object) -> float:
    """Return ``Number(value)``, with 0 for what is no number."""
    if isinstance(value, int | float):
        return value
    try:
        number = float(text(value))
    except ValueError:
        return 0
    return number if math.isfinite(number) else 0


def _arithmetic(operate: Callable[[float, float], float]) -> Filter:
    return lambda left, right: operate(_number(left), _number(right))


def _round(value: object, digits: object = 0) -> float:
    """Round the digits that a number shows, halves away from zero."""
    exponent = -int(_number(digits))
    return float(Decimal(number_text(_number(value))).quantize(Decimal((0, (1,), exponent)), ROUND_HALF_UP))


def _date(value: object, pattern: object = "%A, %B %-e, %Y at %-l:%M %P %z") -> object:
    """Format a time in UTC; what is no time is returned as it is."""
    if value in ("now", "today"):
        raise failed("@liquid: a template has no clock, lest an event delivered twice differ; use its timestamp")
    time = _time(text(value))
    return time.strftime(text(pattern)) if time else value


def _time(value: str) -> datetime | None:
    """Read an ISO 8601 time, or seconds since 1970; without an offset it is UTC."""
    try:
        if value.isdecimal():
            return datetime.fromtimestamp(int(value), UTC)
        time = datetime.fromisoformat(value)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _join(value: object, glue: object = None) -> str:
    pieces = [text(item) for item in value] if isinstance(value, list) else [text(value)]
    between = " " if glue is None else text(glue)
    check_length(len(pieces) * len(between))
    return between.join(pieces)


def _escape(value: object) -> str:
    return text(value).translate(_ENTITIES)


def _escape_once(value: object) -> str:
    return _ESCAPED_TWICE.sub(r"&\1;", _escape(value))


def _url_encode(value: object) -> str:
    return quote_plus(text(value), safe="!'()*")  # as encodeURIComponent


def _split(value: object, separator: object) -> list[str]:
    """Cut a text; empty pieces at the end do not count."""
    whole, between = text(value), text(separator)
    pieces = whole.split(between) if between else list(whole)
    while pieces and not pieces[-1]:
        pieces.pop()
    return pieces


def _truncate(value: object, length: object = 50, end: object = "...") -> str:
    whole, most, ending = text(value), int(_number(length)), text(end)
    return whole if len(whole) <= most else whole[: max(most - len(ending), 0)] + ending


def _replace(value: object, old: object, new: object = "") -> str:
    whole, pattern = text(value), text(old)
    return _join(whole.split(pattern) if pattern else list(whole), text(new))


def _size(value: object) -> int:
    return len(value) if isinstance(value, list) else utf16_length(value) if isinstance(value, str) else 0


def _slice(value: object, start: int, length: int = 1) -> object:
    sequence = value if isinstance(value, list) else text(value)
    begin = start if start >= 0 else start + len(sequence)
    return sequence[begin : begin + length]


def _item(index: int) -> Filter:
    return lambda value: value[index] if isinstance(value, list | str) and value else None


OWN_FILTERS: Final[Mapping[str, Filter]] = {
    "date": _date,
    "divided_by": _arithmetic(operator.truediv),
    "escape": _escape,
    "escape_once": _escape_once,
    "first": _item(0),
    "join": _join,
    "json": json_text,
    "last": _item(-1),
    "minus": _arithmetic(operator.sub),
    "modulo": _arithmetic(operator.mod),
    "plus": _arithmetic(operator.add),
    "replace": _replace,
    "round": _round,
    "size": _size,
    "slice": _slice,
    "split": _split,
    "times": _arithmetic(operator.mul),
    "truncate": _truncate,
    "url_encode": _url_encode,
}
"""Filters that replace python-liquid's."""
