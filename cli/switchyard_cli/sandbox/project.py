"""What one Mixpanel project holds: events after deduplication, user and group profiles, aliases."""

from collections import Counter, OrderedDict
from collections.abc import Hashable
from itertools import count
from typing import NamedTuple, TypeAlias

from switchyard.events import Json
from switchyard_cli.sandbox import updates
from switchyard_cli.sandbox.events import Event, milliseconds
from switchyard_cli.sandbox.updates import Profile, Update

Profiles: TypeAlias = dict[str, Profile]
"""Properties by ``distinct_id``, or by ``$group_id``."""


class Snapshot(NamedTuple):
    """A project at one moment. Events are in the order in which they were stored, the newest of duplicates kept.

    ``groups`` is by ``$group_key``, then by ``$group_id``. ``aliases`` leads from an alias to its ``distinct_id``;
    events and profiles stay under the id that they were sent with, since only Mixpanel picks the canonical one.
    """

    events: list[Event]
    profiles: Profiles
    groups: dict[str, Profiles]
    aliases: dict[str, str]


class Project:
    """One project's data. ``counts`` is told what became of each record; callers hold the sandbox's lock."""

    def __init__(self, max_events: int, counts: Counter[str]) -> None:
        self._max_events = max_events
        self._counts = counts
        self._events: OrderedDict[Hashable, Event] = OrderedDict()
        self._profiles: Profiles = {}
        self._groups: dict[str, Profiles] = {}
        self._aliases: dict[str, str] = {}
        self._unnamed = count()

    def store(self, event: Event) -> None:
        """Keep an event; of events with the same key the newest is shown, as Mixpanel's queries do.

        The key is event, time, distinct_id and ``$insert_id``; an event without ``$insert_id`` has no duplicates.
        """
        key = self._key(event)
        known = self._events.pop(key, None)
        self._events[key] = event
        self._counts["duplicates" if known else "stored"] += 1
        if event["event"] == "$create_alias":
            self._alias(event["properties"])
        if len(self._events) > self._max_events:
            self._events.popitem(last=False)
            self._counts["dropped"] += 1

    def update_user(self, update: Update) -> None:
        """Apply one update of ``/engage``."""
        self._update(self._profiles, str(update["$distinct_id"]), update)

    def update_group(self, update: Update) -> None:
        """Apply one update of ``/groups``."""
        group = self._groups.setdefault(str(update["$group_key"]), {})
        self._update(group, str(update["$group_id"]), update)

    def snapshot(self) -> Snapshot:
        """Show what the project holds. Single events and profiles never change, the collections do."""
        groups = {key: profiles for key, profiles in self._groups.items() if profiles}
        return Snapshot(list(self._events.values()), self._profiles, groups, self._aliases)

    def _key(self, event: Event) -> Hashable:
        properties = event["properties"]
        insert_id = properties.get("$insert_id") or next(self._unnamed)
        return event["event"], milliseconds(properties["time"]), properties["distinct_id"], insert_id

    def _alias(self, properties: dict[str, Json]) -> None:
        alias, distinct_id = properties.get("alias"), properties.get("distinct_id")
        if isinstance(alias, str) and isinstance(distinct_id, str):
            self._aliases.setdefault(alias, distinct_id)

    def _update(self, profiles: Profiles, name: str, update: Update) -> None:
        profile = updates.apply(profiles.get(name, {}), update)
        profiles.pop(name, None) if profile is None else profiles.update({name: profile})
        self._counts["updates"] += 1
