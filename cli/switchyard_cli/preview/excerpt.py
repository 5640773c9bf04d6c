"""Values as JSON, cut to a bearable length."""

from typing import Final

import orjson

from switchyard.events import Json

MAX_VALUE_BYTES: Final = 1000
"""What scripts are given of a value; of a longer one they get the beginning, as text."""

_TOO_DEEP: Final = b'"(nested too deep to be shown)"'


def json_of(value: Json) -> bytes:
    """Return the value as JSON; a text stands for one that nests too deep to be written."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return _TOO_DEEP


def cut(json: bytes) -> bytes:
    """Return the JSON, or the beginning of it as a JSON string if it is long."""
    return json if len(json) <= MAX_VALUE_BYTES else orjson.dumps(shorten(json.decode(), MAX_VALUE_BYTES))


def shorten(text: str, length: int) -> str:
    """Return the text, or its beginning if it has more characters than that."""
    return text if len(text) <= length else text[: length - 1] + "…"
