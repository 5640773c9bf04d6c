"""Mixpanel's actions, each a module: its fields and a pure function from a payload to operations."""

from collections.abc import Mapping
from typing import Final

from switchyard.destinations.base import Action
from switchyard.destinations.mixpanel.actions import (
    alias,
    group_identify_user,
    identify_user,
    increment_properties,
    track_event,
    track_purchase,
)
from switchyard.destinations.mixpanel.settings import MixpanelSettings

_ACTIONS: Final = (
    Action("trackEvent", track_event.FIELDS, track_event.perform),
    Action("trackPurchase", track_purchase.FIELDS, track_purchase.perform),
    Action("identifyUser", identify_user.FIELDS, identify_user.perform),
    Action("groupIdentifyUser", group_identify_user.FIELDS, group_identify_user.perform),
    Action("incrementProperties", increment_properties.FIELDS, increment_properties.perform, repeatable=False),
    Action("alias", alias.FIELDS, alias.perform),
)

ACTIONS: Final[Mapping[str, Action[MixpanelSettings]]] = {action.name: action for action in _ACTIONS}
"""Segment's six, by the name that a subscription gives as its ``partnerAction``."""
