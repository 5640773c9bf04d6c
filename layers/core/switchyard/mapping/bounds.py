"""What no event may exceed, whatever a mapping does with it."""

from collections.abc import Iterable
from typing import Final

from switchyard.errors import InvalidEvent

MAX_DEPTH: Final = 256
"""Levels of nesting that a directive follows into an event's data, for the sake of the stack."""

MAX_TEXT: Final = 1 << 20
"""Characters that one directive may produce; an event as it comes in has at most 32 KiB."""


def failed(reason: str) -> InvalidEvent:
    """Return the error of a directive that fails on an event; ``reason`` holds no values."""
    return InvalidEvent("mapping_failed", reason)


def deeper(depth: int) -> int:
    """Return the next ``depth``; raise ``InvalidEvent`` beyond ``MAX_DEPTH``."""
    if depth >= MAX_DEPTH:
        raise failed(f"the data nests deeper than {MAX_DEPTH} levels")
    return depth + 1


def bounded_text(parts: Iterable[str]) -> str:
    """Concatenate ``parts``; raise ``InvalidEvent`` as soon as they exceed ``MAX_TEXT`` characters."""
    kept: list[str] = []
    room = MAX_TEXT
    for part in parts:
        room -= len(part)
        if room < 0:
            raise failed(f"the text grows beyond {MAX_TEXT} characters")
        kept.append(part)
    return "".join(kept)
