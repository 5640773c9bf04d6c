"""What would be replayed, counted in bounded memory."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from switchyard_cli.event_name import event_name
from switchyard_cli.replay.archive_walk import Portion
from switchyard_cli.replay.routes import Routes

MAX_NAMES: Final = 1000
"""Callers name events, so there may be any number of names: those over this are counted together."""

OTHER_EVENTS: Final = "(other events)"

_HOUR: Final = len("2026-01-15T10")


@dataclass(slots=True)
class Counts:
    """Objects and events that were read, and those that are meant: by source, name, call, and hour of arrival."""

    objects: int = 0
    read: int = 0
    unreadable: int = 0
    meant: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    hours: Counter[str] = field(default_factory=Counter)

    def add(self, portion: Portion) -> None:
        """Count a portion."""
        self.objects += portion.is_last
        self.read += portion.read
        self.unreadable += len(portion.problems)
        self.meant += len(portion.events)
        self.sources[portion.source] += len(portion.events)
        for event in portion.events:
            name = event_name(event)
            self.names[name if name in self.names or len(self.names) < MAX_NAMES else OTHER_EVENTS] += 1
            self.calls[str(event.get("type"))] += 1
            self.hours[event["receivedAt"][:_HOUR]] += 1

    def document(self, routes: Routes) -> dict[str, Any]:
        """Return the counts for scripts."""
        destinations: Counter[str] = Counter()
        for source, number in self.sources.items():
            destinations.update(dict.fromkeys(routes.destinations_of(source), number))
        return {
            "objects": self.objects,
            "read": self.read,
            "unreadable": self.unreadable,
            "events": self.meant,
            "bySource": {source: number for source, number in self.sources.items() if number},
            "byDestination": {name: number for name, number in destinations.items() if number},
            "byEvent": dict(self.names.most_common()),
            "byCall": dict(self.calls.most_common()),
            "byHour": dict(sorted(self.hours.items())),
            "leftOut": list(routes.left_out),
        }
