"""A destination's enabled subscriptions: as they were written, as they were compiled, and where they stand."""

from collections.abc import Iterator
from dataclasses import dataclass

from switchyard.config import DestinationConfig, SubscriptionConfig
from switchyard.destinations import load_type
from switchyard.fql.parser import parse
from switchyard.fql.tree import Condition
from switchyard.subscriptions import Subscription, compile_subscription
from switchyard_cli.config.documents import Problem
from switchyard_cli.config.schema import WrittenDestination
from switchyard_cli.config.sources_and_destinations import Place


@dataclass(frozen=True, slots=True)
class Enabled:
    """One subscription; ``place`` is that of the preset's name where nobody wrote it out."""

    config: SubscriptionConfig
    compiled: Subscription
    condition: Condition
    place: Place

    def problem(self, message: str, *within: str | int) -> Problem:
        """Return a problem at the subscription, or at something within it."""
        return self.place.problem(message, *within)

    def takes(self, field: str) -> bool:
        """Tell whether the subscription's action has a field of that name."""
        return any(each.name == field for each in self.compiled.action.fields)


def enabled_subscriptions(written: WrittenDestination, config: DestinationConfig, place: Place) -> Iterator[Enabled]:
    """Yield the subscriptions that run, of a destination without mistakes."""
    destination_type = load_type(config.type)
    for number, each in enumerate(config.subscriptions):
        if each.enabled:
            compiled = compile_subscription(each, destination_type)
            yield Enabled(each, compiled, parse(each.subscribe), _place(written, place, number))


def _place(written: WrittenDestination, place: Place, number: int) -> Place:
    """Return where a destination's subscription stands; the presets stand in one word."""
    within = ("subscriptions",) if written.subscriptions == "presets" else ("subscriptions", number)
    return Place(place.document, (*place.location, *within))
