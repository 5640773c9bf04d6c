"""Mixpanel's words, fit for logs and dead letters: they name fields, and hold nothing of the record (promise 7)."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from switchyard.events import Json

MAX_REASON: Final = 300
"""Characters."""

_READABLE: Final = 1000  # Mixpanel's messages have under 150 characters; a longer one is an echo of something
_SHORTEST: Final = 3  # what is shorter tells nothing and occurs in every sentence
_RUN: Final = 12  # so many characters in a row from a value give it away, even where the message cuts the value short
_BLANK: Final = "…"
_EMAIL: Final = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}")


def scrub(message: str, record: Json, secrets: Iterable[str] = ()) -> str:
    """Return the message on one line of at most MAX_REASON characters, without values of ``record`` and ``secrets``.

    Blanked are whole values of three characters and more, longer parts of them, and whatever looks like an e-mail
    address. Names of fields stay.
    """
    if len(message) > _READABLE:
        return "(a message too long to be shown)"
    line = _on_one_line(message)
    texts = [_on_one_line(value) for value in (*secrets, *_leaves(record))]
    values = [text for text in texts if len(text) >= _SHORTEST]
    spans = [*_whole(line, values), *_parts(line, values), *(match.span() for match in _EMAIL.finditer(line))]
    return "".join(each if each.isprintable() else "\ufffd" for each in _without(line, spans))[:MAX_REASON]


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _leaves(record: Json) -> Iterator[str]:
    """Yield every string and number, the latter as JSON writes it."""
    open_values = [record]
    while open_values:
        value = open_values.pop()
        if isinstance(value, dict | list):
            open_values.extend(value.values() if isinstance(value, dict) else value)
        elif isinstance(value, str):
            yield value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield str(value).removesuffix(".0")


def _whole(message: str, values: Iterable[str]) -> Iterator[tuple[int, int]]:
    for value in {value for value in values if value in message}:
        start = message.find(value)
        while start >= 0:
            yield start, start + len(value)
            start = message.find(value, start + 1)


def _parts(message: str, values: Iterable[str]) -> Iterator[tuple[int, int]]:
    everything = "\0".join(values)
    starts = range(len(message) - _RUN + 1)
    return ((start, start + _RUN) for start in starts if message[start : start + _RUN] in everything)


def _without(message: str, spans: Iterable[tuple[int, int]]) -> str:
    hidden = {index for start, end in spans for index in range(start, end)}
    runs = groupby(range(len(message)), hidden.__contains__)
    return "".join(_BLANK if is_hidden else "".join(message[index] for index in run) for is_hidden, run in runs)
