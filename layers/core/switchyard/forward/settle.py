"""Outcomes → what is to be done: dead letters, what goes back to the queue and when, and the counts.

Each event has exactly one end for each destination (promise 2): an unfinished operation sends it back with what was not
delivered, else a refused one makes it a dead letter, else it is delivered; and it was filtered if there was nothing to
send.
"""

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from switchyard import clock, observability
from switchyard.destinations.base import Outcome, Verdict
from switchyard.envelope import Envelope, Failure, Item
from switchyard.errors import BadEnvelope
from switchyard.events import Json
from switchyard.forward.crashes import APART
from switchyard.forward.plan import Delivery
from switchyard.queues import MAX_DELAY_SECONDS
from switchyard.subscriptions import Result

MIN_ATTEMPTS: Final = 3
"""Tries that failed before a dead letter is made of an event for its age."""

ALONE_FROM: Final = 6
"""From this attempt on a message comes back in halves: an event that makes its destination fail ends up alone."""

THROTTLE_DOUBLINGS: Final = 6
"""After 429 the longest wait is that after six attempts: about a minute, as Mixpanel advises."""

PAUSE_DOUBLINGS: Final = 6
"""A probe a minute from each instance hammers nobody, and an event that makes its destination fail, again and again,
holds its neighbours up no longer."""

SPREAD: Final = 1.5
"""By how much a wait that the destination asked for may be exceeded, so that not everything comes back at once."""

_Waiting: TypeAlias = tuple[Delivery, Outcome]

# What is unfinished decides first: an event that is refused in part ends once the rest of it has ended, and only once.
_FIRST: Final = (Verdict.SETUP, Verdict.TRANSIENT, Verdict.THROTTLED, Verdict.INVALID)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long an unfinished event is tried again, and how soon."""

    window_seconds: float
    base_seconds: float = 1.0

    def delay(self, outcome: Outcome, attempts: int) -> int:
        """Return the seconds to wait: what was asked for or somewhat more, else exponential with full jitter."""
        if outcome.retry_after is not None:
            # Not all at the moment that was named, nor any of them before it.
            return min(math.ceil(outcome.retry_after * _jitter(1, SPREAD)), MAX_DELAY_SECONDS)
        if outcome.verdict is Verdict.SETUP:
            return round(_jitter(MAX_DELAY_SECONDS // 2, MAX_DELAY_SECONDS))
        doublings = min(attempts, 16) if outcome.verdict is Verdict.TRANSIENT else THROTTLE_DOUBLINGS
        longest = min(self.base_seconds * 2.0**doublings, MAX_DELAY_SECONDS)
        return round(_jitter(0, longest))

    def delay_of_untried(self, outcome: Outcome, age_seconds: float) -> int:
        """Return the seconds to wait for what nothing was sent for.

        It is about as long as it has waited already, so that in a long outage the queue does not go round and round,
        and at least what is left of the pause.
        """
        return max(self.delay(outcome, 0), round(_jitter(0, min(max(age_seconds, 0), MAX_DELAY_SECONDS))))

    def pause(self, failures: int) -> float:
        """Return the seconds for which an endpoint is left alone after so many failures in a row."""
        return _jitter(0, self.base_seconds * 2.0 ** min(failures, PAUSE_DOUBLINGS))

    def is_over(self, age_seconds: float, attempts: int) -> bool:
        """Tell whether there were enough tries for long enough; time in which nothing was tried is not enough."""
        return age_seconds > self.window_seconds and attempts >= MIN_ATTEMPTS


class Moment(NamedTuple):
    """When a message is settled, and when its first try became possible (epoch ms)."""

    now: datetime
    queued_at: int

    @property
    def age_seconds(self) -> float:
        """The time since that first try."""
        return self.now.timestamp() - self.queued_at / 1000


class End(NamedTuple):
    """How one event ended at one destination, in the metrics' names, and the outcome that kept it from delivery."""

    name: str
    message_id: str
    blocking: Outcome | None


def _jitter(shortest: float, longest: float) -> float:
    return random.uniform(shortest, longest)  # noqa: S311 - no secret


@dataclass(slots=True)
class Settlement:
    """What one message comes to; ``ends`` by destination, an end for each event."""

    dead_letters: list[Envelope] = field(default_factory=list)
    unfinished: list[tuple[Envelope, int]] = field(default_factory=list)
    ends: dict[str, list[End]] = field(default_factory=dict)


def settle(envelope: Envelope, deliveries: Iterable[Delivery], policy: RetryPolicy, moment: Moment) -> Settlement:
    """Decide the end of each delivery of one message."""
    settlement = Settlement()
    unfinished: dict[str | None, list[_Waiting]] = {}
    for delivery in deliveries:
        blocking = _blocking(delivery)
        end = _end(delivery, blocking, expired=policy.is_over(moment.age_seconds, envelope.attempts))
        settlement.ends.setdefault(delivery.destination or "unknown", []).append(end)
        if blocking and end.name == observability.FAILED:
            settlement.dead_letters.append(_dead_letter(envelope, delivery, blocking, moment))
        elif blocking:
            unfinished.setdefault(delivery.destination, []).append((delivery, blocking))
    # One message for all that is left at a destination: parts with waits of their own would overtake each other.
    for waiting in unfinished.values():
        settlement.unfinished += [_again(envelope, part, policy, moment) for part in _parts(waiting, envelope.attempts)]
    return settlement


def _blocking(delivery: Delivery) -> Outcome | None:
    """Return the outcome that keeps the event from being delivered, if there is one."""
    outcomes = [outcome for outcome in delivery.outcomes if outcome]
    by_verdict = {each.verdict: each for each in sorted(outcomes, key=lambda outcome: outcome.is_tried)}
    return next((by_verdict[verdict] for verdict in _FIRST if verdict in by_verdict), None)


def _end(delivery: Delivery, blocking: Outcome | None, *, expired: bool) -> End:
    if blocking is None:
        return End(observability.DELIVERED if delivery.results else observability.FILTERED, delivery.message_id, None)
    has_failed = blocking.verdict is Verdict.TRANSIENT and blocking.is_tried
    gives_up = blocking.verdict is Verdict.INVALID or (has_failed and expired)
    return End(observability.FAILED if gives_up else observability.RETRIED, delivery.message_id, blocking)


def _left_over(delivery: Delivery) -> Item:
    """Return the event with the keys of the operations that were not delivered."""
    if not delivery.results:
        return delivery.item
    ends = zip(delivery.results, delivery.outcomes, strict=True)
    keys = tuple(result.key for result, end in ends if end is None or end.verdict is not Verdict.DELIVERED)
    return replace(delivery.item, only=keys)


def _parts(waiting: list[_Waiting], attempts: int) -> list[list[_Waiting]]:
    """Return what is left in halves after many attempts; a user's events keep together, as long as there are others."""
    if waiting[0][1] is APART:
        return [[each] for each in waiting]
    if attempts < ALONE_FROM or len(waiting) == 1:
        return [waiting]
    subjects = [_subject(delivery.item) for delivery, _ in waiting]
    distinct = list(dict.fromkeys(subjects))
    if len(distinct) == 1:
        return [waiting[: len(waiting) // 2], waiting[len(waiting) // 2 :]]
    first = set(distinct[: len(distinct) // 2])
    halves: tuple[list[_Waiting], list[_Waiting]] = ([], [])
    for each, subject in zip(waiting, subjects, strict=True):
        halves[subject not in first].append(each)
    return list(halves)


def _subject(item: Item) -> str:
    """Return whose profile the event may write into: updates of one profile must not overtake each other."""
    try:
        event = item.event
    except BadEnvelope:  # whoever plans it will say so
        return ""
    return str(event.get("groupId") or event.get("userId") or event.get("anonymousId"))


def _again(envelope: Envelope, waiting: list[_Waiting], policy: RetryPolicy, moment: Moment) -> tuple[Envelope, int]:
    tried = [outcome.verdict for _, outcome in waiting if outcome.is_tried]
    envelope = replace(
        envelope,
        destination=waiting[0][0].destination,
        attempts=envelope.attempts + (Verdict.TRANSIENT in tried),
        queued_at=moment.queued_at,
        first_tried_at=envelope.first_tried_at or (clock.to_iso(moment.now) if tried else None),
        items=tuple(_left_over(each) for each, _ in waiting),
    )
    delays = [
        policy.delay(each, envelope.attempts)
        if each.is_tried or each.retry_after == 0
        else policy.delay_of_untried(each, moment.age_seconds)
        for _, each in waiting
    ]
    return envelope, max(delays)


def _dead_letter(envelope: Envelope, delivery: Delivery, blocking: Outcome, moment: Moment) -> Envelope:
    refused = _refused(delivery, blocking)
    now = clock.to_iso(moment.now)
    failure = Failure(
        class_=blocking.verdict.value,
        code=blocking.code or blocking.verdict.value,
        reason=blocking.reason,
        field=blocking.field,
        status=blocking.status,
        subscription=refused and refused.subscription,
        action=refused and refused.action,
        attempts=envelope.attempts + blocking.is_tried,
        firstTriedAt=envelope.first_tried_at or now,
        failedAt=now,
        operations=tuple(_refused_operations(delivery)),
    )
    return replace(envelope, destination=delivery.destination, items=(_left_over(delivery),), failure=failure)


def _refused(delivery: Delivery, blocking: Outcome) -> Result | None:
    """Return the result that the outcome is about; there is none where the event was not even planned."""
    ends = zip(delivery.results, delivery.outcomes, strict=False)
    return next((result for result, outcome in ends if outcome is blocking), None)


def _refused_operations(delivery: Delivery) -> Iterator[dict[str, Any]]:
    # A delivery that was stalled has an outcome, but no result that it belongs to.
    for result, outcome in zip(delivery.results, delivery.outcomes, strict=False):
        if result.operation and outcome and outcome.verdict is not Verdict.DELIVERED:
            record = _mask(result.operation.record, delivery.secrets)
            yield {"key": result.key, "endpoint": result.operation.endpoint, "record": record}


def _mask(record: bytes, secrets: Iterable[str]) -> Json:
    """Return the record without the secrets that some endpoints want in it (promise 7)."""
    text = record.decode()
    for secret in secrets:
        text = text.replace(orjson.dumps(secret).decode(), '"***"')
    return orjson.loads(text)
