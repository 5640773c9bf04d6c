"""What all of Mixpanel's ingestion endpoints ask of a record: its size, depth, text and identifiers.

A rule returns a ``Refusal`` or None. Refusals name fields, never values. The limits are those of Mixpanel's
reference pages "Import Events" and "User Profile Limits".
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from switchyard.events import Json

Identity: TypeAlias = Literal["original", "simplified"]
"""A project's identity merge: with verbs such as ``$identify``, or from ``$device_id`` and ``$user_id``."""

MAX_RECORDS: Final = 2000
MAX_RECORD_BYTES: Final = 1024 * 1024
_MAX_ITEMS: Final = 254
_MAX_NAME_SHOWN: Final = 255

PLACEHOLDERS: Final = frozenset(
    {
        "00000000-0000-0000-0000-000000000000",
        "anon",
        "anonymous",
        "nil",
        "none",
        "null",
        "n/a",
        "na",
        "undefined",
        "unknown",
        "<nil>",
        "0",
        "-1",
        "true",
        "false",
        "[]",
        "{}",
    }
)
"""Identifiers that betray a mistake at the sender; Mixpanel refuses them as ``distinct_id`` and ``$insert_id``."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs between projects, or between two of Mixpanel's pages: they name 3 and 10 as the depth."""

    identity: Identity = "original"
    max_depth: int = 10


class Refusal(NamedTuple):
    """Why a record is not taken, in the words of ``failed_records``."""

    field: str
    message: str


def invalid(field: str, reason: str) -> Refusal:
    """Put a refusal into Mixpanel's form of words; the sender's own names are shown up to a sane length."""
    shown = field[:_MAX_NAME_SHOWN]
    return Refusal(shown, f"'{shown}' is invalid: {reason}")


def is_number(value: Json) -> bool:
    """Tell whether the value is a JSON number, which ``true`` is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_utf8(text: str) -> bool:
    """Tell whether the text is free of the surrogates that stand for bytes which are no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_placeholder(identifier: str) -> bool:
    """Tell whether Mixpanel takes the identifier for a mistake; that case does not matter is our guess."""
    return identifier.lower() in PLACEHOLDERS


def refuse_values(values: Mapping[str, Json], path: str, max_depth: int) -> Refusal | None:
    """Refuse the first property whose text is no UTF-8, or which nests too deep or too wide."""
    for name, value in values.items():
        if not is_utf8(name):
            return invalid(path, "property names should be valid utf8")
        if flaw := _flaw(value, max_depth):
            return invalid(f"{path}.{name}", flaw)
    return None


def refuse_size(record: Json, field: str) -> Refusal | None:
    """Refuse a record of 1 MB or more as compact JSON; nesting must have been checked before."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode("utf-8", "surrogatepass")) < MAX_RECORD_BYTES:
        return None
    return invalid(field, "must be smaller than 1MB")


def _flaw(value: Json, max_depth: int) -> str | None:
    return next((flaw for depth, part in _parts(value) if (flaw := _flaw_of_part(part, depth, max_depth))), None)


def _parts(value: Json) -> Iterator[tuple[int, Json]]:
    """Yield every part of a value with the number of containers around it; the sender's depth costs no stack."""
    waiting = [(0, value)]
    while waiting:
        depth, part = waiting.pop()
        yield depth, part
        if isinstance(part, dict):
            waiting += [(depth + 1, inner) for pair in part.items() for inner in pair]
        elif isinstance(part, list):
            waiting += [(depth + 1, inner) for inner in part]


def _flaw_of_part(part: Json, depth: int, max_depth: int) -> str | None:
    if isinstance(part, str):
        return None if is_utf8(part) else "string should be valid utf8"
    if not isinstance(part, dict | list):
        return None
    if depth >= max_depth:
        return f"must not be nested deeper than {max_depth}"
    return f"must not hold more than {_MAX_ITEMS} items" if len(part) > _MAX_ITEMS else None
