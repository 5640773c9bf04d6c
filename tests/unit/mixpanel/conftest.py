"""Events through one of Mixpanel's actions, with its default mapping: what a destination does without its queue."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from switchyard.destinations.base import Operation
from switchyard.destinations.mixpanel.actions import ACTIONS
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.events import Event
from switchyard.fields import compile_coercion
from switchyard.mapping import compile_fields


class Ran(NamedTuple):
    """What an action made of an event."""

    operations: list[Operation]
    warnings: list[str]

    @property
    def record(self) -> Any:
        """The record of the only operation."""
        [operation] = self.operations
        return operation.record

    @property
    def properties(self) -> Any:
        """The properties of the only record."""
        return self.record["properties"]


Perform = Callable[..., Ran]


@pytest.fixture
def perform() -> Perform:
    """Return a function that runs an action on an event; keywords override the default mapping."""

    def run(action: str, event: Event, settings: MixpanelSettings | None = None, **mapping: Any) -> Ran:
        fields, warnings = ACTIONS[action].fields, list[str]()
        defaults = {field.name: field.default for field in fields if field.default is not None}
        mapped = compile_fields({**defaults, **mapping})(
            event, lambda field, reason: warnings.append(f"{field}: {reason}")
        )
        payload = compile_coercion(fields)(mapped, warnings.append)
        return Ran(
            ACTIONS[action].perform(payload, event, settings or MixpanelSettings("token"), warnings.append), warnings
        )

    return run
