"""incrementProperties: adds to numbers in a profile, through ``/engage``."""

import math
from typing import Any, Final

from switchyard.destinations.base import Field, Operation, Payload, Warn
from switchyard.destinations.mixpanel.actions.profile import PERSON_FIELDS, person
from switchyard.destinations.mixpanel.directives import path
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.errors import InvalidEvent
from switchyard.events import Event, Json
from switchyard.scalars import to_double, to_number

FIELDS: Final = (
    *PERSON_FIELDS,
    Field("increment", "Increment Numerical Properties", "object", path("$.properties.increment"), required=True),
)

_MAX_PROPERTIES: Final = 20


def perform(payload: Payload, _event: Event, settings: MixpanelSettings, _warn: Warn) -> list[Operation]:
    """Return one operation, or none for an empty ``increment``.

    Raises InvalidEvent, as Segment refuses, for over twenty properties or for text that is no number.
    """
    increment: dict[str, Any] = payload["increment"]
    if not increment:
        return []
    if len(increment) > _MAX_PROPERTIES:
        raise InvalidEvent("invalid_field", f"increment: more than {_MAX_PROPERTIES} properties", "increment")
    added = {name: _number(value) for name, value in increment.items() if _counts(value)}
    return [Operation("/engage", {**person(payload, settings), "$add": added})]


def _counts(value: Json) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _number(value: Json) -> float | None:
    number = to_number(value) if isinstance(value, str) else value
    if math.isnan(to_double(number)):
        # The key is the sender's own, and may be anything: it is not told (promise 7).
        raise InvalidEvent("invalid_field", "increment: a string that is not a number", "increment")
    # JSON has no infinity: JavaScript writes null.
    return None if math.isinf(to_double(number)) else number
