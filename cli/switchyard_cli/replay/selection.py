"""Which archived events are meant, and for whom."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self

from switchyard import clock
from switchyard.errors import SwitchyardError
from switchyard.events import Event
from switchyard.fql import compile_fql
from switchyard_cli.event_name import event_name


class BadReplay(SwitchyardError):
    """A replay that cannot be: of nothing, to nowhere, or of a run that is not known."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Events that were received from ``start`` on and before ``end``, of which all that is given holds.

    ``user`` is a userId or an anonymousId, ``where`` a condition in FQL. With ``destination`` they are for that one
    alone, else for those that their source has today.
    """

    start: datetime
    end: datetime
    source: str | None = None
    event: str | None = None
    user: str | None = None
    where: str | None = None
    destination: str | None = None

    def condition(self) -> Callable[[Event], bool]:
        """Return what tells whether an event is meant. Raises FqlError."""
        start, end = (clock.to_iso(moment) for moment in (self.start, self.end))
        matches = compile_fql(self.where) if self.where else lambda _: True

        def is_meant(event: Event) -> bool:
            return (
                start <= event["receivedAt"] < end
                and self.event in (None, event_name(event))
                and (self.user is None or self.user in (event.get("userId"), event.get("anonymousId")))
                and matches(event)
            )

        return is_meant

    def document(self) -> dict[str, Any]:
        """Return what was asked for, as it is written down."""
        named = asdict(self)
        return {"from": clock.to_iso(named.pop("start")), "to": clock.to_iso(named.pop("end")), **named}

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """Read what was written down."""
        named = dict(document)
        start, end = (datetime.fromisoformat(named.pop(name)).astimezone(UTC) for name in ("from", "to"))
        return cls(start, end, **named)
