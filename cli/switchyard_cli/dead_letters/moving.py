"""Dead letters back to the queue that their function reads, or away for good.

Received, sent, deleted, in this order: a crash in between repeats some, and loses none. What Mixpanel is sent twice it
counts once.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from switchyard.envelope import Envelope
from switchyard.queues import Queue
from switchyard_cli.dead_letters.letter import Letter, letters_of
from switchyard_cli.dead_letters.reading import Message, Reading
from switchyard_cli.dead_letters.selection import Selection
from switchyard_cli.rate_limit import Pace

_PORTION: Final = 10
"""Messages between one deletion and the next: as many as a crash may repeat."""


@dataclass(frozen=True, slots=True)
class Road:
    """One dead-letter queue, and where its letters go from there; ``to`` is None where they are thrown away."""

    name: str
    dead_letters: Queue
    to: Queue | None


def move(reading: Reading, road: Road, selection: Selection, counted: AbstractSet[str], pace: Pace) -> Iterator[int]:
    """Move the letters that are meant, of the messages with the ids that were ``counted``; yield how many at a time.

    Letters that came since then, those that fail again at once among them, stay. Raises QueueUnavailable.
    """
    for portion in _portions(_each_of(reading, counted)):
        number = _move_portion(reading, road, selection, portion)
        yield number
        pace.keep(number)


def _portions(messages: Iterable[Message]) -> Iterator[list[Message]]:
    portion: list[Message] = []
    for message in messages:
        portion.append(message)
        if len(portion) == _PORTION:
            yield portion
            portion = []
    if portion:
        yield portion


def _each_of(reading: Reading, counted: AbstractSet[str]) -> Iterator[Message]:
    """Yield these messages, and do not look any further once all have been found."""
    missing = set(counted)
    for message in reading if missing else ():
        if message.id in missing:
            missing.remove(message.id)
            yield message
            if not missing:
                return


def _move_portion(reading: Reading, road: Road, selection: Selection, messages: list[Message]) -> int:
    letters = [letter for message in messages for letter in letters_of(road.name, message)]
    meant = [letter for letter in letters if selection.has(letter)]
    # Neighbours in the same message that are not meant stay behind, in a message of their own.
    road.dead_letters.send(_envelopes(letter for letter in letters if not selection.has(letter)))
    if road.to:
        road.to.send(envelope.anew() for envelope in _envelopes(meant))
    reading.delete(messages)
    return len(meant)


def _envelopes(letters: Iterable[Letter]) -> list[Envelope]:
    """Return the envelopes of these letters, with the events of these letters alone."""
    by_message: dict[str, list[Letter]] = {}
    for letter in letters:
        by_message.setdefault(letter.message.id, []).append(letter)
    return [
        replace(some[0].envelope, items=tuple(letter.item for letter in some))
        for some in by_message.values()
        if some[0].envelope
    ]
