"""The fields that trackEvent and trackPurchase share, with Segment's default mappings.

Segment maps some more that it sends nowhere (``default`` is missing below). A subscription may name them, since one
that was copied from Segment does, but no time is spent on them by default.
"""

from dataclasses import dataclass
from typing import Final

from switchyard.destinations.base import Field
from switchyard.destinations.mixpanel.directives import either, path
from switchyard.events import Json


@dataclass(frozen=True, slots=True)
class EventField(Field):
    """A field that is sent as it is: as these properties of the record, or as none."""

    sent_as: tuple[str, ...] = ()


def _text(name: str, label: str, source: Json = None, *sent_as: str) -> EventField:
    return EventField(name, label, "string", source, sent_as=sent_as)


def _number(name: str, label: str, source: Json, *sent_as: str) -> EventField:
    return EventField(name, label, "number", source, sent_as=sent_as)


def _flag(name: str, label: str, source: Json, *sent_as: str) -> EventField:
    return EventField(name, label, "boolean", source, sent_as=sent_as)


_UTM: Final = (
    Field("utm_source", "UTM Source", "string", path("$.context.campaign.source")),
    Field("utm_medium", "UTM Medium", "string", path("$.context.campaign.medium")),
    Field("utm_campaign", "UTM Campaign", "string", path("$.context.campaign.name")),
    Field("utm_term", "UTM Term", "string", path("$.context.campaign.term")),
    Field("utm_content", "UTM Content", "string", path("$.context.campaign.content")),
)

USER_AGENT_DATA: Final = (
    _flag("mobile", "Mobile", path("$.context.userAgentData.mobile"), "$mobile"),
    _text("platform", "Platform", path("$.context.userAgentData.platform"), "$platform"),
    _text("architecture", "Architecture"),
    _text("bitness", "Bitness", path("$.context.userAgentData.bitness"), "$bitness"),
    _text("model", "Model"),
    _text("platformVersion", "PlatformVersion", path("$.context.userAgentData.platformVersion"), "$platformVersion"),
    _text("uaFullVersion", "UaFullVersion", path("$.context.userAgentData.uaFullVersion"), "$uaFullVersion"),
    _flag("wow64", "wow64", path("$.context.userAgentData.wow64"), "$wow64"),
)


def defaults(properties: tuple[Field, ...]) -> Json:
    """Return the default mapping of an object: its properties' own."""
    return {each.name: each.default for each in properties if each.default is not None}


EVENT_NAME: Final = Field("event", "Event Name", "string", path("$.event"), required=True)

EVENT_FIELDS: Final = (
    _text("distinct_id", "Distinct ID", either("$.userId", "$.anonymousId"), "distinct_id", "id"),
    _text("anonymous_id", "Anonymous ID", path("$.anonymousId"), "$anon_id", "$device_id"),
    _text("user_id", "User ID", path("$.userId"), "$user_id", "$identified_id"),
    _text("group_id", "Group ID", path("$.context.groupId"), "$group_id"),
    _text("insert_id", "Insert ID", path("$.messageId")),
    EventField("time", "Timestamp", "datetime", path("$.timestamp")),
    _text("app_name", "App Name", path("$.context.app.name"), "$app_name"),
    _text("app_namespace", "App Namespace", path("$.context.app.namespace"), "$app_namespace"),
    _text("app_build", "App Build", path("$.context.app.build"), "$app_build_number"),
    _text("app_version", "App Version", path("$.context.app.version"), "$app_version_string"),
    _text("os_name", "OS Name", path("$.context.os.name"), "$os"),
    _text("os_version", "OS Version", path("$.context.os.version"), "$os_version"),
    _text("device_id", "Device ID"),
    _text("device_type", "Device Type", path("$.context.device.type"), "$device_type"),
    _text("device_name", "Device Name", path("$.context.device.name"), "$device", "$device_name"),
    _text("device_manufacturer", "Device Manufacturer", path("$.context.device.manufacturer"), "$manufacturer"),
    _text("device_model", "Device Model", path("$.context.device.model"), "$model"),
    _flag("bluetooth", "Bluetooth Enabled", path("$.context.network.bluetooth"), "$bluetooth_enabled"),
    _text("carrier", "Carrier", path("$.context.network.carrier"), "$carrier"),
    _flag("cellular", "Cellular Enabled", path("$.context.network.cellular"), "$cellular_enabled"),
    _flag("wifi", "Wifi", path("$.context.network.wifi"), "$wifi_enabled"),
    _text("country", "Country", path("$.context.location.country"), "mp_country_code"),
    _text("region", "Region"),
    _text("language", "Language", path("$.context.locale"), "$locale"),
    _text("library_name", "Library Name", path("$.context.library.name")),
    _text("library_version", "Library Version", path("$.context.library.version"), "$lib_version"),
    _text("ip", "IP Address", path("$.context.ip"), "ip"),
    _text(
        "idfa",
        "Identifier For Advertiser (IDFA)",
        either("$.context.device.advertisingId", "$.context.device.idfa"),
        "$ios_ifa",
    ),
    _text("url", "URL", path("$.context.page.url"), "$current_url"),
    _number("screen_width", "Screen width", path("$.context.screen.width"), "$screen_width"),
    _number("screen_height", "Screen height", path("$.context.screen.height"), "$screen_height"),
    _number("screen_density", "Screen density", path("$.context.screen.density"), "$screen_density"),
    _text("referrer", "Referrer", path("$.context.page.referrer"), "$referrer"),
    _text("userAgent", "User Agent", path("$.context.userAgent")),
    _text("advertising_id", "Advertising ID", path("$.context.device.advertisingId"), "advertising_id"),
    _text(
        "ad_tracking_enabled", "Ad Tracking Enabled", path("$.context.device.adTrackingEnabled"), "ad_tracking_enabled"
    ),
    _text("timezone", "Timezone", path("$.context.timezone"), "timezone"),
    _text("app_platform", "App Platform", path("$.context.app.platform"), "app_platform"),
    _text("name", "Event Original Name", either("$.event", "$.name"), "event_original_name"),
    EventField("event_properties", "Event Properties", "object", path("$.properties")),
    EventField("context", "Event context", "object", path("$.context")),
    EventField("utm_properties", "UTM Properties", "object", defaults(_UTM), properties=_UTM),
    EventField("enable_batching", "Batch Data to Mixpanel", "boolean"),
    EventField("batch_size", "Batch Size", "number", minimum=1, maximum=2000),
    EventField("userAgentData", "User Agent Data", "object", defaults(USER_AGENT_DATA), properties=USER_AGENT_DATA),
)
"""All but the event's name, which the two actions list at different places."""
