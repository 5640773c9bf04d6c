"""Deliveries → outcomes: every operation of every event ends with exactly one."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from switchyard.destinations.base import Batch, Operation, Outcome, Verdict
from switchyard.forward.breaker import put_off
from switchyard.forward.plan import Delivery, Destination, open_places

_SETTLED: Final = (Verdict.DELIVERED, Verdict.INVALID)

OUT_OF_TIME: Final = Outcome(
    Verdict.THROTTLED, "the run ended before this could be sent", retry_after=0, is_tried=False
)


def deliver(
    deliveries: Sequence[Delivery],
    destination: Destination,
    settings: Any,
    has_time: Callable[[], bool],
    paused: Mapping[str, Outcome] = MappingProxyType({}),
) -> dict[str, Outcome]:
    """Send whatever has no outcome yet, batched across events and messages, and write the outcomes down.

    Returns the last outcome of every endpoint that something was for. What is for a ``paused`` endpoint gets that
    outcome. Once an endpoint is in trouble, its later batches are put off with it: an older update must not be applied
    after a newer one, and a destination that is down is not hammered. Once ``has_time`` says no, the rest is left for
    a later run.
    """
    places = list(open_places(deliveries))
    batches = destination.type.batches([_operation(*place) for place in places], settings)
    last: dict[str, Outcome] = {}
    for batch in batches:
        stop = _stop(last.get(batch.endpoint) or paused.get(batch.endpoint))
        outcomes = _send(batch, destination, settings, has_time, stop)
        for position, outcome in zip(batch.positions, outcomes, strict=True):
            delivery, number = places[position]
            delivery.outcomes[number] = outcome
        if not stop:
            last[batch.endpoint] = outcomes[-1]
        last.setdefault(batch.endpoint, outcomes[-1])
    for delivery in deliveries:
        delivery.forget_what_is_settled()
    return last


def _stop(last: Outcome | None) -> Outcome | None:
    """Return the outcome of what is not sent any more after an endpoint's last one, None while it takes records."""
    return put_off(last) if last and last.verdict not in _SETTLED else None


def _send(
    batch: Batch, destination: Destination, settings: Any, has_time: Callable[[], bool], stop: Outcome | None
) -> list[Outcome]:
    if stop or not has_time():
        return [stop or OUT_OF_TIME] * len(batch.positions)
    try:
        return destination.type.send(batch, settings, has_time)
    except Exception as error:  # noqa: BLE001 - a mistake of ours must not leave other destinations' events unsettled
        reason = f"sending failed unexpectedly ({type(error).__name__})"
        return [Outcome(Verdict.TRANSIENT, reason)] * len(batch.positions)


def _operation(delivery: Delivery, number: int) -> Operation:
    operation = delivery.results[number].operation
    assert operation is not None, "what has no operation has an outcome from the start"  # noqa: S101
    return operation
