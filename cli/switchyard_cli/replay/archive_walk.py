"""The archive's events that are meant, source by source and hour by hour, in portions that bound the memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from switchyard.events import Event
from switchyard_cli.preview.reading import BadLine, Line, UnreadableInput
from switchyard_cli.replay.archive_reader import ArchivedEvents
from switchyard_cli.replay.selection import Asked


@dataclass(slots=True)
class Portion:
    """Some of an object's events that are meant, how many were read for them, and what could not be read.

    ``is_last`` says that the object has no more.
    """

    source: str
    key: str
    events: list[Event] = field(default_factory=list)
    read: int = 0
    problems: list[str] = field(default_factory=list)
    is_last: bool = False


def walk(
    archive: ArchivedEvents, sources: Iterable[str], asked: Asked, *, size: int, after: str = ""
) -> Iterator[Portion]:
    """Yield portions of at most ``size`` events, and one last for each object, be it empty.

    A line or an object that cannot be read costs only itself (promise 4).
    """
    is_meant = asked.condition()
    for source in sources:
        for key in archive.keys(source, asked.start, asked.end, after):
            yield from _portions(archive.read(key), source, key, is_meant, size)


def _portions(
    lines: Iterator[Line], source: str, key: str, is_meant: Callable[[Event], bool], size: int
) -> Iterator[Portion]:
    portion = Portion(source, key)
    try:
        for line in lines:
            _put(line, portion, is_meant)
            if len(portion.events) == size:
                yield portion
                portion = Portion(source, key)
    except UnreadableInput as error:
        portion.problems.append(str(error))
    portion.is_last = True
    yield portion


def _put(line: Line, portion: Portion, is_meant: Callable[[Event], bool]) -> None:
    portion.read += 1
    if isinstance(line, BadLine):
        portion.problems.append(line.problem)
    elif not isinstance(line.get("receivedAt"), str):
        portion.problems.append(f"{portion.key}: an event without receivedAt")
    elif is_meant(line):
        portion.events.append(line)
