"""Which dead letters are meant."""

from dataclasses import dataclass
from datetime import datetime

from switchyard import clock
from switchyard_cli.dead_letters.letter import Letter


@dataclass(frozen=True, slots=True)
class Selection:
    """Letters of which all that is given holds; nothing given means all letters.

    ``reason`` is a part of theirs, in any case of letters. ``start`` and ``end`` are about when they failed, the end
    excluded.
    """

    queue: str | None = None
    code: str | None = None
    reason: str | None = None
    source: str | None = None
    destination: str | None = None
    event: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def has(self, letter: Letter) -> bool:
        """Tell whether the letter is meant."""
        why = letter.why
        found = (letter.queue, why.code, letter.source, why.destination, letter.name)
        wanted = (self.queue, self.code, self.source, self.destination, self.event)
        return (
            all(want is None or want == has for want, has in zip(wanted, found, strict=True))
            and (self.reason is None or self.reason.casefold() in why.reason.casefold())
            and self._is_in_time(letter)
        )

    def _is_in_time(self, letter: Letter) -> bool:
        died_at = clock.parse(letter.died_at)
        if died_at is None:
            return self.start is None and self.end is None
        return (self.start is None or self.start <= died_at) and (self.end is None or died_at < self.end)
