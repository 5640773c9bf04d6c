"""What the log says of a request's events: names, numbers and ids, never a value of theirs (promise 7)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from switchyard.collect.intake import Intake, Refusal
from switchyard.collect.normalise import MAX_MESSAGE_ID
from switchyard.events import CALLS, Event, Json
from switchyard.observability import MAX_LOGGED_IDS

MAX_REFUSED_IDS: Final = 50
"""For each drop code, in the log line of one request."""

# A name, a version: no blanks and no @ within, so that no person's name or address can be one.
_LIBRARY: Final = re.compile(r"@?[A-Za-z0-9._/+-]{1,64}")
_VERSION: Final = re.compile(r"[A-Za-z0-9._:+-]{1,40}")
_RETRIES: Final = re.compile(r"[0-9]{1,4}")


def summary(intake: Intake, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a request's log line, with the first ids of what was accepted.

    ``calls`` counts what was accepted and refused, by type.
    """
    events = [*intake.accepted, *(event for event, _ in intake.refused)]
    retries = headers.get("x-retry-count", "")
    return {
        "accepted": len(intake.accepted),
        "calls": Counter(event["type"] for event in events if event.get("type") in CALLS),
        "library": _library(events[0]),
        "message_ids": _message_ids(intake.accepted[:MAX_LOGGED_IDS]),
        "refused": Counter(refusal.reason.code for refusal in intake.refused),
        "refused_ids": _ids_by_code(intake.refused),
        "retries": int(retries) if _RETRIES.fullmatch(retries) else 0,
    }


def further_ids(intake: Intake) -> Iterator[list[str]]:
    """Yield the ids that ``summary`` has no room for, as many at a time as a line takes."""
    for start in range(MAX_LOGGED_IDS, len(intake.accepted), MAX_LOGGED_IDS):
        yield _message_ids(intake.accepted[start : start + MAX_LOGGED_IDS])


def _message_ids(accepted: list[Event]) -> list[str]:
    return [event["messageId"] for event in accepted]


def _library(event: Event) -> str | None:
    """Return name and version of the SDK that made an event, where they look like such."""
    context = event.get("context")
    library = context.get("library") if isinstance(context, dict) else None
    if not isinstance(library, dict) or not _is_a(_LIBRARY, library.get("name")):
        return None
    version = library.get("version")
    return f"{library['name']} {version}" if _is_a(_VERSION, version) else str(library["name"])


def _is_a(form: re.Pattern[str], value: Json) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _ids_by_code(refused: list[Refusal]) -> dict[str, list[str]]:
    """Return the messageIds of bad events, as far as they have one, by drop code; not too many for a log line."""
    ids: dict[str, list[str]] = {}
    for event, reason in refused:
        known = ids.setdefault(reason.code, [])
        message_id = event.get("messageId")
        if len(known) < MAX_REFUSED_IDS and isinstance(message_id, str) and len(message_id) <= MAX_MESSAGE_ID:
            known.append(message_id)
    return ids
