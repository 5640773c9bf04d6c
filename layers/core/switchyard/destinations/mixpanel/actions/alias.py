"""alias: ``$create_alias`` for ``/track``, which makes another id of a known person."""

from typing import Final

from switchyard.destinations.base import Field, Operation, Payload, Warn
from switchyard.destinations.mixpanel.actions.identity import identity_event
from switchyard.destinations.mixpanel.directives import either, path
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.events import Event

FIELDS: Final = (
    Field("alias", "Alias", "string", either("$.userId", "$.anonymousId"), nullable=True),
    Field("distinct_id", "Distinct ID", "string", path("$.previousId")),
)


def perform(payload: Payload, _event: Event, settings: MixpanelSettings, _warn: Warn) -> list[Operation]:
    """Return the one operation; an id that is missing is left to Mixpanel to refuse."""
    return [identity_event("$create_alias", payload, settings)]
