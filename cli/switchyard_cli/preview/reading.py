"""JSON lines → events, one at a time: from standard input or from files, plain or gzipped as in the archive."""

import gzip
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import orjson

from switchyard.errors import SwitchyardError
from switchyard.events import Event

MAX_LINE_BYTES: Final = 1_000_000
"""An event has 32 KiB when it comes in, and its message is no longer than this."""

_GZIP: Final = b"\x1f"
"""How gzip begins, and JSON never does."""


_OVER_SEVERAL_LINES: Final = re.compile(rb'\s*([{\[])[ \t\r]*\n\s+["{\[]')
_ON_ONE_LINE: Final = {b"{": "jq -c .", b"[": "jq -c '.[]'"}


class BadLine(NamedTuple):
    """A line that holds no event; ``problem`` names its place and what is wrong."""

    problem: str


Line: TypeAlias = Event | BadLine


class UnreadableInput(SwitchyardError):
    """Input that ends in the middle or is not what it seems to be."""


def read_events(files: Sequence[Path]) -> Iterator[Line]:
    """Yield the events of the files, or of standard input if there are none; empty lines do not count.

    Raises UnreadableInput for gzip data that is damaged.
    """
    if not files:
        with open(sys.stdin.fileno(), "rb", closefd=False) as stream:
            yield from read_stream(stream, "")
    for file in files:
        with file.open("rb") as stream:
            yield from read_stream(stream, f"{file}, ")


def read_stream(stream: BufferedReader, place: str) -> Iterator[Line]:
    """Yield the events of a stream; ``place`` begins whatever is said of a line. Raises UnreadableInput."""
    number = 0
    try:
        inflated = _inflated(stream)
        _check_that_it_is_lines(inflated.peek(1), place)
        for number, line in enumerate(_lines(inflated), 1):
            if line.strip() or len(line) > MAX_LINE_BYTES:
                yield _event(line, f"{place}line {number}")
    except (gzip.BadGzipFile, zlib.error, EOFError):
        raise UnreadableInput(f"{place}after line {number}: the gzip data is damaged or incomplete") from None


def _check_that_it_is_lines(beginning: bytes, place: str) -> None:
    """Raise UnreadableInput for JSON that somebody has laid out for people: each of its lines would be a mistake."""
    if found := _OVER_SEVERAL_LINES.match(beginning):
        remedy = f"`{_ON_ONE_LINE[found[1]]} FILE` makes JSON lines of it"
        raise UnreadableInput(f"{place}line 1: an event must stand on one line; {remedy}")


def _inflated(stream: BufferedReader) -> BufferedReader | gzip.GzipFile:
    return gzip.open(stream) if stream.peek(1)[:1] == _GZIP else stream


def _lines(stream: BufferedIOBase) -> Iterator[bytes]:
    """Yield lines; of one that is too long only its beginning, since it may be longer than memory."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        yield line
        while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE_BYTES + 1)


def _event(line: bytes, place: str) -> Line:
    if len(line) > MAX_LINE_BYTES:
        return BadLine(f"{place}: longer than {MAX_LINE_BYTES:,} bytes")
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return BadLine(f"{place}: not JSON ({error.msg} at character {error.pos + 1})")
    if not isinstance(event, dict):
        return BadLine(f"{place}: not a JSON object")
    if isinstance(event.get("event"), dict):
        return BadLine(f"{place}: a dead letter; `jq -c .event` takes the event out of it")
    return event
