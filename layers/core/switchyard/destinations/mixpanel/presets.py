"""Segment's quick-setup subscriptions, written as a user writes one; a ``mapping`` lies over the action's defaults."""

from collections.abc import Mapping
from typing import Final

from switchyard.events import Json


def _preset(name: str, action: str, subscribe: str, **mapping: Json) -> Mapping[str, Json]:
    return {"name": name, "partnerAction": action, "subscribe": subscribe, "mapping": mapping}


_VIEWED: Final = {"@template": "Viewed {{name}}"}

PRESETS: Final = (
    _preset("Track Calls", "trackEvent", 'type = "track" and event != "Order Completed"'),
    _preset("Order Completed Calls", "trackPurchase", 'type = "track" and event = "Order Completed"'),
    _preset("Page Calls", "trackEvent", 'type = "page"', event=_VIEWED),
    _preset("Screen Calls", "trackEvent", 'type = "screen"', event=_VIEWED),
    _preset("Identify Calls", "identifyUser", 'type = "identify"'),
    _preset("Group Calls", "groupIdentifyUser", 'type = "group"'),
)
"""Segment's six, in its order; it has none for ``alias`` and ``incrementProperties``."""
