"""All that a sandbox remembers: its projects by token, and counts of requests and records."""

import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from switchyard.events import Json
from switchyard_cli.sandbox.events import Event
from switchyard_cli.sandbox.project import Profiles, Project, Snapshot
from switchyard_cli.sandbox.replies import Refused

_REFUSALS_KEPT: Final = 100


class Store:
    """Projects come into being with their first record. Whoever writes does so within ``locked``.

    ``counts`` says what became of the records that were ``received``: they are ``stored``, ``duplicates``,
    ``updates``, ``refused``, ``ignored`` (for their ``$ignore``, or as a verb that a simplified project has no use
    for), ``too_old`` (for ``/track``) or had an ``unknown_token``. Beside that it has ``dropped`` (events that made
    room for newer ones) and ``located_by_request_ip`` (records that Mixpanel would have placed on the map at the
    address that the request came from). ``requests`` counts by endpoint and status, with status 0 for a connection
    that was dropped. ``refusals`` has the newest reasons.
    """

    def __init__(self, max_events: int) -> None:
        self._max_events = max_events
        self._lock = threading.Lock()
        self._clear()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold off all other threads."""
        with self._lock:
            yield

    def receive(self, endpoint: str, count: int, refused: Sequence[Refused]) -> None:
        """Count the records of a request, and those that were refused."""
        self.counts["received"] += count
        self.counts["refused"] += len(refused)
        self.refusals.extend({"endpoint": endpoint, **item.refusal._asdict()} for item in refused)

    def keep(self, token: str, event: Event) -> None:
        """Store an event in its project, unless ``$ignore`` says otherwise."""
        if event["properties"].get("$ignore") is True:
            self.counts["ignored"] += 1
        else:
            self.project(token).store(event)

    def project(self, token: str) -> Project:
        """Find or found the project of a token."""
        if token not in self._projects:
            self._projects[token] = Project(self._max_events, self.counts)
        return self._projects[token]

    def snapshot(self, token: str | None = None) -> Snapshot:
        """Copy one project, or all of them as if they were one."""
        with self._lock:
            projects = [project for name, project in self._projects.items() if token in {None, name}]
            return _merged([project.snapshot() for project in projects])

    def log(self) -> dict[str, Json]:
        """Copy the counts and the newest refusals, as JSON."""
        with self._lock:
            requests = {f"{endpoint} {status}": count for (endpoint, status), count in self.requests.items()}
            return {"counts": dict(self.counts), "requests": requests, "refused": list(self.refusals)}

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._clear()

    def _clear(self) -> None:
        self._projects: dict[str, Project] = {}
        self.counts: Counter[str] = Counter()
        self.requests: Counter[tuple[str, int]] = Counter()
        self.refusals: deque[dict[str, str]] = deque(maxlen=_REFUSALS_KEPT)


def _merged(snapshots: Sequence[Snapshot]) -> Snapshot:
    """Put projects together; where two know the same user, the later project's profile is shown."""
    merged = Snapshot([], {}, {}, {})
    for snapshot in snapshots:
        merged.events.extend(snapshot.events)
        merged.profiles.update(snapshot.profiles)
        merged.aliases.update(snapshot.aliases)
        _merge_groups(merged.groups, snapshot.groups)
    return merged


def _merge_groups(merged: dict[str, Profiles], groups: dict[str, Profiles]) -> None:
    for key, profiles in groups.items():
        merged.setdefault(key, {}).update(profiles)
