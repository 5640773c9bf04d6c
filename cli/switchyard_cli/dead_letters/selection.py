"""Which dead letters are meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from switchyard import clock
from switchyard.suggestions import did_you_mean
from switchyard_cli.dead_letters.letter import Letter

MAX_KNOWN: Final = 50
"""Names that are remembered of each kind."""


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


class Known:
    """The names that letters have, to tell which of those in a selection no letter has: it may be mistyped."""

    def __init__(self, selection: Selection) -> None:
        wanted = {"code": selection.code, "source": selection.source, "destination": selection.destination}
        self._wanted = {kind: name for kind, name in wanted.items() if name is not None}
        self._seen: dict[str, set[str]] = {kind: set() for kind in wanted}

    def add(self, letter: Letter) -> None:
        """Remember the names of a letter, meant or not."""
        has = {"code": letter.why.code, "source": letter.source, "destination": letter.why.destination}
        for kind, name in has.items():
            if name is not None and (len(self._seen[kind]) < MAX_KNOWN or name == self._wanted.get(kind)):
                self._seen[kind].add(name)

    def remarks(self) -> Iterator[str]:
        """Yield a sentence for each name that no letter has; none where there are no letters."""
        for kind, name in self._wanted.items():
            if (seen := self._seen[kind]) and name not in seen:
                yield f"no dead letter here has the {kind} '{name}'{did_you_mean(name, sorted(seen))}"
