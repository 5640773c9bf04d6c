"""Events: what ``/import`` and ``/track`` refuse, and how a project keeps what they take.

The rules are those of Mixpanel's reference page "Import Events"; its messages are used where they are documented or
were seen in live replies.
"""

import re
from typing import Any, Final, TypeAlias

from switchyard.events import Json
from switchyard_cli.sandbox.rules import (
    Refusal,
    Rules,
    invalid,
    is_number,
    is_placeholder,
    is_utf8,
    refuse_size,
    refuse_values,
)

Event: TypeAlias = dict[str, Any]
"""``{"event": name, "properties": {...}}``"""

VERBS: Final = frozenset({"$identify", "$create_alias", "$merge"})
"""The events that link identifiers in a project with the original identity merge."""

VERB_REFUSED: Final = Refusal(
    "event", "identity events are not allowed when project is using simplified identity management"
)

_HOUR: Final = 3_600_000  # in milliseconds, like all times that are compared here
_EARLIEST: Final = 365 * 24 * _HOUR
_TRACK_WINDOW: Final = 5 * 24 * _HOUR
_FIRST_MILLISECONDS: Final = 10**10  # as seconds this would be the year 2286, as milliseconds April 1970
_MAX_PROPERTIES: Final = 255
_MAX_STRING: Final = 255
_MAX_INSERT_ID_BYTES: Final = 36


def refuse_import(record: Json, rules: Rules, now: float) -> Refusal | None:
    """Say why ``/import`` refuses the record, None if it does not; ``now`` in Unix seconds."""
    if refusal := _refuse_form(record, rules.max_depth):
        return refusal
    properties = record["properties"]
    return (
        _refuse_verb(record["event"], rules)
        or _refuse_import_time(properties.get("time"), now)
        or _refuse_distinct_id(distinct_id_of(record, rules))
        or _refuse_insert_id(properties.get("$insert_id"))
    )


def refuse_track(record: Json, rules: Rules) -> Refusal | None:
    """Say why ``/track`` refuses the record, None if it does not; it asks for less than ``/import``."""
    if refusal := _refuse_form(record, rules.max_depth):
        return refusal
    properties = record["properties"]
    if record["event"] in VERBS:
        # A verb without its ids joins nobody, and Mixpanel says nothing of it.
        return _refuse_missing(properties, "token")
    return (
        _refuse_missing(properties, "token")
        or _refuse_missing({"distinct_id": distinct_id_of(record, rules)}, "distinct_id")
        or (_refuse_track_time(properties["time"]) if "time" in properties else None)
        or (_refuse_insert_id(properties["$insert_id"]) if "$insert_id" in properties else None)
    )


def is_too_old_to_track(event: Event, now: float) -> bool:
    """Tell whether ``/track`` drops the event without a word: it takes the last five days only."""
    return "time" in event["properties"] and milliseconds(event["properties"]["time"]) < now * 1000 - _TRACK_WINDOW


def keep(record: Event, rules: Rules, now: float) -> Event:
    """Turn a record that was taken into what the project holds: strings cut, no future, and no token."""
    properties = {name: _cut(value) for name, value in record["properties"].items() if name != "token"}
    time = properties.get("time", int(now))
    properties["time"] = _present(time, now) if milliseconds(time) > now * 1000 else time
    properties["distinct_id"] = _cut(distinct_id_of(record, rules))
    return {"event": _cut(record["event"]), "properties": properties}


def distinct_id_of(record: Event, rules: Rules) -> Json:
    """Find the id that the event counts for; the simplified identity merge derives it from user and device."""
    properties = record["properties"]
    if "distinct_id" in properties:
        return properties["distinct_id"]
    if record["event"] == "$identify":
        return properties.get("$identified_id")
    if rules.identity == "original":
        return None
    device = properties.get("$device_id")
    return properties.get("$user_id") or (f"$device:{device}" if device else None)


def milliseconds(time: float) -> float:
    """Read a time in Unix seconds or milliseconds as milliseconds."""
    return time if time >= _FIRST_MILLISECONDS else time * 1000


def _refuse_form(record: Json, max_depth: int) -> Refusal | None:
    if not isinstance(record, dict):
        return invalid("event", "must be a JSON object")
    if strangers := record.keys() - {"event", "properties"}:
        return invalid(min(strangers), "only event and properties are allowed")
    return _refuse_name(record.get("event")) or _refuse_properties(record, max_depth)


def _refuse_name(name: Json) -> Refusal | None:
    if not isinstance(name, str) or not name.strip():
        return Refusal("event", "'event' must not be missing or blank")
    return None if is_utf8(name) else invalid("event", "string should be valid utf8")


def _refuse_properties(record: Event, max_depth: int) -> Refusal | None:
    properties = record.get("properties")
    if not isinstance(properties, dict):
        return invalid("properties", "must be a JSON object")
    if len(properties) > _MAX_PROPERTIES:
        return invalid("properties", f"must not hold more than {_MAX_PROPERTIES} properties")
    return refuse_values(properties, "properties", max_depth) or refuse_size(record, "properties")


def _refuse_verb(name: str, rules: Rules) -> Refusal | None:
    return VERB_REFUSED if rules.identity == "simplified" and name in VERBS else None


def _refuse_import_time(time: Json, now: float) -> Refusal | None:
    if time is None:
        return invalid("properties.time", "must not be missing")
    if isinstance(time, bool) or not isinstance(time, int):
        return invalid("properties.time", "must be specified as seconds since epoch")
    if milliseconds(time) < _EARLIEST:
        return invalid("properties.time", "must not be before 1971-01-01")
    if milliseconds(time) > now * 1000 + _HOUR:
        return invalid("properties.time", "must not be in the future")
    return None


def _refuse_track_time(time: Json) -> Refusal | None:
    return None if is_number(time) else invalid("properties.time", "must be specified as seconds since epoch")


def _refuse_distinct_id(distinct_id: Json) -> Refusal | None:
    if distinct_id is None:
        return invalid("properties.distinct_id", "must not be missing")
    if not isinstance(distinct_id, str):
        return invalid("properties.distinct_id", "must be a string")
    return invalid("properties.distinct_id", "must not be a placeholder") if is_placeholder(distinct_id) else None


def _refuse_insert_id(insert_id: Json) -> Refusal | None:
    if insert_id is None:
        return invalid("$insert_id", "must not be missing")
    if not isinstance(insert_id, str):
        return invalid("$insert_id", "must be a string")
    if not re.fullmatch(r"[A-Za-z0-9-]+", insert_id):
        return invalid("$insert_id", "must only contain alphanumeric or hyphen '-' characters")
    if len(insert_id) > _MAX_INSERT_ID_BYTES:
        return invalid("$insert_id", f"must not be longer than {_MAX_INSERT_ID_BYTES} bytes")
    return invalid("$insert_id", "must not be a placeholder") if is_placeholder(insert_id) else None


def _refuse_missing(properties: dict[str, Json], name: str) -> Refusal | None:
    value = properties.get(name)
    return None if isinstance(value, str) and value else Refusal(f"properties.{name}", f"{name}, missing or empty")


def _present(time: float, now: float) -> int:
    return int(now * 1000) if time >= _FIRST_MILLISECONDS else int(now)


def _cut(value: Json) -> Json:
    """Cut the strings in a value, whose depth the rules have bounded."""
    if isinstance(value, str):
        return value[:_MAX_STRING]
    if isinstance(value, list):
        return [_cut(item) for item in value]
    return {name: _cut(item) for name, item in value.items()} if isinstance(value, dict) else value
