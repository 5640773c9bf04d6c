"""Mistakes that we could make. The conservation proof must fail with each of them in place."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from tests.delivery.chaos.lambdas import template

from switchyard import clock, crash_suspects, observability
from switchyard.archive import Archive
from switchyard.destinations.base import Outcome, Verdict
from switchyard.destinations.mixpanel import sender
from switchyard.destinations.mixpanel.actions import event_properties
from switchyard.errors import QueueUnavailable
from switchyard.forward import deliver, run, settle
from switchyard.queues import Queue

Mutant = Callable[[], AbstractContextManager[object]]


def _instead(target: Any, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Mutant:
    return lambda: patch.object(target, name, wrap(getattr(target, name)))


def _random_insert_ids(_insert_id: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _given, _event: str(uuid.uuid4())


def _clock_as_time(_event_time: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _given, _event, _warn: round(clock.now().timestamp() * 1000)


def _whole_batch_again(classify: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(endpoint: str, count: int, reply: Any, *, strict: bool) -> Any:
        is_partial = reply.status == 400 or b"failed_records" in reply.body
        retry = [Outcome(Verdict.TRANSIENT, "not all of them were good")] * count
        return retry if is_partial else classify(endpoint, count, reply, strict=strict)

    return mutant


def _status_believed(classify: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(endpoint: str, count: int, reply: Any, *, strict: bool) -> Any:
        delivered = [Outcome(Verdict.DELIVERED)] * count
        return delivered if reply.status == 200 else classify(endpoint, count, reply, strict=strict)

    return mutant


def _acknowledged_first(work: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(forwarder: run.Forwarder, records: list[Mapping[str, Any]], has_time: Any) -> Any:
        with suppress(QueueUnavailable):
            forwarder.queue.acknowledge(each["receiptHandle"] for each in records)
        return work(forwarder, records, has_time)

    return mutant


def _shifted(send: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(*arguments: Any) -> Any:
        outcomes = send(*arguments)
        return outcomes[1:] + outcomes[:1]

    return mutant


def _failed_send_ignored(name: str) -> Mutant:
    """Return a mutant that takes messages for sent to a queue of the template's whatever SQS says."""

    def wrap(send: Callable[..., Any]) -> Callable[..., Any]:
        def mutant(queue: Queue, envelopes: Any) -> None:
            try:
                send(queue, envelopes)
            except QueueUnavailable:
                if queue._url != template().physical[name].ref:
                    raise

        return mutant

    return _instead(Queue, "send_later", wrap)


def _attempts_reset(again: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(*arguments: Any) -> Any:
        envelope, delay = again(*arguments)
        return replace(envelope, attempts=0), delay

    return mutant


def _wrong_setup_given_up(end: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(delivery: Any, blocking: Any, *, expired: bool) -> Any:
        ended = end(delivery, blocking, expired=expired)
        is_setup = blocking and blocking.verdict is Verdict.SETUP
        return ended._replace(name=observability.FAILED) if is_setup else ended

    return mutant


def _unwritten_ignored(write: Callable[..., Any]) -> Callable[..., Any]:
    def mutant(*arguments: Any) -> dict[str, str]:
        write(*arguments)
        return {}

    return mutant


def _paused_for_ever(_pauses: Callable[..., Any]) -> Callable[..., Any]:
    return lambda known, _now: {endpoint: trouble.outcome for endpoint, trouble in known.items()}


@contextmanager
def _nobody_suspected() -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(patch.object(crash_suspects, "SUSPECT_FROM", 10**6))
        stack.enter_context(patch.object(run, "crash_of", lambda _receives, _ends: None))
        yield


MUTANTS: Final[Mapping[str, Mutant]] = {
    "random insert ids": _instead(event_properties, "insert_id", _random_insert_ids),
    "the clock as time": _instead(event_properties, "event_time", _clock_as_time),
    "the whole batch again after a 400": _instead(sender, "classify", _whole_batch_again),
    "the status believed, the body not read": _instead(sender, "classify", _status_believed),
    "acknowledged before delivery": _instead(run.Forwarder, "run", _acknowledged_first),
    "outcomes shifted by one": _instead(deliver, "_send", _shifted),
    "a dead letter lost when its queue fails": _failed_send_ignored("MixpanelDeadLetterQueue"),
    "what is unfinished lost when the queue fails": _failed_send_ignored("MixpanelQueue"),
    "200 before the archive's queue has it": _failed_send_ignored("ArchiveQueue"),
    "attempts begin anew each time": _instead(settle, "_again", _attempts_reset),
    "delivered operations repeated": _instead(settle, "_left_over", lambda _left_over: lambda delivery: delivery.item),
    "a user's updates parted": _instead(
        settle, "_parts", lambda _parts: lambda waiting, _attempts: [[each] for each in waiting]
    ),
    "events die of a wrong key": _instead(settle, "_end", _wrong_setup_given_up),
    "given up after the first failure": _instead(settle.RetryPolicy, "is_over", lambda _is_over: lambda *_: True),
    "archived before it is written": _instead(Archive, "write", _unwritten_ignored),
    "paused for ever": _instead(run, "pauses", _paused_for_ever),
    "nobody suspected of a crash": _nobody_suspected,
}
