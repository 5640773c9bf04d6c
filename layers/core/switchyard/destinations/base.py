"""The shape that every destination type has.

A destination type is a package beside this module whose ``__init__`` holds one ``DESTINATION_TYPE``. Inside it:
*actions* (payload and settings → operations, pure), a *batcher* (operations → batches under the limits, pure) and
a *sender* (batch → one outcome for each operation, the only I/O), with its settings and presets beside them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from switchyard.events import Event, Json

Settings = TypeVar("Settings")

Payload: TypeAlias = dict[str, Any]
"""An action's fields after mapping and coercion; a field without a value has no key."""

Warn: TypeAlias = Callable[[str], None]
"""Takes one sentence about something that was left out or changed; it holds field names, never values."""


@dataclass(frozen=True, slots=True)
class Field:
    """One input of an action, in the vocabulary of Segment's destination kit.

    ``default`` is the mapping-kit value used where a subscription maps nothing. ``properties`` closes an object to
    those keys unless ``open`` is set; an object without ``properties`` takes any key.
    """

    name: str
    label: str
    type: Literal["string", "number", "integer", "boolean", "object", "datetime"]
    default: Json = None
    required: bool = False
    nullable: bool = False
    multiple: bool = False
    minimum: float | None = None
    maximum: float | None = None
    properties: "tuple[Field, ...] | None" = None
    open: bool = False


class Operation(NamedTuple):
    """One record that an action makes for one endpoint of the destination, e.g. ``/import``.

    ``record`` is an object as an action makes it, and its JSON in bytes once it is planned.
    """

    endpoint: str
    record: Json


@dataclass(frozen=True, slots=True)
class Action(Generic[Settings]):
    """What a subscription runs: ``perform`` is a pure function of its arguments.

    It raises ``switchyard.errors.InvalidEvent`` for an event that the destination can never take. Not ``repeatable`` is
    one whose operations, sent again, do again what they did.
    """

    name: str
    fields: tuple[Field, ...]
    perform: Callable[[Payload, Event, Settings, Warn], list[Operation]]
    repeatable: bool = True


class Batch(NamedTuple):
    """Operations that travel in one HTTP request: ``records[i]`` is the JSON of operation number ``positions[i]``."""

    endpoint: str
    records: list[bytes]
    positions: list[int]


class Verdict(Enum):
    """What a destination's reply means for one operation; there are no other meanings."""

    DELIVERED = "delivered"
    INVALID = "invalid"  # it will never be taken: dead letter at once
    THROTTLED = "throttled"  # too much at once: try later, not counted as an attempt
    TRANSIENT = "transient"  # the destination or the network failed: try later, counted
    SETUP = "setup"  # key, project or address are wrong: keep everything and call an operator


class Outcome(NamedTuple):
    """One operation's end of one attempt, with the destination's own words where it refused."""

    verdict: Verdict
    reason: str = ""
    field: str | None = None
    status: int | None = None
    retry_after: float | None = None  # seconds, where the destination named them
    code: str | None = None  # for a dead letter, where it says more than the verdict
    is_tried: bool = True  # False: nothing was sent for it, so it counts as no attempt


def _stands_alone(_operation: Operation) -> Json:
    return None


@dataclass(frozen=True, slots=True)
class DestinationType(Generic[Settings]):
    """A kind of destination, e.g. Mixpanel, of which a configuration may hold several instances."""

    name: str
    integrations: tuple[str, ...]  # its names in an event's ``integrations``, the most specific first
    settings: type[Settings]  # a dataclass: pydantic checks it at build, Lambda only fills it
    actions: Mapping[str, Action[Settings]]
    presets: tuple[Mapping[str, Json], ...]
    batches: Callable[[Sequence[Operation], Settings], list[Batch]]
    send: Callable[[Batch, Settings, Callable[[], bool]], list[Outcome]]  # the last says whether there is time left
    whose: Callable[[Operation], Json] = _stands_alone  # what it changes, which depends on the order of its changes

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the settings that are secret: those that their repr leaves out."""
        settings: Any = self.settings
        return frozenset(each.name for each in fields(settings) if not each.repr)
