"""One run of the forward function: the SQS messages it was given → the ids of those that must come again."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aws_lambda_powertools import Logger

from switchyard import clock, observability
from switchyard.config import Config
from switchyard.destinations.base import Outcome, Verdict
from switchyard.envelope import Envelope
from switchyard.errors import MissingSecret, QueueUnavailable
from switchyard.forward.deliver import deliver
from switchyard.forward.plan import Delivery, Destination, all_end_with, plan
from switchyard.forward.settle import End, Moment, RetryPolicy, Settlement, settle
from switchyard.queues import Queue, Received, receive

MAX_SENTENCES: Final = 50
"""Different warnings or reasons in one log line or run; they repeat from event to event."""


@dataclass(slots=True)
class Message:
    """One SQS message, the destinations that it is for, and a delivery for each of them and each event."""

    id: str
    queued_at: int
    envelope: Envelope
    destinations: tuple[str, ...]
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Forwarder:
    """Delivers messages to the destinations of one type; each has a thread, so none delays another (promise 5)."""

    config: Config
    destinations: Mapping[str, Destination]
    queue: Queue
    dead_letters: Queue
    policy: RetryPolicy
    logger: Logger

    def run(self, records: Iterable[Mapping[str, Any]], has_time: Callable[[], bool]) -> list[str]:
        """Deliver and settle the records of an SQS event. Returns the ids of the messages to be received again."""
        received, unreadable = receive(records, self.logger)
        messages = [self._message(each) for each in received]
        with ThreadPoolExecutor(max_workers=len(self.destinations) + 1) as threads:
            runs = [threads.submit(self._deliver, each, messages, has_time) for each in self.destinations.values()]
        for each in runs:
            each.result()
        return unreadable + [message.id for message in messages if not self._settle(message)]

    def _message(self, received: Received) -> Message:
        envelope = received.envelope
        if envelope.failure:  # redriven: a dead letter that is given all its tries again
            envelope = replace(envelope, failure=None, attempts=0, queued_at=None)
        return Message(received.id, envelope.queued_at or received.sent_at, envelope, self._destinations_of(envelope))

    def _destinations_of(self, envelope: Envelope) -> tuple[str, ...]:
        if envelope.destination is not None:
            return (envelope.destination,)
        source = self.config.source(envelope.source)
        return tuple(name for name in source.destinations if name in self.destinations) if source else ()

    def _deliver(self, destination: Destination, messages: Iterable[Message], has_time: Callable[[], bool]) -> None:
        concerned = [message for message in messages if destination.name in message.destinations]
        if not concerned:
            return
        try:
            settings = destination.settings()
        except MissingSecret as error:
            for message in concerned:
                message.deliveries += all_end_with(
                    Outcome(Verdict.SETUP, str(error)), message.envelope, destination.name
                )
            return
        deliveries = self._plan(destination, settings, concerned)
        deliver(deliveries, destination, settings, has_time)

    def _plan(self, destination: Destination, settings: Any, messages: Iterable[Message]) -> list[Delivery]:
        warnings: dict[str, str] = {}
        deliveries = []
        for message in messages:
            planned = plan(
                message.envelope, destination, settings, lambda message_id, text: warnings.setdefault(text, message_id)
            )
            message.deliveries += planned
            deliveries += planned
        for text, message_id in list(warnings.items())[:MAX_SENTENCES]:
            extra = {"why": text, "message_ids": [message_id], "destination": destination.name}
            self.logger.warning("part of an event left out", extra=extra)
        return deliveries

    def _settle(self, message: Message) -> bool:
        """Do what the message comes to; False when that failed, and the message must not be acknowledged."""
        deliveries = message.deliveries + self._without_destination(message)
        settlement = settle(message.envelope, deliveries, self.policy, Moment(clock.now(), message.queued_at))
        try:
            self.dead_letters.send(settlement.dead_letters)
            for envelope, delay in settlement.unfinished:
                self.queue.send([envelope], delay=delay)
        except QueueUnavailable as error:
            self.logger.error("message not settled", extra={"sqs_message_id": message.id, "why": str(error)})
            return False
        self._report(message.envelope, settlement)
        return True

    def _without_destination(self, message: Message) -> list[Delivery]:
        """Return dead ends for events whose source or destination was taken out of the configuration meanwhile."""
        envelope = message.envelope
        gone = [name for name in message.destinations if name not in self.destinations]
        if gone:
            reason = f"the destination '{gone[0]}' is not configured any more"
            return all_end_with(Outcome(Verdict.INVALID, reason), envelope, gone[0])
        if envelope.destination is None and self.config.source(envelope.source) is None:
            reason = f"the source '{envelope.source}' is not configured any more"
            return all_end_with(Outcome(Verdict.INVALID, reason), envelope, None)
        return []

    def _report(self, envelope: Envelope, settlement: Settlement) -> None:
        for destination, ends in settlement.ends.items():
            observability.count(Counter(end.name for end in ends), source=envelope.source, destination=destination)
            about = {"source": envelope.source, "destination": destination, "attempts": envelope.attempts}
            extra = {"request_id": envelope.request_id, **about, **_ids_by_end(ends), "why": _reasons(ends)}
            self.logger.info("message forwarded", extra=extra)
        setup = (end for ends in settlement.ends.values() for end in ends if _verdict(end) is Verdict.SETUP)
        # Without source and destination: the one number that an alarm can watch.
        observability.count({observability.SETUP_FAILURES: len(list(setup))})


def _ids_by_end(ends: Iterable[End]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for end in ends:
        ids.setdefault(end.name, []).append(end.message_id)
    return ids


def _reasons(ends: Iterable[End]) -> list[str]:
    reasons = {end.blocking.reason: None for end in ends if end.blocking}
    return list(reasons)[:MAX_SENTENCES]


def _verdict(end: End) -> Verdict | None:
    return end.blocking and end.blocking.verdict
