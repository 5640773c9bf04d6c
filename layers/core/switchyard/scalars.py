"""A JSON value → a field's declared scalar type, by the rules of JavaScript and of ajv, which Segment checks with.

Where a value has no form of the type, the result is ``UNFIT``. A list of one element counts as that element.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from switchyard.events import Json
from switchyard.mapping.javascript import BLANKS, to_string

UNFIT: Final = object()
"""What every conversion returns for a value that has no form of the type."""

_BOOLEANS: Final[Mapping[Json, bool]] = {"true": True, "false": False, 1: True, 0: False, None: False}
_EXACT: Final = 2**53  # beyond it, doubles skip integers
_RADIX: Final = {"0x": 16, "0o": 8, "0b": 2}
_DECIMAL: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_INFINITE: Final = re.compile(r"[+-]?Infinity")


def to_number(text: str) -> float:
    """Return ``Number(text)``: blanks are 0, ``0x10`` is 16, ``1e3`` is 1000, ``5px`` is NaN.

    A whole number comes back as an ``int``, so that it is sent without ``.0``, unless a double can't hold it exactly.
    """
    text = text.strip(BLANKS)
    if radix := _RADIX.get(text[:2].lower()):
        return _whole(_from_digits(text[2:], radix))
    if _INFINITE.fullmatch(text):
        return float(text)
    return _whole(float(text or 0)) if _DECIMAL.fullmatch(text) or not text else math.nan


def _from_digits(digits: str, radix: int) -> float:
    # int() takes signs, blanks and underscores as well, which JavaScript refuses.
    try:
        return to_double(int(digits, radix)) if digits.isascii() and digits.isalnum() else math.nan
    except ValueError:
        return math.nan


def _whole(number: float) -> float:
    return int(number) if abs(number) <= _EXACT and number == int(number) else number


def to_double(number: float) -> float:
    """Return ``number`` as JavaScript's only kind of number; what is too large for it becomes infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _string(value: Json) -> Json:
    if isinstance(value, (dict, list)):
        return UNFIT
    return "" if value is None else to_string(value)


def _number(value: Json) -> Json:
    if value is None or isinstance(value, bool):
        return int(bool(value))
    if isinstance(value, str):
        value = to_number(value) if value else math.nan
    return value if isinstance(value, (int, float)) and math.isfinite(to_double(value)) else UNFIT


def _integer(value: Json) -> Json:
    number = _number(value)
    return _whole(number) if number is not UNFIT and number == int(number) else UNFIT


def _boolean(value: Json) -> Json:
    return UNFIT if isinstance(value, (dict, list)) else _BOOLEANS.get(value, UNFIT)


def _datetime(value: Json) -> Json:
    # Which strings are dates, and of which zone, is for the action to say.
    return value if isinstance(value, (str, int, float)) and not isinstance(value, bool) else UNFIT


def _unwrapping(convert: Callable[[Json], Json]) -> Callable[[Json], Json]:
    return lambda value: convert(value[0] if isinstance(value, list) and len(value) == 1 else value)


CONVERSIONS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "string": _unwrapping(_string),
    "number": _unwrapping(_number),
    "integer": _unwrapping(_integer),
    "boolean": _unwrapping(_boolean),
    "datetime": _unwrapping(_datetime),
}
"""By ``Field.type``: value → the same in that type, or ``UNFIT``."""
