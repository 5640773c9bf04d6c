"""The replay itself: portions of archived events → envelopes on the queues, and how far it came written down."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from switchyard.envelope import Envelope, Item
from switchyard.queues import Queue
from switchyard_cli.deployment import Deployment
from switchyard_cli.rate_limit import Pace
from switchyard_cli.replay import record as records
from switchyard_cli.replay.archive_walk import Portion
from switchyard_cli.replay.record import FINISHED, INTERRUPTED, RUNNING, Record
from switchyard_cli.replay.routes import Route, Routes

MAX_EVENTS: Final = 100
"""Events in one message: SQS is paid by the message, and forward parts events that disturb each other."""

SAVE_SECONDS: Final = 5.0
"""Between two notes of how far it came: as much as is repeated after a crash."""


@dataclass(slots=True)
class Replayer:
    """Replays portions to the queues of a deployment, and keeps the run's record."""

    deployment: Deployment
    s3: Any
    record: Record
    routes: Routes
    pace: Pace
    now: Callable[[], float] = time.monotonic
    _saved_at: float = 0.0

    def replay(self, portions: Iterable[Portion]) -> Iterator[Portion]:
        """Replay each portion, and yield it afterwards. Whatever stops it, the record tells how far it came."""
        queues = {each: Queue(self.deployment.client("sqs"), url) for each, url in self.deployment.queues.items()}
        self._save(RUNNING)
        state = INTERRUPTED
        try:
            for portion in portions:
                self._replay(portion, queues)
                yield portion
            state = FINISHED
        finally:
            self._save(state)

    def _replay(self, portion: Portion, queues: Mapping[str, Queue]) -> None:
        if portion.events:
            for route in self.routes.by_source[portion.source]:
                queues[route.type].send([self._envelope(portion, route)])
            self.pace.keep(len(portion.events))
        self._note(portion)

    def _envelope(self, portion: Portion, route: Route) -> Envelope:
        """Return the portion as it would have come from collect; its events are of one source and one hour."""
        items = tuple(map(Item.of, portion.events))
        received_at = portion.events[0]["receivedAt"]
        return Envelope(portion.source, received_at, f"replay-{self.record.id}", items, route.named)

    def _note(self, portion: Portion) -> None:
        record = self.record
        record.read += portion.read
        record.events += len(portion.events)
        record.unreadable += len(portion.problems)
        if portion.is_last:
            record.objects += 1
            record.lastObject = portion.key
            if self.now() >= self._saved_at + SAVE_SECONDS:
                self._save(RUNNING)

    def _save(self, state: str) -> None:
        self.record.state = state
        self._saved_at = self.now()
        records.save(self.s3, self.deployment.bucket, self.record)
