"""trackEvent: one event for ``/import``."""

from typing import Final

from switchyard.destinations.base import Operation, Payload, Warn
from switchyard.destinations.mixpanel.actions.event_fields import EVENT_FIELDS, EVENT_NAME
from switchyard.destinations.mixpanel.actions.event_properties import event_properties
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.events import Event

FIELDS: Final = (EVENT_NAME, *EVENT_FIELDS)


def perform(payload: Payload, event: Event, settings: MixpanelSettings, warn: Warn) -> list[Operation]:
    """Return the event's one operation."""
    properties = event_properties(payload, event, settings, warn)
    return [Operation("/import", {"event": payload["event"], "properties": properties})]
