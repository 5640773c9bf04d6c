"""The properties of a Mixpanel event: what Segment's fields are called there, and the caller's own beside them."""

from typing import Any, Final

from switchyard.destinations.base import Payload, Warn
from switchyard.destinations.mixpanel.browser import read_browser
from switchyard.destinations.mixpanel.event_time import event_time
from switchyard.destinations.mixpanel.insert_id import insert_id
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.events import Event, Json

_PROPERTIES: Final = {
    "ip": "ip",
    "distinct_id": "distinct_id",
    "anonymous_id": "$anon_id",
    "user_id": "$user_id",
    "group_id": "$group_id",
    "app_build": "$app_build_number",
    "app_version": "$app_version_string",
    "app_namespace": "$app_namespace",
    "app_name": "$app_name",
    "bluetooth": "$bluetooth_enabled",
    "cellular": "$cellular_enabled",
    "carrier": "$carrier",
    "url": "$current_url",
    "device_name": "$device",
    "device_type": "$device_type",
    "idfa": "$ios_ifa",
    "library_version": "$lib_version",
    "language": "$locale",
    "device_manufacturer": "$manufacturer",
    "device_model": "$model",
    "os_name": "$os",
    "os_version": "$os_version",
    "referrer": "$referrer",
    "screen_height": "$screen_height",
    "screen_width": "$screen_width",
    "screen_density": "$screen_density",
    "wifi": "$wifi_enabled",
    "country": "mp_country_code",
    "advertising_id": "advertising_id",
    "ad_tracking_enabled": "ad_tracking_enabled",
    "timezone": "timezone",
    "app_platform": "app_platform",
    "name": "event_original_name",
}

_COPIES: Final = (
    ("distinct_id", "id"),
    ("anonymous_id", "$device_id"),
    ("user_id", "$identified_id"),
    ("device_name", "$device_name"),
)
"""Fields that Mixpanel is told twice: ids in the words of both of its ways to merge identities."""

_USER_AGENT_DATA: Final = {
    "mobile": "$mobile",
    "platform": "$platform",
    "bitness": "$bitness",
    "platformVersion": "$platformVersion",
    "uaFullVersion": "$uaFullVersion",
    "wow64": "$wow64",
}

_RESERVED: Final = frozenset({"time", "id", "$anon_id", "distinct_id", "$group_id", "$insert_id", "$user_id"})
"""What the caller's own properties can't replace; everything else they can."""

_NO_GEOLOCATION: Final = "0"


def event_properties(payload: Payload, event: Event, settings: MixpanelSettings, warn: Warn) -> dict[str, Any]:
    """Return what a record for ``/import`` has beside its event's name."""
    properties = {_PROPERTIES[name]: value for name, value in payload.items() if name in _PROPERTIES}
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
        if name in _USER_AGENT_DATA:
            properties[_USER_AGENT_DATA[name]] = value
    if library := payload.get("library_name"):
        properties["mp_lib"] = f"Segment Actions: {library}"
    if settings.sourceName is not None:
        properties["segment_source_name"] = settings.sourceName


def _own_properties(properties: dict[str, Any]) -> dict[str, Any]:
    if _RESERVED.isdisjoint(properties):
        return properties
    return {name: value for name, value in properties.items() if name not in _RESERVED}
