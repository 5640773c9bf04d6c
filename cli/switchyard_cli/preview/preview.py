"""Event → what would be sent, by the functions that forward runs: only the sending itself is replaced."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import orjson

from switchyard.destinations.base import Batch, Outcome, Verdict
from switchyard.envelope import Item
from switchyard.events import Event, Json
from switchyard.forward.deliver import deliver
from switchyard.forward.plan import Delivery, Destination, plan
from switchyard_cli.preview.reading import BadLine, Line

_SENT: Final = Outcome(Verdict.DELIVERED)
_NOT_QUEUED: Final = Item(b"")


class Sent(NamedTuple):
    """One operation; ``record`` is the JSON as it would stand in the body of the request."""

    subscription: str
    action: str
    endpoint: str
    record: bytes


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of one event. ``errors`` make it a dead letter; the operations are sent all the same.

    ``reasons`` are the errors as a dead letter has them, without the names of the subscriptions.
    """

    message_id: Json
    operations: tuple[Sent, ...] = ()
    filtered: bool = False
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return what is documented, for orjson to write: the records in it are fragments."""
        return {
            "messageId": self.message_id,
            "operations": [{**each._asdict(), "record": orjson.Fragment(each.record)} for each in self.operations],
            "filtered": self.filtered,
            "warnings": self.warnings,
            "errors": self.errors,
        }


class Previewer:
    """Previews events for one destination; ``settings`` hold its secrets, or what stands for them."""

    def __init__(self, destination: Destination) -> None:
        self.settings = destination.settings()
        self._destination = replace(destination, type=replace(destination.type, send=self._keep))
        self._actions = {each.name: each.action.name for each in destination.subscriptions}
        self._records: dict[int, bytes] = {}

    def preview(self, line: Line) -> Preview:
        """Return what would become of an event, or of a line that holds none."""
        if isinstance(line, BadLine):
            return Preview(None, errors=(line.problem,))
        warnings: dict[str, None] = {}  # each sentence once, as in forward's log
        delivery = self._deliver(line, lambda _, sentence: warnings.setdefault(sentence))
        refused = list(_refused(delivery))
        return Preview(
            _message_id(line),
            tuple(self._sent(delivery)),
            filtered=not delivery.results,
            warnings=tuple(warnings),
            errors=tuple(f"{subscription}: {reason}" for subscription, reason in refused),
            reasons=tuple(reason for _, reason in refused),
        )

    def _deliver(self, event: Event, warn: Callable[[str, str], object]) -> Delivery:
        self._records.clear()
        delivery = plan(_NOT_QUEUED, event, self._destination, self.settings, warn)
        planned = list(delivery.results)
        deliver([delivery], self._destination, self.settings, lambda: True)
        delivery.results = planned  # with the records, which a delivery forgets once they are sent
        return delivery

    def _keep(self, batch: Batch, _settings: object, _has_time: Callable[[], bool]) -> list[Outcome]:
        """Take the place of the sender."""
        self._records.update(zip(batch.positions, batch.records, strict=True))
        return [_SENT] * len(batch.records)

    def _sent(self, delivery: Delivery) -> Iterator[Sent]:
        ends = zip(delivery.results, delivery.outcomes, strict=True)
        sent = ((each.subscription, each.operation) for each, outcome in ends if each.operation and outcome is _SENT)
        for position, (subscription, operation) in enumerate(sent):  # a batch's positions count just these, too
            yield Sent(subscription, self._actions[subscription], operation.endpoint, self._records[position])


def _message_id(event: Event) -> Json:
    """Return the event's ``messageId``; None for what could not be one, which might nest too deep to be shown."""
    found = event.get("messageId")
    return None if isinstance(found, dict | list) else found


def _refused(delivery: Delivery) -> Iterator[tuple[str, str]]:
    """Yield the subscription and the reason of each operation that would be a dead letter."""
    for result, outcome in zip(delivery.results, delivery.outcomes, strict=True):
        if outcome and outcome is not _SENT:
            yield result.subscription, outcome.reason
