"""identifyUser: ``$identify`` joins the anonymous and the known user, ``/engage`` writes the profile."""

from collections.abc import Mapping
from typing import Any, Final

from switchyard.destinations.base import Field, Operation, Payload, Warn
from switchyard.destinations.mixpanel.actions.identity import identity_event
from switchyard.destinations.mixpanel.actions.profile import PERSON_FIELDS, person, profile_properties
from switchyard.destinations.mixpanel.directives import path
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.events import Event
from switchyard.mapping.javascript import to_string, truthy

FIELDS: Final = (*PERSON_FIELDS, Field("traits", "User Properties", "object", path("$.traits")))

_NAMES: Final = {
    "email": "$email",
    "firstName": "$first_name",
    "lastName": "$last_name",
    "name": "$name",
    "phone": "$phone",
    "username": "$username",
}


def perform(payload: Payload, _event: Event, settings: MixpanelSettings, _warn: Warn) -> list[Operation]:
    """Return ``$identify`` if there is an anonymous id, and the profile if there are traits, in this order."""
    operations = []
    if payload.get("anonymous_id"):
        ids = {"$anon_id": payload["anonymous_id"]}
        if "user_id" in payload:
            ids["$identified_id"] = payload["user_id"]
        operations.append(identity_event("$identify", ids, settings))
    if traits := payload.get("traits"):
        profile = {**person(payload, settings), "$set": profile_properties(_with_full_name(traits), _NAMES)}
        operations.append(Operation("/engage", profile))
    return operations


def _with_full_name(traits: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make up a ``name`` from first and last name where the caller gave none."""
    if traits.get("name") is not None:
        return traits
    named = {name: value for name, value in traits.items() if name != "name"}
    first, last = traits.get("firstName"), traits.get("lastName")
    if truthy(first) and truthy(last):
        named["name"] = f"{to_string(first)} {to_string(last)}"
    return named
