"""Deliveries → outcomes: every operation of every event ends with exactly one."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from switchyard.destinations.base import Batch, Operation, Outcome, Verdict
from switchyard.forward.plan import Delivery, Destination, open_places

OUT_OF_TIME: Final = Outcome(Verdict.THROTTLED, "the run ended before this could be sent", retry_after=0)

_TROUBLE: Final = (Verdict.THROTTLED, Verdict.TRANSIENT, Verdict.SETUP)


def deliver(
    deliveries: Sequence[Delivery], destination: Destination, settings: Any, has_time: Callable[[], bool]
) -> Outcome | None:
    """Send whatever has no outcome yet, batched across events and messages, and write the outcomes down.

    Returns the outcome of the trouble that the destination is in, if it is. Once an endpoint is in trouble, its later
    batches share the outcome: an older update must not be applied after a newer one, and a destination that is down
    is not hammered. Once ``has_time`` says no, the rest is left for a later run; that counts as no attempt.
    """
    places, batches = _batches(deliveries, destination, settings)
    trouble: dict[str, Outcome] = {}
    for batch in batches:
        outcomes = _send(batch, destination, settings, has_time, trouble.get(batch.endpoint))
        for position, outcome in zip(batch.positions, outcomes, strict=True):
            delivery, number = places[position]
            delivery.outcomes[number] = outcome
        if _is_trouble(outcomes[-1]):
            trouble[batch.endpoint] = outcomes[-1]
    for delivery in deliveries:
        delivery.forget_what_is_settled()
    return next(iter(trouble.values()), None)


def _is_trouble(outcome: Outcome) -> bool:
    # Who may come back at once was not turned away.
    return outcome.verdict in _TROUBLE and outcome.retry_after != 0


def _send(
    batch: Batch, destination: Destination, settings: Any, has_time: Callable[[], bool], trouble: Outcome | None
) -> list[Outcome]:
    if trouble or not has_time():
        return [trouble or OUT_OF_TIME] * len(batch.positions)
    try:
        return destination.type.send(batch, settings, has_time)
    except Exception as error:  # noqa: BLE001 - a mistake of ours must not leave other destinations' events unsettled
        reason = f"sending failed unexpectedly ({type(error).__name__})"
        return [Outcome(Verdict.TRANSIENT, reason)] * len(batch.positions)


def _batches(
    deliveries: Sequence[Delivery], destination: Destination, settings: Any
) -> tuple[list[tuple[Delivery, int]], list[Batch]]:
    """Return the open places, and batches whose positions are indexes of them."""

    def batches(of: Sequence[tuple[Delivery, int]]) -> list[Batch]:
        return destination.type.batches([_operation(*place) for place in of], settings)

    places = list(open_places(deliveries))
    try:
        return places, batches(places)
    except Exception:  # noqa: BLE001 - one record that is no JSON (nested too deep, say) must cost only itself
        for delivery, number in places:
            try:
                batches([(delivery, number)])
            except Exception:  # noqa: BLE001
                delivery.outcomes[number] = Outcome(Verdict.INVALID, "the record cannot be written as JSON")
    places = list(open_places(deliveries))
    return places, batches(places)


def _operation(delivery: Delivery, number: int) -> Operation:
    operation = delivery.results[number].operation
    assert operation is not None, "what has no operation has an outcome from the start"  # noqa: S101
    return operation
