"""The sandbox: Mixpanel's ingestion API in memory, with windows to look inside."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from switchyard_cli.sandbox import bodies, inspection, replies
from switchyard_cli.sandbox.bodies import Request, TooLarge, Unreadable
from switchyard_cli.sandbox.events import Event
from switchyard_cli.sandbox.faults import Faults
from switchyard_cli.sandbox.ingestion import ENDPOINTS, Ingestion
from switchyard_cli.sandbox.project import Profiles, Snapshot
from switchyard_cli.sandbox.replies import Reply
from switchyard_cli.sandbox.rules import Identity, Rules
from switchyard_cli.sandbox.server import Server
from switchyard_cli.sandbox.store import Store


@dataclass(eq=False)
class Sandbox:
    """A strict stand-in for Mixpanel. Its attributes may be read, and ``faults`` replaced, while it serves.

    With a ``project_token`` it is that one project; without, every token is a project of its own. Sizes are in bytes,
    ``clock`` is in Unix seconds. Beyond ``max_events`` a project drops its oldest events.
    """

    project_token: str | None = None
    identity: Identity = "original"
    max_request_bytes: int = 10 * 1024 * 1024
    max_depth: int = 10
    max_events: int = 200_000
    faults: Faults = field(default_factory=Faults)
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self._store = Store(self.max_events)
        rules = Rules(self.identity, self.max_depth)
        self._ingestion = Ingestion(self._store, self.project_token, rules, self.clock)

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> Server:
        """Serve on the address, by default on a free port; the server has ``url`` and ``close``."""
        return Server(self.handle, host, port)

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Answer one HTTP request; ``target`` is the path with its query. Raises ``ConnectionDropped``."""
        try:
            request = bodies.request(method, target, headers, body)
        except Unreadable as error:
            return replies.failure(400, str(error))
        if method == "POST" and request.path in ENDPOINTS:
            return self._ingest(request)
        return self._inspect(request)

    def events(self) -> list[Event]:
        """List the events of all projects."""
        return self._store.snapshot().events

    def profiles(self) -> Profiles:
        """Map ``distinct_id`` to the properties of the user, over all projects."""
        return self._store.snapshot().profiles

    def groups(self) -> dict[str, Profiles]:
        """Map ``$group_key`` to ``$group_id`` to the properties of the group, over all projects."""
        return self._store.snapshot().groups

    def project(self, token: str) -> Snapshot:
        """Copy what one project holds."""
        return self._store.snapshot(token)

    @property
    def counts(self) -> Counter[str]:
        """What became of the records; ``Store`` explains the names."""
        with self._store.locked():
            return Counter(self._store.counts)

    @property
    def requests(self) -> Counter[tuple[str, int]]:
        """How many requests each endpoint answered with each status, 0 for a dropped connection."""
        with self._store.locked():
            return Counter(self._store.requests)

    def clear(self) -> None:
        """Empty the sandbox; its faults stay."""
        self._store.clear()

    def _ingest(self, request: Request) -> Reply:
        status = 0
        try:
            reply = self._answer_with_faults(request)
            status = reply.status
        finally:
            with self._store.locked():
                self._store.requests[request.path, status] += 1
        return reply

    def _answer_with_faults(self, request: Request) -> Reply:
        faults = self.faults
        fault = faults.draw()
        return faults.before(fault, request.path) or faults.after(fault, self._answer(request))

    def _answer(self, request: Request) -> Reply:
        try:
            return self._ingestion.answer(bodies.unpack(request, self.max_request_bytes))
        except TooLarge:
            return replies.too_large(self.max_request_bytes)
        except Unreadable as error:
            return replies.failure(400, str(error))

    def _inspect(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", "/sandbox/faults"):
            return inspection.answer(request, self._store, self.faults)
        try:
            self.faults = inspection.read_faults(request.body)
        except ValueError as error:
            return replies.failure(400, str(error))
        return inspection.answer(request._replace(method="GET", path="/sandbox"), self._store, self.faults)
