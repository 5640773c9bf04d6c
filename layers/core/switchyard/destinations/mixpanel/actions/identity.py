"""Mixpanel's identity events, which go to ``/track``: they join two ids of one person."""

from typing import Any

from switchyard.destinations.base import Operation
from switchyard.destinations.mixpanel.settings import MixpanelSettings


def identity_event(name: str, ids: dict[str, Any], settings: MixpanelSettings) -> Operation:
    """Return the operation of ``$identify`` or ``$create_alias``."""
    properties = {**ids, "token": settings.projectToken}
    if settings.sourceName is not None:
        properties["segment_source_name"] = settings.sourceName
    return Operation("/track", {"event": name, "properties": properties})
