"""One run of the forward function: the SQS messages it was given → the ids of those that must come again."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from aws_lambda_powertools import Logger

from switchyard import clock, observability
from switchyard.config import Config
from switchyard.crash_suspects import work_apart
from switchyard.destinations.base import Outcome, Verdict
from switchyard.envelope import Envelope, Item, seal
from switchyard.errors import BadEnvelope, IncompleteDelivery, MissingSecret, QueueUnavailable
from switchyard.forward.breaker import Trouble, is_trouble, learn, pauses, put_off
from switchyard.forward.crashes import crash_of
from switchyard.forward.deliver import OUT_OF_TIME, deliver
from switchyard.forward.plan import Delivery, Destination, ends_with, plan
from switchyard.forward.settle import End, Moment, RetryPolicy, Settlement, settle
from switchyard.queues import Queue, Received, receive

MAX_SENTENCES: Final = 50
"""Different warnings or reasons in one log line or run; they repeat from event to event."""

MAX_OPERATIONS: Final = 4000
"""Planned and sent together: two full batches. An order of a few bytes can mean a thousand records."""


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
    """Delivers messages to the destinations of one type; each has a thread, so none delays another (promise 5).

    ``troubles`` is what is remembered from run to run of each destination's endpoints.
    """

    config: Config
    destinations: Mapping[str, Destination]
    queue: Queue
    dead_letters: Queue
    policy: RetryPolicy
    logger: Logger
    troubles: dict[str, dict[str, Trouble]] = field(default_factory=dict)

    def run(self, records: Iterable[Mapping[str, Any]], has_time: Callable[[], bool]) -> list[str]:
        """Deliver and settle the records of an SQS event. Returns the ids of the messages to be received again."""
        received, unreadable = receive(records, self.logger)
        return unreadable + work_apart(received, lambda portion: self._work(portion, has_time), self.queue)

    def _work(self, received: Iterable[Received], has_time: Callable[[], bool]) -> list[str]:
        messages = [self._message(each) for each in received]
        sound = [message for message in messages if not message.deliveries]
        with ThreadPoolExecutor(max_workers=len(self.destinations) + 1) as threads:
            for destination in self.destinations.values():
                threads.submit(self._deliver_to, destination, sound, has_time)
        return self._settle(messages)

    def _message(self, received: Received) -> Message:
        envelope = received.envelope
        if envelope.failure:  # redriven: a dead letter that is given all its tries again
            envelope = envelope.anew()
        destinations = self._destinations_of(envelope)
        message = Message(received.id, envelope.queued_at or received.sent_at, envelope, destinations)
        ends = [(item, name) for name in destinations if name in self.destinations for item in envelope.items]
        if crash := crash_of(received.receives, len(ends)):  # not to be worked on
            message.deliveries += (ends_with(crash, *end) for end in ends)
        return message

    def _destinations_of(self, envelope: Envelope) -> tuple[str, ...]:
        if envelope.destination is not None:
            return (envelope.destination,)
        source = self.config.source(envelope.source)
        named = dict.fromkeys(source.destinations) if source else ()
        return tuple(name for name in named if name in self.destinations)

    def _deliver_to(self, destination: Destination, messages: list[Message], has_time: Callable[[], bool]) -> None:
        try:
            concerned = [message for message in messages if destination.name in message.destinations]
            self._deliver(destination, concerned, has_time)
        except Exception as error:  # noqa: BLE001 - what is left without an end is not acknowledged
            self.logger.error("delivery failed", extra={"destination": destination.name, "why": type(error).__name__})

    def _deliver(self, destination: Destination, messages: list[Message], has_time: Callable[[], bool]) -> None:
        waiting = deque((message, item) for message in messages for item in message.envelope.items)
        blocking = None if has_time() else OUT_OF_TIME
        try:
            settings = destination.settings() if waiting and not blocking else None
        except MissingSecret as error:
            blocking = Outcome(Verdict.SETUP, str(error))
        while waiting and not blocking:
            planned = self._plan_some(waiting, destination, settings)
            blocking = self._deliver_some(planned, destination, settings, has_time)
        for message, item in waiting:
            message.deliveries.append(ends_with(put_off(blocking or OUT_OF_TIME), item, destination.name))

    def _deliver_some(
        self, planned: Sequence[Delivery], destination: Destination, settings: Any, has_time: Callable[[], bool]
    ) -> Outcome | None:
        """Send what is planned. Returns the outcome of whatever comes after it, if that need not be tried."""
        known = self.troubles.get(destination.name, {})
        last = deliver(planned, destination, settings, has_time, pauses(known, clock.now().timestamp()))
        self.troubles[destination.name] = learn(known, last, self.policy, clock.now().timestamp())
        if last and all(is_trouble(outcome) for outcome in last.values()):
            return next(iter(last.values()))
        return None if has_time() else OUT_OF_TIME

    def _plan_some(
        self, waiting: deque[tuple[Message, Item]], destination: Destination, settings: Any
    ) -> list[Delivery]:
        """Take and plan as many events as make MAX_OPERATIONS, so that memory is bounded."""
        warnings: dict[str, str] = {}
        planned: list[Delivery] = []
        operations = 0

        def warn(message_id: str, sentence: str) -> None:
            warnings.setdefault(sentence, message_id)

        while waiting and operations < MAX_OPERATIONS:
            message, item = waiting.popleft()
            try:
                delivery = plan(item, item.event, destination, settings, warn)
            except BadEnvelope as error:
                unreadable = Outcome(Verdict.INVALID, str(error), code="unreadable", is_tried=False)
                delivery = ends_with(unreadable, item, destination.name)
            message.deliveries.append(delivery)
            planned.append(delivery)
            operations += len(delivery.results)
        self._warn(warnings, destination)
        return planned

    def _warn(self, warnings: Mapping[str, str], destination: Destination) -> None:
        for text, message_id in list(warnings.items())[:MAX_SENTENCES]:
            extra = {"why": text, "message_ids": [message_id], "destination": destination.name}
            self.logger.warning("part of an event left out", extra=extra)

    def _settle(self, messages: Iterable[Message]) -> list[str]:
        """Do what the messages come to. Returns the ids of those where that failed: they are not to be acknowledged."""
        settled, failed = self._settlements(messages)
        dying = [(message.id, each.dead_letters) for message, each in settled if each.dead_letters]
        failed += self._unsent(self.dead_letters.send, dying)
        left = [(message.id, each.unfinished) for message, each in settled if each.unfinished]
        failed += self._unsent(self.queue.send_later, [each for each in left if each[0] not in failed])
        ended = [(message.envelope, each) for message, each in settled if message.id not in failed]
        for envelope, settlement in ended:
            self._log(envelope, settlement)
        _count(ended)
        return failed

    def _unsent(
        self, send: Callable[[Iterable[Any]], None], by_message: Sequence[tuple[str, Sequence[Any]]]
    ) -> list[str]:
        """Send what messages leave behind. Returns their ids if that failed; one that leaves nothing can always go."""
        try:
            send(each for _, some in by_message for each in some)
        except QueueUnavailable as error:
            unsettled = [message_id for message_id, _ in by_message]
            self.logger.error("messages not settled", extra={"sqs_message_ids": unsettled, "why": str(error)})
            return unsettled
        return []

    def _settlements(self, messages: Iterable[Message]) -> tuple[list[tuple[Message, Settlement]], list[str]]:
        settled, failed = [], []
        for message in messages:
            try:
                settled.append((message, self._settlement(message)))
            except Exception as error:  # noqa: BLE001 - whatever is wrong with a message, its neighbours are settled
                extra = {"sqs_message_ids": [message.id], "why": type(error).__name__}
                self.logger.error("messages not settled", extra=extra)
                failed.append(message.id)
        return settled, failed

    def _settlement(self, message: Message) -> Settlement:
        deliveries = message.deliveries + self._without_destination(message)
        _check_that_all_ended(message, deliveries)
        settlement = settle(message.envelope, deliveries, self.policy, Moment(clock.now(), message.queued_at))
        # What cannot be sealed fails here, where it is this message's own affair.
        for envelope in (*settlement.dead_letters, *(each for each, _ in settlement.unfinished)):
            seal(envelope)
        return settlement

    def _without_destination(self, message: Message) -> list[Delivery]:
        """Return dead ends for events whose source or destination was taken out of the configuration meanwhile."""
        envelope = message.envelope
        gone = self._what_is_gone(envelope, message.destinations)
        return [ends_with(gone, item, envelope.destination) for item in envelope.items] if gone else []

    def _what_is_gone(self, envelope: Envelope, destinations: Sequence[str]) -> Outcome | None:
        if envelope.destination is not None and envelope.destination not in self.destinations:
            reason = f"the destination '{envelope.destination}' is not configured any more"
            return Outcome(Verdict.INVALID, reason, code="destination_gone")
        if destinations:
            return None
        if self.config.source(envelope.source):
            reason = f"the source '{envelope.source}' has no destination here any more"
            return Outcome(Verdict.INVALID, reason, code="destination_gone")
        return Outcome(
            Verdict.INVALID, f"the source '{envelope.source}' is not configured any more", code="source_gone"
        )

    def _log(self, envelope: Envelope, settlement: Settlement) -> None:
        for destination, ends in settlement.ends.items():
            about = {"source": envelope.source, "destination": destination, "attempts": envelope.attempts}
            for start in range(0, len(ends), observability.MAX_LOGGED_IDS):
                some = ends[start : start + observability.MAX_LOGGED_IDS]
                extra = {"request_id": envelope.request_id, **about, **_ids_by_end(some), "why": _reasons(some)}
                self.logger.info("message forwarded", extra=extra)


def _check_that_all_ended(message: Message, deliveries: Sequence[Delivery]) -> None:
    """Raise IncompleteDelivery unless each event has an end for each destination, however the threads ended."""
    expected = len(message.envelope.items) * max(1, len(message.destinations))
    if len(deliveries) != expected or any(None in delivery.outcomes for delivery in deliveries):
        raise IncompleteDelivery


def _count(ended: Iterable[tuple[Envelope, Settlement]]) -> None:
    """Count the ends of a run's messages, together: many messages hold one event each."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    setup = 0
    for envelope, settlement in ended:
        for destination, ends in settlement.ends.items():
            counts.setdefault((envelope.source, destination), Counter()).update(end.name for end in ends)
            setup += sum(_verdict(end) is Verdict.SETUP for end in ends)
    for (source, destination), numbers in counts.items():
        observability.count(numbers, source=source, destination=destination)
    # Without source and destination: the one number that an alarm can watch.
    observability.count({observability.SETUP_FAILURES: setup})


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
