"""Segment's ingest rules: what an event must have, and the drop code of one that has not."""

from typing import Final, NoReturn

import orjson

from switchyard.errors import InvalidEvent
from switchyard.events import CALLS, Event, Json

MAX_EVENT_BYTES: Final = 32 * 1024
"""One event as compact JSON in UTF-8, as the SDK sent it."""

MAX_ADDED_BYTES: Final = 8 * 1024
"""Room for what Segment's servers fill in."""


def check(event: Event) -> None:
    """Raise InvalidEvent, with a code of Segment's "Failed on Ingest" list, for an event that nobody could use."""
    if event.get("type") not in CALLS:
        _refuse("bad_request", f"type must be one of {', '.join(CALLS)}", "type")
    _check_ids(event)
    _check_objects(event)
    if event["type"] == "track":
        _check_event_name(event.get("event"))
    if event["type"] in ("page", "screen"):
        _check_page(event)


def check_size(event: Event, *, is_relayed: bool = False) -> None:
    """Raise InvalidEvent for an event of over 32 KiB, to which Segment may have added a few if it collected it."""
    if len(orjson.dumps(event)) > MAX_EVENT_BYTES + (MAX_ADDED_BYTES if is_relayed else 0):
        _refuse("payload_too_large", "an event may have 32 KiB as compact JSON")


def _check_ids(event: Event) -> None:
    ids = [event.get("userId"), event.get("anonymousId")]
    if not any(_is_id(value) for value in ids):
        if all(value is None for value in ids):
            _refuse("no_user_anon_id", "userId or anonymousId is missing")
        _refuse("id_not_string", "userId or anonymousId must be a string that is not empty")
    for name in {"group": ("groupId",), "alias": ("userId", "previousId")}.get(event["type"], ()):
        if event.get(name) is None:
            _refuse("id_required", f"{event['type']} needs {name}", name)
        if not _is_id(event[name]):
            _refuse("id_not_string", f"{name} must be a string that is not empty", name)


def _is_id(value: Json) -> bool:
    return isinstance(value, str) and value != ""


def _check_objects(event: Event) -> None:
    name = "traits" if event["type"] in ("identify", "group") else "properties"
    if not isinstance(event.get(name), dict | None):
        _refuse(f"{name}_not_object", f"{name} must be an object", name)


def _check_event_name(name: Json) -> None:
    if name is None or name == "":
        _refuse("event_not_defined", "a track call needs the name of its event", "event")
    if not isinstance(name, str):
        _refuse("event_not_string", "the name of an event must be a string", "event")


def _check_page(event: Event) -> None:
    # An empty name passes: mobile SDKs send "" for a screen without a category.
    for field in ("name", "category"):
        if not isinstance(event.get(field), str | None):
            _refuse(f"{field}_not_string", f"{field} must be a string", field)


def _refuse(code: str, reason: str, field: str | None = None) -> NoReturn:
    raise InvalidEvent(code, reason, field)
