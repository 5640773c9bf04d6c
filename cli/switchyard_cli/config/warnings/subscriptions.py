"""Subscriptions that send nothing, or send the same events twice."""

import json
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

from switchyard.destinations.base import Operation
from switchyard.events import CALLS, Event, Json
from switchyard.fql.lexer import tokenize
from switchyard.subscriptions import Result, run_subscriptions
from switchyard_cli.config.documents import Problem
from switchyard_cli.config.schema import WrittenDestination
from switchyard_cli.config.sources_and_destinations import Place
from switchyard_cli.config.warnings.conditions import possible_calls
from switchyard_cli.config.warnings.enabled import Enabled
from switchyard_cli.config.warnings.probes import probes

_NEVER: Final = f"no event can satisfy this: it contradicts itself, or its type is none of {', '.join(CALLS)}"


def idle_warnings(written: WrittenDestination, place: Place, enabled: Sequence[Enabled]) -> Iterator[Problem]:
    """Yield a warning about each subscription that never runs, and about a destination without any that does."""
    subscriptions = () if written.subscriptions == "presets" else written.subscriptions
    for number, each in enumerate(subscriptions):
        if not each.enabled:
            message = "this subscription is disabled and sends nothing; enable it, or take it out"
            yield place.problem(message, "subscriptions", number, "enabled")
    for subscription in enabled:
        if not possible_calls(subscription.condition):
            yield subscription.problem(_NEVER, "subscribe")
    if not enabled:
        message = "no subscription is enabled, so every event is filtered; enable one, or write `presets`"
        yield place.problem(message, "subscriptions")


def refusal_warnings(enabled: Sequence[Enabled], settings: Any) -> Iterator[Problem]:
    """Yield a warning about each subscription whose every event lacks a field that the action's defaults look for.

    A ``type = "page"`` for trackEvent, say, since a page call has no ``event``.
    """
    for each in enabled:
        events = [probe.event for probe in probes(each.condition) if each.compiled.matches(probe.event)]
        fields = {_missing_field(each, event, settings) for event in events}
        is_certain = possible_calls(each.condition) == {event["type"] for event in events}
        if is_certain and len(fields) == 1 and (field := fields.pop()) and field not in each.config.mapping:
            message = f"{each.config.partnerAction} refuses each of these: its field '{field}' has no value; map it"
            yield each.problem(message, "subscribe")


def _missing_field(subscription: Enabled, event: Event, settings: Any) -> str | None:
    errors = (each.error for each in _results(subscription, event, settings) if each.error)
    return next((each.field for each in errors if each.code == "missing_field"), None)


def overlap_warnings(enabled: Sequence[Enabled], settings: Any) -> Iterator[Problem]:
    """Yield a warning about each subscription that sends what an earlier one sends already.

    That is so where both are the same but for their names, and where there is an event, made up from the values in
    their conditions, that satisfies both and of which both make a record of the same thing (``_overlap``).
    """
    essences = [_essence(each) for each in enabled]
    for number, later in enumerate(enabled):
        first = essences.index(essences[number])
        if first < number:
            message = f"'{enabled[first].config.name}' does the same with the same events; take one of them out"
            yield later.problem(message, "subscribe")
        elif message := next(filter(None, (_sent_twice(each, later, settings) for each in enabled[:number])), ""):
            yield later.problem(message, "subscribe")


def _sent_twice(earlier: Enabled, later: Enabled, settings: Any) -> str | None:
    """Say what both subscriptions send, and what to do about it."""
    pairs = ((earlier.condition, later.condition), (later.condition, earlier.condition))
    for probe in (probe for pair in pairs for probe in probes(*pair)):
        operations = product(*(_operations(each, probe.event, settings) for each in (earlier, later)))
        if endpoint := next((one.endpoint for one, other in operations if _overlap(one, other)), None):
            shared = f"'{earlier.config.name}' sends some of these to {endpoint}, too, where {probe}"
            return f"{shared}; narrow one of the conditions, or they go out twice"
    return None


def _essence(subscription: Enabled) -> tuple[Any, ...]:
    config = subscription.config
    words = [token.text for token in tokenize(config.subscribe)]
    return config.partnerAction, words, json.dumps(config.mapping, sort_keys=True)


def _operations(subscription: Enabled, event: Event, settings: Any) -> Iterator[Operation]:
    return (each.operation for each in _results(subscription, event, settings) if each.operation)


def _results(subscription: Enabled, event: Event, settings: Any) -> list[Result]:
    return run_subscriptions([subscription.compiled], event, settings, lambda _sentence: None)


def _overlap(one: Operation, other: Operation) -> bool:
    """Tell whether both records are of the same thing (user, group, event) and have a property in common."""
    if one.endpoint != other.endpoint or _subject(one.record) != _subject(other.record):
        return False
    objects = [(value, other.record.get(name)) for name, value in one.record.items()]
    return any(a.keys() & b.keys() for a, b in objects if isinstance(a, dict) and isinstance(b, dict))


def _subject(record: dict[str, Json]) -> dict[str, Json]:
    # Under another name, an event is still sent a second time.
    return {name: value for name, value in record.items() if not isinstance(value, dict) and name != "event"}
