"""An event → its delivery: which operations it means for a destination."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeAlias

import orjson

from switchyard.config import DestinationConfig
from switchyard.destinations.base import DestinationType, Operation, Outcome, Verdict
from switchyard.envelope import Item
from switchyard.errors import BadEnvelope, InvalidEvent
from switchyard.events import Event
from switchyard.subscriptions import Result, Subscription, compile_subscription, is_allowed, run_subscriptions

WarnOf: TypeAlias = Callable[[str, str], object]
"""Takes the messageId of an event and a sentence about it; the sentence holds field names, never values."""


_NOT_SHOWN: Final = (Verdict.DELIVERED, Verdict.THROTTLED, Verdict.SETUP)
_NO_JSON: Final = InvalidEvent("invalid", "the record cannot be written as JSON")


@dataclass(frozen=True, slots=True)
class Destination:
    """A configured destination, compiled; ``settings()`` resolves secrets and may raise MissingSecret."""

    name: str
    type: DestinationType[Any]
    subscriptions: tuple[Subscription, ...]
    settings: Callable[[], Any] = field(repr=False)


@dataclass(slots=True)
class Delivery:
    """One event on its way to one destination: ``outcomes[i]`` is the end of ``results[i]``, None while it is open.

    An event that was filtered has no results. One that could not even be mapped (a secret is missing, or its source
    is not configured any more and so no destination is known) has no results and one outcome.
    """

    item: Item
    message_id: str
    destination: str | None
    results: list[Result]
    outcomes: list[Outcome | None]
    settings: Any = field(default=None, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that the settings keep out of their own repr."""
        hidden = (getattr(self.settings, each.name) for each in fields(self.settings) if not each.repr)
        return tuple(value for value in hidden if value)

    def forget_what_is_settled(self) -> None:
        """Drop the records that nobody needs any more; a dead letter shows only those that were refused."""
        self.results = [
            Result(result.key, None) if outcome and outcome.verdict in _NOT_SHOWN else result
            for result, outcome in zip(self.results, self.outcomes, strict=False)
        ]


def compile_destination(
    config: DestinationConfig,
    destination_type: DestinationType[Any],
    resolve: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> Destination:
    """Compile once, at cold start, what every event needs. Raises ConfigError."""
    subscriptions = [each for each in config.subscriptions if each.enabled]
    return Destination(
        name=config.name,
        type=destination_type,
        subscriptions=tuple(compile_subscription(each, destination_type) for each in subscriptions),
        settings=lambda: destination_type.settings(**resolve(config.settings)),
    )


def plan(item: Item, event: Event, destination: Destination, settings: Any, warn: WarnOf) -> Delivery:
    """Return the delivery of an item, whose ``event`` nobody needs to keep: it has several times the item's size."""
    message_id = str(event.get("messageId"))
    results: list[Result] = []

    def warn_of_event(sentence: str) -> None:
        warn(message_id, sentence)

    if is_allowed(event, (destination.name, *destination.type.integrations)):
        made = run_subscriptions(destination.subscriptions, event, settings, warn_of_event, item.only)
        results = [_written(result) if result.operation else result for result in made]
    outcomes = [None if result.error is None else _refusal(result.error) for result in results]
    return Delivery(item, message_id, destination.name, results, outcomes, settings)


def _written(result: Result) -> Result:
    """Return the result with its record as JSON: all that is needed of it from here on, in a third of the memory."""
    assert result.operation  # noqa: S101
    endpoint, record = result.operation
    try:
        operation = Operation(endpoint, orjson.dumps(record))
    except TypeError:  # nested too deep, or a number of more than 64 bits: it costs only itself (promise 4)
        return result._replace(operation=None, error=_NO_JSON)
    return Result(result.key, operation, None, result.action)


def _refusal(error: InvalidEvent) -> Outcome:
    return Outcome(Verdict.INVALID, error.reason, error.field, code=error.code)


def ends_with(outcome: Outcome, item: Item, destination: str | None) -> Delivery:
    """Return the delivery of an event that is not even planned: it has the outcome, and no result."""
    return Delivery(item, _message_id(item), destination, [], [outcome])


def _message_id(item: Item) -> str:
    try:
        return str(item.event.get("messageId"))
    except BadEnvelope:
        return "unreadable"


def open_places(deliveries: Iterable[Delivery]) -> Iterator[tuple[Delivery, int]]:
    """Yield the place of every operation that has no outcome yet."""
    for delivery in deliveries:
        for number, outcome in enumerate(delivery.outcomes):
            if outcome is None:
                yield delivery, number
