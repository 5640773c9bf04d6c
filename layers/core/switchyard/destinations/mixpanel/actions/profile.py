"""What the actions that write into profiles share: whose profile it is, and what traits are called there."""

from collections.abc import Mapping
from typing import Any, Final

from switchyard.destinations.base import Field, Payload
from switchyard.destinations.mixpanel.directives import path
from switchyard.destinations.mixpanel.settings import MixpanelSettings

PERSON_FIELDS: Final = (
    Field("ip", "IP Address", "string", path("$.context.ip")),
    Field("user_id", "User ID", "string", path("$.userId"), nullable=True),
    Field("anonymous_id", "Anonymous ID", "string", path("$.anonymousId"), nullable=True),
)

_CREATED: Final = ("created", "createdAt", "created_at")


def person(payload: Payload, settings: MixpanelSettings) -> dict[str, Any]:
    """Return the keys of an ``/engage`` record that say whose it is and where from; what is unknown has no key."""
    record = {"$token": settings.projectToken}
    if payload.get("user_id") is not None:
        record["$distinct_id"] = payload["user_id"]
    elif "anonymous_id" in payload:
        record["$distinct_id"] = payload["anonymous_id"]
    if "ip" in payload:
        record["$ip"] = payload["ip"]
    return record


def profile_properties(traits: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the traits by Mixpanel's ``names`` for them (``email`` is ``$email``), and the others by their own.

    A trait that the caller named ``$email`` is kept where there is no ``email``.
    """
    others = {name: value for name, value in traits.items() if name not in names and name not in _CREATED}
    return {**others, **_created(traits), **{names[name]: value for name, value in traits.items() if name in names}}


def _created(traits: Mapping[str, Any]) -> dict[str, Any]:
    given = [traits[name] for name in _CREATED if traits.get(name) is not None]
    # A null counts only under the last of the three names, as in Segment.
    return {"$created": given[0] if given else None} if given or _CREATED[-1] in traits else {}
