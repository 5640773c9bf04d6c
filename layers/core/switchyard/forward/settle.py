"""Outcomes → what is to be done: dead letters, what goes back to the queue and when, and the counts.

Each event has exactly one end for each destination (promise 2): one refused operation makes it a dead letter, else one
unfinished operation sends it back with its unfinished operations only, else it is delivered; and it was filtered if
there was nothing to send.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

import orjson

from switchyard import observability
from switchyard.destinations.base import Outcome, Verdict
from switchyard.envelope import Envelope, Failure, Item
from switchyard.events import Json
from switchyard.forward.plan import Delivery
from switchyard.queues import MAX_DELAY_SECONDS

THROTTLE_SECONDS: Final = 60
"""The longest wait after 429, as Mixpanel advises."""

# The worst outcome of an event's operations decides its end.
_WORST_FIRST: Final = (Verdict.INVALID, Verdict.SETUP, Verdict.TRANSIENT, Verdict.THROTTLED)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long an unfinished event is tried again, and how soon."""

    window_seconds: float
    base_seconds: float = 1.0

    def delay(self, outcome: Outcome, attempts: int) -> int:
        """Return the seconds to wait: what the destination asked for, else exponential with full jitter."""
        if outcome.retry_after is not None:
            return min(round(outcome.retry_after), MAX_DELAY_SECONDS)
        if outcome.verdict is Verdict.SETUP:
            return MAX_DELAY_SECONDS
        longest = THROTTLE_SECONDS * self.base_seconds
        if outcome.verdict is Verdict.TRANSIENT:
            longest = min(self.base_seconds * 2.0 ** min(attempts, 16), MAX_DELAY_SECONDS)
        return round(random.uniform(0, longest))  # noqa: S311 - jitter, not a secret


class Moment(NamedTuple):
    """When a message is settled: now (ISO 8601), and when its first try became possible (epoch ms)."""

    now: str
    queued_at: int
    age_seconds: float


@dataclass(slots=True)
class Settlement:
    """What one message comes to; ``counts`` by destination, in the metrics' names."""

    dead_letters: list[Envelope] = field(default_factory=list)
    rest: list[tuple[Envelope, int]] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    setup_failures: int = 0


def settle(envelope: Envelope, deliveries: Iterable[Delivery], policy: RetryPolicy, moment: Moment) -> Settlement:
    """Decide the end of each delivery of one message."""
    settlement = Settlement()
    unfinished: dict[tuple[str | None, Verdict], list[tuple[Delivery, Outcome]]] = {}
    for delivery in deliveries:
        worst = _worst(delivery)
        end = _end(delivery, worst, expired=moment.age_seconds > policy.window_seconds)
        settlement.counts.setdefault(delivery.destination or "unknown", Counter())[end] += 1
        if worst and end == observability.FAILED:
            settlement.dead_letters.append(_dead_letter(envelope, delivery, worst, moment))
        elif worst:
            unfinished.setdefault((delivery.destination, worst.verdict), []).append((delivery, worst))
    for (_, verdict), waiting in unfinished.items():
        settlement.rest.append(_again(envelope, waiting, policy, moment))
        settlement.setup_failures += len(waiting) * (verdict is Verdict.SETUP)
    return settlement


def _worst(delivery: Delivery) -> Outcome | None:
    """Return the outcome that keeps the delivery from being done, if there is one."""
    by_verdict = {outcome.verdict: outcome for outcome in delivery.outcomes if outcome}
    return next((by_verdict[verdict] for verdict in _WORST_FIRST if verdict in by_verdict), None)


def _end(delivery: Delivery, worst: Outcome | None, *, expired: bool) -> str:
    if worst is None:
        return observability.DELIVERED if delivery.results else observability.FILTERED
    gives_up = worst.verdict is Verdict.INVALID or (worst.verdict is Verdict.TRANSIENT and expired)
    return observability.FAILED if gives_up else observability.RETRIED


def _left_over(delivery: Delivery) -> Item:
    """Return the event with the keys of the operations that were not delivered."""
    if not delivery.results:
        return delivery.item
    ends = zip(delivery.results, delivery.outcomes, strict=True)
    keys = tuple(result.key for result, end in ends if end is None or end.verdict is not Verdict.DELIVERED)
    return replace(delivery.item, only=keys)


def _again(
    envelope: Envelope, waiting: list[tuple[Delivery, Outcome]], policy: RetryPolicy, moment: Moment
) -> tuple[Envelope, int]:
    delivery, outcome = waiting[0]
    counted = outcome.verdict is Verdict.TRANSIENT
    envelope = replace(
        envelope,
        destination=delivery.destination,
        attempts=envelope.attempts + counted,
        queued_at=moment.queued_at,
        items=tuple(_left_over(each) for each, _ in waiting),
    )
    return envelope, max(policy.delay(each, envelope.attempts) for _, each in waiting)


def _dead_letter(envelope: Envelope, delivery: Delivery, worst: Outcome, moment: Moment) -> Envelope:
    failure = Failure(
        code=worst.verdict.value,
        reason=worst.reason,
        field=worst.field,
        status=worst.status,
        attempts=envelope.attempts + 1,
        failedAt=moment.now,
        operations=tuple(_refused_operations(delivery)),
    )
    return replace(envelope, destination=delivery.destination, items=(_left_over(delivery),), failure=failure)


def _refused_operations(delivery: Delivery) -> Iterator[dict[str, Any]]:
    # A delivery that was stalled has an outcome, but no result that it belongs to.
    for result, outcome in zip(delivery.results, delivery.outcomes, strict=False):
        if result.operation and outcome and outcome.verdict is not Verdict.DELIVERED:
            record = _mask(result.operation.record, delivery.secrets)
            yield {"key": result.key, "endpoint": result.operation.endpoint, "record": record}


def _mask(record: dict[str, Any], secrets: Iterable[str]) -> Json:
    """Return the record without the secrets that some endpoints want in it (promise 7); None if it is no JSON."""
    try:
        text = orjson.dumps(record).decode()
    except TypeError:
        return None
    for secret in secrets:
        text = text.replace(orjson.dumps(secret).decode(), '"***"')
    return orjson.loads(text)
