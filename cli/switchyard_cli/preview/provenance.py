"""Where an action's fields come from, and what of the records comes from them.

The second is found by trial: a value of a record comes from a field if it changes when the field's value does. So it
holds for any destination type, whatever its actions do.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from switchyard.config import SubscriptionConfig
from switchyard.destinations.base import Action, Field, Payload
from switchyard.errors import InvalidEvent
from switchyard.events import Event, Json
from switchyard.mapping import MISSING, ROOT_DIRECTIVE, compile_mapping
from switchyard.subscriptions import Subscription
from switchyard_cli.preview.leaves import leaves

_PLACEHOLDER: Final = re.compile(r"\{\{\{?([^{}]+)\}")
_OTHER: Final = "another value"
_OTHER_TIME: Final = "1987-06-05T04:03:02Z"


@dataclass(frozen=True, slots=True)
class Origin:
    """One field of an action for one event.

    ``reads`` are the paths in its mapping at which the event holds something. ``value`` is what the action is given,
    ``MISSING`` if nothing. ``becomes`` are the paths in the records whose values depend on it.
    """

    field: str
    is_default: bool
    mapping: Json
    reads: tuple[str, ...]
    value: Json
    becomes: tuple[str, ...]


class Provenance:
    """Traces the fields of one subscription."""

    def __init__(self, config: SubscriptionConfig, subscription: Subscription) -> None:
        defaults = {field.name: field.default for field in subscription.action.fields if field.default is not None}
        self._subscription = subscription
        self._own = {name: mapping for name, mapping in config.mapping.items() if name != ROOT_DIRECTIVE}
        self._mapping = {**defaults, **self._own}
        # Under a root directive, paths do not lead into the event but into what the directive makes of it.
        reads_event = ROOT_DIRECTIVE not in config.mapping
        self._look_ups = {name: _look_ups(mapping) if reads_event else {} for name, mapping in self._mapping.items()}

    def trace(self, event: Event, settings: Any) -> list[Origin]:
        """Return the fields that got something from the event, and those that the subscription itself maps."""
        payload: Payload = {}
        becomes: dict[str, tuple[str, ...]] = {}
        with suppress(InvalidEvent):  # the preview says why; as far as it came can still be shown
            payload = self._subscription.map_fields(event, _ignore)
            payload = self._subscription.coerce(payload, _ignore)
            becomes = _becomes(self._subscription.action, payload, event, settings)
        origins = (self._origin(name, event, payload, becomes.get(name, ())) for name in self._mapping)
        return [each for each in origins if not each.is_default or each.reads or self._is_constant(each)]

    def _is_constant(self, origin: Origin) -> bool:
        return origin.value is not MISSING and not self._look_ups[origin.field]

    def _origin(self, name: str, event: Event, payload: Payload, becomes: tuple[str, ...]) -> Origin:
        return Origin(
            field=name,
            is_default=name not in self._own,
            mapping=self._mapping[name],
            reads=tuple(
                path for path, look_up in self._look_ups[name].items() if look_up(event) not in (None, MISSING)
            ),
            value=payload.get(name, MISSING),
            becomes=becomes,
        )


def _ignore(*_: str) -> None:
    """Take a warning that the preview has, too."""


def _look_ups(mapping: Json) -> dict[str, Callable[[Json], Json]]:
    return {path: compile_mapping({"@path": path}) for path in _paths(mapping)}


def _paths(mapping: Json) -> Iterator[str]:
    """Yield the paths in a mapping that start from the event, not from an item or from what another mapping made."""
    match mapping:
        case {"@path": str(path)} | {"@arrayPath": [str(path), *_]}:
            yield path
        case {"@arrayPath": [inner, *_]} | {"@transform": {"apply": inner}}:
            yield from _paths(inner)
        case {"@template": str(template)}:
            yield from _placeholders(template)
        case {"@liquid": str(template)}:
            yield from _variables(template)
        case dict() | list():
            for inner in mapping.values() if isinstance(mapping, dict) else mapping:
                yield from _paths(inner)


def _placeholders(template: str) -> Iterator[str]:
    # Their paths have no "$." before them, and mean something else with it.
    found = (placeholder.strip() for placeholder in _PLACEHOLDER.findall(template))
    return (path for path in found if not path.startswith("$"))


def _variables(template: str) -> Iterator[str]:
    from switchyard.mapping.liquid_engine import paths  # noqa: PLC0415 - it takes 0.1 s to import

    return paths(template)


def _becomes(action: Action[Any], payload: Payload, event: Event, settings: Any) -> dict[str, tuple[str, ...]]:
    """Return, by field, the paths in the records that depend on it."""

    def perform(payload: Payload) -> list[dict[str, bytes]]:
        try:
            return [leaves(operation.record) for operation in action.perform(payload, event, settings, _ignore)]
        except InvalidEvent:
            return []

    records = perform(payload)
    given = [field for field in action.fields if payload.get(field.name) is not None]
    return {
        field.name: _changed(records, perform({**payload, field.name: _other_value(field, payload[field.name])}))
        for field in given
    }


def _changed(before: list[dict[str, bytes]], after: list[dict[str, bytes]]) -> tuple[str, ...]:
    """Return the paths, each once, whose values are others or gone."""
    gone: list[dict[str, bytes]] = [{}] * len(before)
    pairs = zip(before, after + gone, strict=False)
    return tuple(dict.fromkeys(path for old, new in pairs for path in old if old[path] != new.get(path)))


def _other_value(field: Field, value: Json) -> Json:
    """Return another value of the field's type."""
    if field.multiple:
        return []
    match field.type:
        case "boolean":
            return not value
        case "number" | "integer":
            return 0 if value else 1
        case "object":
            return {_OTHER: 1}
        case "datetime":
            return _OTHER_TIME
    return _OTHER
