"""The properties of a Mixpanel event: what Segment's fields are called there, and the caller's own beside them."""

from typing import Any, Final

from switchyard.destinations.base import Payload, Warn
from switchyard.destinations.mixpanel.actions.event_fields import EVENT_FIELDS, USER_AGENT_DATA
from switchyard.destinations.mixpanel.browser import read_browser
from switchyard.destinations.mixpanel.event_time import event_time
from switchyard.destinations.mixpanel.insert_id import insert_id
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.events import Event, Json

_PROPERTIES: Final = {each.name: each.sent_as[0] for each in EVENT_FIELDS if each.sent_as}
_COPIES: Final = [(each.name, copy) for each in EVENT_FIELDS for copy in each.sent_as[1:]]
_USER_AGENT_DATA: Final = {each.name: each.sent_as[0] for each in USER_AGENT_DATA if each.sent_as}

_RESERVED: Final = frozenset({"time", "id", "$anon_id", "distinct_id", "$group_id", "$insert_id", "$user_id"})
"""What the caller's own properties can't replace; everything else they can."""

_NO_GEOLOCATION: Final = "0"


def event_properties(payload: Payload, event: Event, settings: MixpanelSettings, warn: Warn) -> dict[str, Any]:
    """Return what a record for ``/import`` has beside its event's name."""
    properties: dict[Any, Any] = dict(zip(map(_PROPERTIES.get, payload), payload.values(), strict=True))
    properties.pop(None, None)  # what is sent nowhere
    for name, copy in _COPIES:
        if name in payload:
            properties[copy] = payload[name]
    properties.setdefault("ip", _NO_GEOLOCATION)
    properties.setdefault("distinct_id", "")
    properties["$source"] = _source(payload.get("context"))
    properties["time"] = event_time(payload.get("time"), event, warn)
    properties["$insert_id"] = insert_id(payload.get("insert_id"), event)
    properties.update(payload.get("utm_properties", ()))
    _add_technology(properties, payload, settings)
    properties.update(_own_properties(payload.get("event_properties", {})))
    return properties


def _source(context: Json) -> str:
    integration = context and context.get("integration")
    return "Iterable" if isinstance(integration, dict) and integration.get("name") == "Iterable" else "segment"


def _add_technology(properties: dict[str, Any], payload: Payload, settings: MixpanelSettings) -> None:
    """Add what browser, library and Segment source the event came through."""
    if user_agent := payload.get("userAgent"):
        properties["$browser"], version = read_browser(user_agent)
        if version is not None:
            properties["$browser_version"] = version
    for name, value in payload.get("userAgentData", {}).items():
        if sent_as := _USER_AGENT_DATA.get(name):
            properties[sent_as] = value
    if (library := payload.get("library_name")) is not None:
        properties["mp_lib"] = library and f"Segment Actions: {library}"
    if settings.sourceName is not None:
        properties["segment_source_name"] = settings.sourceName


def _own_properties(properties: dict[str, Any]) -> dict[str, Any]:
    if _RESERVED.isdisjoint(properties):
        return properties
    return {name: value for name, value in properties.items() if name not in _RESERVED}
