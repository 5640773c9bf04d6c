"""``@json``: a value ↔ its JSON text."""

from typing import Final

import orjson

from switchyard.events import Json
from switchyard.mapping.bounds import bounded_text
from switchyard.mapping.compiler import Place, compile_value, directive
from switchyard.mapping.javascript import MISSING, json_text, truthy
from switchyard.mapping.options import read_choice, read_options
from switchyard.mapping.paths import Evaluate

MAX_DECODED_DEPTH: Final = 128
"""Levels up to which a text is decoded; any text fits into an event, and few readers of JSON go deeper than 250."""


@directive("@json")
def compile_json(argument: Json, place: Place) -> Evaluate:
    """``{"@json": {"mode": "encode", "value": …}}``: JSON text of a value, or with ``decode`` the value of a text.

    What cannot be decoded (no string, no JSON, nested too deep) is returned as it is.
    """
    options = read_options(argument, place, required=("mode", "value"))
    convert = read_choice(options, "mode", place, {"encode": _encoded, "decode": _decoded})
    if not truthy(options["value"]):
        raise place.inside("value").error('write what to convert, as {"@path": "$.properties"}')
    source = compile_value(options["value"], place.inside("value"))
    return lambda payload: convert(source(payload))


def _encoded(value: Json) -> Json:
    return value if value is MISSING else bounded_text([json_text(value)])


def _decoded(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        decoded = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    return value if _is_deep(decoded) else decoded


def _is_deep(value: Json) -> bool:
    """Tell whether ``value`` has more than ``MAX_DECODED_DEPTH`` levels, by going down level by level."""
    level = [value]
    for _ in range(MAX_DECODED_DEPTH):
        objects = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [member for members in objects for member in members]
    return bool(level)
