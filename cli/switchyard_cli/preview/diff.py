"""What two configurations make of the same events: what differs, counted, with a few examples, in bounded memory."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from itertools import zip_longest
from typing import Any, Final, NamedTuple, Self

import orjson

from switchyard.events import Json
from switchyard_cli.preview.destination import Configured
from switchyard_cli.preview.excerpt import cut, shorten
from switchyard_cli.preview.leaves import leaves
from switchyard_cli.preview.preview import Preview, Sent

MAX_EXAMPLES: Final = 2
"""For each kind of change at each place."""

MAX_FIELDS: Final = 1000
"""Callers name properties, so there may be any number of them: those over this are counted together."""

OTHER_FIELDS: Final = "(other fields)"
LONGEST_FIELD: Final = 200

CHANGES: Final = ("added", "removed", "changed")
"""What can have become of a record, or of a value in it."""


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
        """Count a change from one JSON to another; None where there is nothing."""
        change = "added" if before is None else "removed" if after is None else "changed"
        if self.counts[change] < MAX_EXAMPLES:
            self.examples.append(Example(change, message_id, before and cut(before), after and cut(after)))
        self.counts[change] += 1

    def document(self) -> dict[str, Any]:
        """Return counts and examples for orjson to write."""
        counts = {change: self.counts[change] for change in CHANGES}
        return {**counts, "examples": [example.document() for example in self.examples]}


@dataclass(slots=True)
class Comparison:
    """The previews before and after, added up: ``records`` by action, ``fields`` of changed records by action and path.

    ``before`` and ``after`` are the folders, ``settings`` the names of the destination's settings that differ. ``ends``
    counts the events that come to another end than before: sent, filtered or rejected.
    """

    before: str
    after: str
    settings: list[str]
    events: int = 0
    changed_events: int = 0
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    records: dict[str, Tally] = field(default_factory=dict)
    fields: dict[tuple[str, str], Tally] = field(default_factory=dict)

    @classmethod
    def of(cls, before: Configured, after: Configured) -> Self:
        """Return a comparison that has seen no events yet."""
        return cls(str(before.folder), str(after.folder), _different_settings(before, after))

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.settings or self.changed_events)

    def add(self, before: Preview, after: Preview) -> None:
        """Compare what became of one event."""
        pairs = list(_different_records(before.operations, after.operations))
        for action, old, new in pairs:
            self._add_record(before.message_id, action, old, new)
        ends = (_end(before), _end(after))
        if ends[0] != ends[1]:
            self.ends[ends] += 1
        self.events += 1
        self.changed_events += bool(pairs) or ends[0] != ends[1]

    def _add_record(self, message_id: Json, action: str, before: bytes | None, after: bytes | None) -> None:
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
            {"action": action, "field": path, **tally.document()} for (action, path), tally in self.fields.items()
        ]
        return {
            "before": self.before,
            "after": self.after,
            "events": self.events,
            "changedEvents": self.changed_events,
            "settings": self.settings,
            "ends": ends,
            "records": [{"action": action, **tally.document()} for action, tally in self.records.items()],
            "fields": fields,
        }


def _different_settings(before: Configured, after: Configured) -> list[str]:
    """Return the names of the settings that differ, defaults included; of a secret, the reference counts."""
    old, new = _settings(before), _settings(after)
    return [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]


def _settings(configured: Configured) -> dict[str, Any]:
    defaults = {setting.name: setting.default for setting in fields(configured.destination.type.settings)}
    return {**defaults, **configured.config.settings}


def _end(preview: Preview) -> str:
    return "rejected" if preview.errors else "filtered" if preview.filtered else "sent"


def _different_records(
    before: Sequence[Sent], after: Sequence[Sent]
) -> Iterator[tuple[str, bytes | None, bytes | None]]:
    """Yield the action with the record before and after, paired in their order; None where there is no other.

    Which subscription a record comes from, and the order of its keys, makes no difference.
    """
    kinds = dict.fromkeys((each.action, each.endpoint) for each in (*before, *after))
    for action, endpoint in kinds:
        old, new = (_records(side, action, endpoint) for side in (before, after))
        for pair in zip_longest(_without(old, new), _without(new, old)):
            yield action, *pair


def _records(operations: Iterable[Sent], action: str, endpoint: str) -> list[bytes]:
    return [
        orjson.dumps(orjson.loads(each.record), option=orjson.OPT_SORT_KEYS)
        for each in operations
        if (each.action, each.endpoint) == (action, endpoint)
    ]


def _without(records: Iterable[bytes], others: Iterable[bytes]) -> list[bytes]:
    """Return the records that are not among the others; each of those counts once."""
    left = Counter(others)
    unpaired = []
    for record in records:
        left[record] -= 1
        if left[record] < 0:
            unpaired.append(record)
    return unpaired
