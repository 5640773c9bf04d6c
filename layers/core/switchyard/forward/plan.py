"""An envelope → deliveries: which operations each of its events means for a destination."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

from switchyard.config import DestinationConfig
from switchyard.destinations.base import DestinationType, Outcome, Verdict
from switchyard.envelope import Envelope, Item
from switchyard.subscriptions import Result, Subscription, compile_subscription, is_allowed, run_subscriptions

WarnOf: TypeAlias = Callable[[str, str], object]
"""Takes the messageId of an event and a sentence about it; the sentence holds field names, never values."""


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
    destination: str | None
    results: list[Result]
    outcomes: list[Outcome | None]
    secrets: tuple[str, ...] = field(default=(), repr=False)


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


def plan(envelope: Envelope, destination: Destination, settings: Any, warn: WarnOf) -> list[Delivery]:
    """Return a delivery for each event of the envelope."""
    secrets = _secrets_of(settings)
    return [_delivery(item, destination, settings, warn, secrets) for item in envelope.items]


def _secrets_of(settings: Any) -> tuple[str, ...]:
    """Return the values that the settings keep out of their own repr."""
    return tuple(value for each in fields(settings) if not each.repr and (value := getattr(settings, each.name)))


def _delivery(item: Item, destination: Destination, settings: Any, warn: WarnOf, secrets: tuple[str, ...]) -> Delivery:
    event = item.event
    results: list[Result] = []

    def warn_of_event(sentence: str) -> None:
        warn(str(event.get("messageId")), sentence)

    if is_allowed(event, (destination.name, *destination.type.integrations)):
        results = run_subscriptions(destination.subscriptions, event, settings, warn_of_event, item.only)
    return Delivery(item, destination.name, results, [_refusal(result) for result in results], secrets)


def _refusal(result: Result) -> Outcome | None:
    error = result.error
    return None if error is None else Outcome(Verdict.INVALID, error.reason, error.field, code=error.code)


def all_end_with(outcome: Outcome, envelope: Envelope, destination: str | None) -> list[Delivery]:
    """Return deliveries for an envelope that cannot be planned: each event has the outcome, and no result."""
    return [Delivery(item, destination, [], [outcome]) for item in envelope.items]


def open_places(deliveries: Iterable[Delivery]) -> Iterator[tuple[Delivery, int]]:
    """Yield the place of every operation that has no outcome yet."""
    for delivery in deliveries:
        for number, outcome in enumerate(delivery.outcomes):
            if outcome is None:
                yield delivery, number
