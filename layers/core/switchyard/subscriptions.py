"""One event → the operations that a destination's subscriptions make of it.

Pure: the result depends on the event and the configuration alone, so it is the same at every attempt (promise 3).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from switchyard.config import SubscriptionConfig
from switchyard.destinations.base import Action, DestinationType, Field, Operation, Payload, Warn
from switchyard.errors import ConfigError, InvalidEvent, MappingError
from switchyard.events import Event, Json
from switchyard.fields import compile_coercion, settled_classes
from switchyard.fql import compile_fql
from switchyard.mapping import ROOT_DIRECTIVE, TypedFields, WarnField, compile_typed_fields
from switchyard.suggestions import did_you_mean


@dataclass(frozen=True, slots=True)
class Subscription:
    """A compiled subscription. ``look_up`` maps the fields and sets apart those values that ``coerce`` would not touch.

    It reports a field that could not be mapped and goes on without it.
    """

    name: str
    action: Action[Any]
    matches: Callable[[Event], bool]
    look_up: TypedFields
    coerce: Callable[[Payload, Warn], Payload]

    def map_fields(self, event: Event, warn_field: WarnField) -> dict[str, Json]:
        """Return all fields as they are mapped, before coercion."""
        settled, rest = self.look_up(event, warn_field)
        return settled | rest

    def run(self, event: Event, settings: Any, warn: Warn) -> list[Operation]:
        """Return the event's operations. Raises InvalidEvent where the destination could never take them."""
        payload, rest = self.look_up(event, lambda field, reason: warn(f"{field}: {reason}"))
        payload |= self.coerce(rest, warn)
        return self.action.perform(payload, event, settings, warn)


class Result(NamedTuple):
    """What became of one operation before anything was sent; ``key`` is the same at every attempt.

    With an error from mapping the key stands for all that the subscription would have made.
    """

    key: str
    operation: Operation | None
    error: InvalidEvent | None = None
    action: str | None = None

    @property
    def subscription(self) -> str:
        """The name of the subscription that made it."""
        return self.key.rpartition("#")[0]


_GONE: Final = InvalidEvent(
    "subscription_gone", "since the first try the configuration has changed: no subscription makes this record any more"
)


def compile_subscription(config: SubscriptionConfig, destination_type: DestinationType[Any]) -> Subscription:
    """Compile once what runs for every event. Raises ConfigError, FqlError or MappingError."""
    action = destination_type.actions.get(config.partnerAction)
    if action is None:
        hint = did_you_mean(config.partnerAction, destination_type.actions)
        raise ConfigError(f"there is no action '{config.partnerAction}'{hint}")
    _check_fields(config.mapping, action.fields, action.name)
    look_up = compile_typed_fields({**_defaults(action), **config.mapping}, settled_classes(action.fields))
    _check_constants(config.mapping, action.fields)
    return Subscription(
        name=config.name,
        action=action,
        matches=compile_fql(config.subscribe),
        look_up=look_up,
        coerce=compile_coercion(action.fields),
    )


def _check_fields(mapping: Mapping[str, Json], fields: Iterable[Field], of: str, place: str = "") -> None:
    """Refuse names that the action or one of its closed objects does not know: nothing would come of them."""
    known = {field.name: field for field in fields}
    for name, node in mapping.items():
        if name == ROOT_DIRECTIVE:
            continue
        if name not in known:
            raise MappingError(f"{of} has no such field{did_you_mean(name, known)}", f"{place}{name}")
        members = known[name].properties
        if members and not known[name].open and isinstance(node, dict) and not any(key[:1] == "@" for key in node):
            _check_fields(node, members, name, f"{place}{name}.")


def _check_constants(mapping: Mapping[str, Json], fields: Iterable[Field]) -> None:
    """Refuse a value without directives that its field can not take: it would go wrong on every event."""
    for field in fields:
        value = mapping.get(field.name)
        if value is None or not _is_constant(value):
            continue
        problems: list[str] = []
        try:
            compile_coercion((field,))({field.name: value}, problems.append)
        except InvalidEvent as error:
            problems.append(error.reason)
        if problems:
            path, _, problem = problems[0].rpartition(": ")
            raise MappingError(problem.removesuffix("; left out"), path or field.name)


def _is_constant(value: Json) -> bool:
    if isinstance(value, list):
        return all(map(_is_constant, value))
    if isinstance(value, dict):
        return all(name[:1] != "@" and _is_constant(inner) for name, inner in value.items())
    return True


def _defaults(action: Action[Any]) -> dict[str, Json]:
    return {field.name: field.default for field in action.fields if field.default is not None}


def run_subscriptions(
    subscriptions: Iterable[Subscription], event: Event, settings: Any, warn: Warn, only: Iterable[str] | None = None
) -> list[Result]:
    """Run every subscription that matches; an error costs only its own subscription.

    With ``only``, return just what these keys stand for: what an earlier attempt left over. What no subscription makes
    any more is an error: it was not filtered, and it must not vanish.
    """
    matching = [each for each in subscriptions if each.matches(event)]
    if only is None:
        return [result for each in matching for result in _run(each, event, settings, warn)]
    made = {each.name: _run(each, event, settings, warn) if each in matching else [] for each in subscriptions}
    by_key = {result.key: [result] for results in made.values() for result in results}
    by_key |= {_key_of_all(name): results for name, results in made.items()}
    return [result for key in only for result in by_key.get(key, [Result(key, None, _GONE)])]


def _key_of_all(name: str) -> str:
    """Return the key of a subscription that could make nothing: once it can, that may be any number of operations."""
    return f"{name}#"


def _run(subscription: Subscription, event: Event, settings: Any, warn: Warn) -> list[Result]:
    name, action = subscription.name, subscription.action.name
    try:
        operations = subscription.run(event, settings, warn)
    except InvalidEvent as error:
        return [Result(_key_of_all(name), None, error, action)]
    except Exception as error:  # noqa: BLE001 - a mistake of ours must not cost the event's neighbours (promise 4)
        reason = f"{action} failed unexpectedly ({type(error).__name__})"
        return [Result(_key_of_all(name), None, InvalidEvent("internal_error", reason), action)]
    return [Result(f"{name}#{number}", operation, None, action) for number, operation in enumerate(operations)]


def is_allowed(event: Event, names: Iterable[str]) -> bool:
    """Tell whether the event's ``integrations`` lets it go to a destination known by these names.

    The first name that is mentioned decides, else ``All``; an object (per-event options) counts as true.
    """
    integrations = event.get("integrations")
    if not isinstance(integrations, dict):
        return True
    for name in (*names, "All"):
        if (allowed := integrations.get(name)) is not None:
            return allowed is not False
    return True
