"""The fields that trackEvent and trackPurchase share, with Segment's default mappings.

Segment maps some more that it sends nowhere (``default`` is missing below). A subscription may name them, since one
that was copied from Segment does, but no time is spent on them by default.
"""

from typing import Final

from switchyard.destinations.base import Field
from switchyard.destinations.mixpanel.directives import either, path
from switchyard.events import Json

_UTM: Final = (
    Field("utm_source", "UTM Source", "string", path("$.context.campaign.source")),
    Field("utm_medium", "UTM Medium", "string", path("$.context.campaign.medium")),
    Field("utm_campaign", "UTM Campaign", "string", path("$.context.campaign.name")),
    Field("utm_term", "UTM Term", "string", path("$.context.campaign.term")),
    Field("utm_content", "UTM Content", "string", path("$.context.campaign.content")),
)

_USER_AGENT_DATA: Final = (
    Field("mobile", "Mobile", "boolean", path("$.context.userAgentData.mobile")),
    Field("platform", "Platform", "string", path("$.context.userAgentData.platform")),
    Field("architecture", "Architecture", "string"),
    Field("bitness", "Bitness", "string", path("$.context.userAgentData.bitness")),
    Field("model", "Model", "string"),
    Field("platformVersion", "PlatformVersion", "string", path("$.context.userAgentData.platformVersion")),
    Field("uaFullVersion", "UaFullVersion", "string", path("$.context.userAgentData.uaFullVersion")),
    Field("wow64", "wow64", "boolean", path("$.context.userAgentData.wow64")),
)


def defaults(properties: tuple[Field, ...]) -> Json:
    """Return the default mapping of an object: its properties' own."""
    return {each.name: each.default for each in properties if each.default is not None}


EVENT_NAME: Final = Field("event", "Event Name", "string", path("$.event"), required=True)

EVENT_FIELDS: Final = (
    Field("distinct_id", "Distinct ID", "string", either("$.userId", "$.anonymousId")),
    Field("anonymous_id", "Anonymous ID", "string", path("$.anonymousId")),
    Field("user_id", "User ID", "string", path("$.userId")),
    Field("group_id", "Group ID", "string", path("$.context.groupId")),
    Field("insert_id", "Insert ID", "string", path("$.messageId")),
    Field("time", "Timestamp", "datetime", path("$.timestamp")),
    Field("app_name", "App Name", "string", path("$.context.app.name")),
    Field("app_namespace", "App Namespace", "string", path("$.context.app.namespace")),
    Field("app_build", "App Build", "string", path("$.context.app.build")),
    Field("app_version", "App Version", "string", path("$.context.app.version")),
    Field("os_name", "OS Name", "string", path("$.context.os.name")),
    Field("os_version", "OS Version", "string", path("$.context.os.version")),
    Field("device_id", "Device ID", "string"),
    Field("device_type", "Device Type", "string", path("$.context.device.type")),
    Field("device_name", "Device Name", "string", path("$.context.device.name")),
    Field("device_manufacturer", "Device Manufacturer", "string", path("$.context.device.manufacturer")),
    Field("device_model", "Device Model", "string", path("$.context.device.model")),
    Field("bluetooth", "Bluetooth Enabled", "boolean", path("$.context.network.bluetooth")),
    Field("carrier", "Carrier", "string", path("$.context.network.carrier")),
    Field("cellular", "Cellular Enabled", "boolean", path("$.context.network.cellular")),
    Field("wifi", "Wifi", "boolean", path("$.context.network.wifi")),
    Field("country", "Country", "string", path("$.context.location.country")),
    Field("region", "Region", "string"),
    Field("language", "Language", "string", path("$.context.locale")),
    Field("library_name", "Library Name", "string", path("$.context.library.name")),
    Field("library_version", "Library Version", "string", path("$.context.library.version")),
    Field("ip", "IP Address", "string", path("$.context.ip")),
    Field(
        "idfa",
        "Identifier For Advertiser (IDFA)",
        "string",
        either("$.context.device.advertisingId", "$.context.device.idfa"),
    ),
    Field("url", "URL", "string", path("$.context.page.url")),
    Field("screen_width", "Screen width", "number", path("$.context.screen.width")),
    Field("screen_height", "Screen height", "number", path("$.context.screen.height")),
    Field("screen_density", "Screen density", "number", path("$.context.screen.density")),
    Field("referrer", "Referrer", "string", path("$.context.page.referrer")),
    Field("userAgent", "User Agent", "string", path("$.context.userAgent")),
    Field("advertising_id", "Advertising ID", "string", path("$.context.device.advertisingId")),
    Field("ad_tracking_enabled", "Ad Tracking Enabled", "string", path("$.context.device.adTrackingEnabled")),
    Field("timezone", "Timezone", "string", path("$.context.timezone")),
    Field("app_platform", "App Platform", "string", path("$.context.app.platform")),
    Field("name", "Event Original Name", "string", either("$.event", "$.name")),
    Field("event_properties", "Event Properties", "object", path("$.properties")),
    Field("context", "Event context", "object", path("$.context")),
    Field("utm_properties", "UTM Properties", "object", defaults(_UTM), properties=_UTM),
    Field("enable_batching", "Batch Data to Mixpanel", "boolean"),
    Field("batch_size", "Batch Size", "number", minimum=1, maximum=2000),
    Field("userAgentData", "User Agent Data", "object", defaults(_USER_AGENT_DATA), properties=_USER_AGENT_DATA),
)
"""All but the event's name, which the two actions list at different places."""
