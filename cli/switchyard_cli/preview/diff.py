"""What two configurations make of the same events: what differs, counted, with a few examples, in bounded memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple, Self

import orjson

from switchyard.events import Json
from switchyard_cli.preview.destination import Configured
from switchyard_cli.preview.excerpt import cut, shorten
from switchyard_cli.preview.leaves import leaves
from switchyard_cli.preview.pairing import Pair, Whose, different_records
from switchyard_cli.preview.preview import Preview

MAX_EXAMPLES: Final = 2
"""For each kind of change at each place."""

MAX_FIELDS: Final = 1000
"""Callers name properties, so there may be any number of them: those over this are counted together."""

OTHER_FIELDS: Final = "(other fields)"
LONGEST_FIELD: Final = 200
LONGEST_END: Final = 200

MAX_ENDS: Final = 100
"""Reasons name what callers name, so there may be any number of them, too; those over this are left out."""

CHANGES: Final = ("added", "removed", "changed")
"""What can have become of a value in a record."""

MOVED: Final = "moved"
RECORD_CHANGES: Final = (*CHANGES, MOVED)
"""What can have become of a record. One that moved is the same, but another update of that profile has its place."""


class Example(NamedTuple):
    """A change of one event's record, or of a value in it, as JSON that is cut if it is long."""

    change: str
    message_id: Json
    before: bytes | None
    after: bytes | None

    def document(self) -> dict[str, Any]:
        """Return the example for orjson to write."""
        sides = {"before": self.before, "after": self.after}
        shown = {name: orjson.Fragment(json) for name, json in sides.items() if json is not None}
        return {"change": self.change, "messageId": self.message_id, **shown}


@dataclass(slots=True)
class Tally:
    """How often something was added, removed or changed, and the first examples of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def add(self, message_id: Json, before: bytes | None, after: bytes | None) -> None:
        """Count a change from one JSON to another; None where there is nothing, the same where it moved."""
        change = _change(before, after)
        if self.counts[change] < MAX_EXAMPLES:
            self.examples.append(Example(change, message_id, before and cut(before), after and cut(after)))
        self.counts[change] += 1

    def document(self, changes: Sequence[str]) -> dict[str, Any]:
        """Return counts of these changes, and the examples, for orjson to write."""
        counts = {change: self.counts[change] for change in changes}
        return {**counts, "examples": [example.document() for example in self.examples]}


@dataclass(slots=True)
class Comparison:
    """The previews before and after, added up: ``records`` by action, ``fields`` of changed records by action and path.

    ``before`` and ``after`` are the folders, ``settings`` the names of the destination's settings that differ. ``ends``
    counts the events that come to another end than before: sent, filtered, or rejected for a reason.
    """

    before: str
    after: str
    settings: list[str]
    whose: Whose
    events: int = 0
    changed_events: int = 0
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    records: dict[str, Tally] = field(default_factory=dict)
    fields: dict[tuple[str, str], Tally] = field(default_factory=dict)

    @classmethod
    def of(cls, before: Configured, after: Configured) -> Self:
        """Return a comparison that has seen no events yet."""
        settings = _different_settings(before, after)
        return cls(str(before.folder), str(after.folder), settings, after.destination.type.whose)

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.settings or self.changed_events)

    def add(self, before: Preview, after: Preview) -> None:
        """Compare what became of one event."""
        pairs = list(different_records(before.operations, after.operations, self.whose))
        for pair in pairs:
            self._add_record(before.message_id, pair)
        ends = (_end(before), _end(after))
        if ends[0] != ends[1]:
            self._add_ends(*ends)
        self.events += 1
        self.changed_events += bool(pairs) or ends[0] != ends[1]

    def _add_ends(self, before: str, after: str) -> None:
        key = (shorten(before, LONGEST_END), shorten(after, LONGEST_END))
        if key not in self.ends and len(self.ends) >= MAX_ENDS:
            key = (before.partition(":")[0], after.partition(":")[0])
        self.ends[key] += 1

    def _add_record(self, message_id: Json, pair: Pair) -> None:
        action, before, after = pair
        self.records.setdefault(action, Tally()).add(message_id, before, after)
        if before and after:
            old, new = leaves(orjson.loads(before)), leaves(orjson.loads(after))
            for path in dict.fromkeys((*old, *new)):
                if old.get(path) != new.get(path):
                    self._field(action, path).add(message_id, old.get(path), new.get(path))

    def _field(self, action: str, path: str) -> Tally:
        key = (action, shorten(path, LONGEST_FIELD))
        if key not in self.fields and len(self.fields) >= MAX_FIELDS:
            key = (action, OTHER_FIELDS)
        return self.fields.setdefault(key, Tally())

    def document(self) -> dict[str, Any]:
        """Return everything for orjson to write."""
        ends = [{"before": before, "after": after, "events": n} for (before, after), n in self.ends.items()]
        fields = [
            {"action": action, "field": path, **tally.document(CHANGES)}
            for (action, path), tally in self.fields.items()
        ]
        return {
            "before": self.before,
            "after": self.after,
            "events": self.events,
            "changedEvents": self.changed_events,
            "settings": self.settings,
            "ends": ends,
            "records": [{"action": action, **tally.document(RECORD_CHANGES)} for action, tally in self.records.items()],
            "fields": fields,
        }


def _different_settings(before: Configured, after: Configured) -> list[str]:
    """Return the names of the settings that differ in their effect; of a secret, what is written counts."""
    old, new = (asdict(each.destination.settings()) | each.written_secrets for each in (before, after))
    return [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]


def _end(preview: Preview) -> str:
    if preview.reasons:
        return f"rejected: {'; '.join(preview.reasons)}"
    return "filtered" if preview.filtered else "sent"


def _change(before: bytes | None, after: bytes | None) -> str:
    if before is None or after is None:
        return "added" if before is None else "removed"
    return MOVED if before == after else "changed"
