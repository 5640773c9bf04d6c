"""Events made up to try conditions with: what Segment's spec gives each call, and the values in the conditions."""

import copy
import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from switchyard.events import Event, Json
from switchyard.fql.lexer import Path
from switchyard.fql.tree import And, Condition
from switchyard_cli.config.warnings.conditions import Model, models, possible_calls

_COMMON: Final[Event] = {
    "messageId": "probe",
    "userId": "probe",
    "receivedAt": "2026-01-01T00:00:00.000Z",
    "context": {},
}
_PROPERTIES: Final = {"probe": 1, "increment": {"probe": 1}}
_TRAITS: Final = {"probe": 1}

_CALLS: Final[dict[str, Event]] = {
    "track": {"event": "probe", "properties": _PROPERTIES},
    "identify": {"traits": _TRAITS},
    "page": {"name": "probe", "category": "probe", "properties": _PROPERTIES},
    "screen": {"name": "probe", "category": "probe", "properties": _PROPERTIES},
    "group": {"groupId": "probe", "traits": _TRAITS},
    "alias": {"previousId": "probe"},
}
"""What each call has beside what they all have, and no other call has."""

_OWN: Final = frozenset().union(*_CALLS.values())


class Probe(NamedTuple):
    """An event, and what it was given besides the usual."""

    event: Event
    model: Model

    def __str__(self) -> str:
        """Describe the event as a condition would."""
        fields = {".".join(map(str, path)): value for path, value in self.model.items()}
        return " and ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items())


def probes(*conditions: Condition) -> Iterator[Probe]:
    """Yield events that may satisfy all the conditions; whether one does has to be tried."""
    possible = possible_calls(And(conditions))
    for model in models(And(conditions)) if possible else ():
        for call in _CALLS:
            if call in possible and _fits(model, call):
                yield _probe({("type",): call, **model})


def _fits(model: Model, call: str) -> bool:
    named = {path[0] for path, value in model.items() if value is not None}
    return model.get(("type",), call) == call and not named & _OWN - _CALLS[call].keys()


def _probe(model: Model) -> Probe:
    event = copy.deepcopy({**_COMMON, **_CALLS[model["type",]]})
    for path, value in model.items():
        _put(event, path, value)
    return Probe(event, model)


def _put(event: Any, path: Path, value: Json) -> None:
    """Put ``value`` where ``path`` leads; an index is a key like any other, since FQL looks both up alike."""
    *parents, last = path
    for step in parents:
        if not isinstance(event.get(step), dict):
            event[step] = {}
        event = event[step]
    event[last] = value
