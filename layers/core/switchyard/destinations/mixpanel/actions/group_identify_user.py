"""groupIdentifyUser: the profile of a group, for ``/groups``."""

from typing import Final

from switchyard.destinations.base import Field, Operation, Payload, Warn
from switchyard.destinations.mixpanel.actions.profile import profile_properties
from switchyard.destinations.mixpanel.directives import path
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.events import Event
from switchyard.mapping.javascript import truthy

FIELDS: Final = (
    Field("group_key", "Group Key", "string"),
    Field("group_id", "Group ID", "string", path("$.groupId"), required=True),
    Field("traits", "Group Properties", "object", path("$.traits"), required=True),
)

_NAMES: Final = {"name": "$name"}


def perform(payload: Payload, _event: Event, settings: MixpanelSettings, _warn: Warn) -> list[Operation]:
    """Return the group's one operation. A trait named like the group key is the group's id."""
    key = payload.get("group_key") or "$group_id"
    traits = payload["traits"]
    record = {
        "$token": settings.projectToken,
        "$group_key": key,
        "$group_id": traits[key] if truthy(traits.get(key)) else payload["group_id"],
        "$set": profile_properties(traits, _NAMES),
    }
    return [Operation("/groups", record)]
