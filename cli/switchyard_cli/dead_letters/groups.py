"""Dead letters by reason: how many, since when, from where, and an example."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from switchyard.events import Json
from switchyard_cli.dead_letters.letter import Letter, Why
from switchyard_cli.dead_letters.remedies import remedy

MAX_GROUPS: Final = 1000
"""Reasons name fields and hold no values, so there are few; those over this are counted together."""

OTHER_REASONS: Final = "(other reasons)"


@dataclass(slots=True)
class Group:
    """The letters of one reason; times are ISO 8601."""

    why: Why
    example: Letter
    oldest: str
    newest: str
    events: int = 0
    sources: Counter[str] = field(default_factory=Counter)

    def add(self, letter: Letter) -> None:
        """Count a letter."""
        self.events += 1
        self.oldest = min(self.oldest, letter.died_at)
        self.newest = max(self.newest, letter.died_at)
        if letter.source:
            self.sources[letter.source] += 1

    def document(self) -> dict[str, Json]:
        """Return the group for scripts."""
        why, example = self.why._asdict(), self.example
        return {
            "events": self.events,
            "class": why.pop("class_"),
            **why,
            "sources": dict(self.sources),
            "oldest": self.oldest,
            "newest": self.newest,
            "example": {"messageId": example.message_id, "event": example.name, "sqsMessageId": example.message.id},
            "remedy": remedy(self.why),
        }


class Groups:
    """The groups of all letters that are added."""

    def __init__(self) -> None:
        self._groups: dict[Why, Group] = {}

    def add(self, letter: Letter) -> None:
        """Put a letter to those of its kind."""
        why = letter.why
        if why not in self._groups and len(self._groups) >= MAX_GROUPS:
            why = why._replace(reason=OTHER_REASONS, field=None)
        if why not in self._groups:
            self._groups[why] = Group(why, letter, letter.died_at, letter.died_at)
        self._groups[why].add(letter)

    def __iter__(self) -> Iterator[Group]:
        """Iterate over the groups, the largest first."""
        return iter(sorted(self._groups.values(), key=lambda each: (-each.events, each.why.queue, each.why.reason)))

    @property
    def events(self) -> int:
        """How many letters there are."""
        return sum(each.events for each in self._groups.values())
