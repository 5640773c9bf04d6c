"""What a reply of Mixpanel's means for each record that was sent.

Nothing is delivered that Mixpanel did not confirm, and nothing invalid that it did not name or refuse alone::

    no reply            transient
    200, 400            as the body says: stored + failed = sent, and each failed record named by its index;
                        where that does not come out, halves are asked about again, down to the single record;
                        transient where the body says nothing at all
    413                 halves; a single record is invalid
    429                 throttled
    other 3xx, 4xx      setup, but 408 is transient
    all else            transient
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import Enum
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson

from switchyard.destinations.base import Outcome, Verdict
from switchyard.events import Json

IMPORT: Final = "/import"
"""Events; the one endpoint that counts what it stored in every reply."""

LONGEST_RETRY_AFTER: Final = 3600.0
"""Seconds. A destination that needs longer can say so again."""

_DELIVERED: Final = Outcome(Verdict.DELIVERED)
_COUNTERS: Final = ("num_records_imported", "num_good_events")  # /import's; that of /engage and /groups
_UNKNOWN: Final = -1
_ABOUT_RECORDS: Final = (HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class Reply(NamedTuple):
    """What came back from one request. Without a ``status`` nothing did, and ``error`` says why."""

    status: int | None
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})
    error: str = ""


class Split(Enum):
    """The other answer of ``classify``: no verdict on each record, but its halves may get one."""

    SPLIT = "split"


def classify(endpoint: str, count: int, reply: Reply, *, strict: bool = True) -> list[Outcome] | Split:
    """Return one outcome for each of the ``count`` records sent, in order, or SPLIT (never for a single record).

    Throttled, transient and setup are always the outcome of all. Reasons hold Mixpanel's words as they came. Without
    ``strict`` Mixpanel leaves bad events out of its count and says no more, so a single one is invalid by that.
    """
    if not is_about_records(reply.status):
        return [_trouble(reply)] * count
    if reply.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return _judgement(endpoint, count, reply, strict=strict)
    return Split.SPLIT if count > 1 else [_invalid(reply, "the record is larger than Mixpanel takes")]


def is_about_records(status: int | None) -> bool:
    """Whether a reply judges the records that were sent; all others are about Mixpanel or the way to it."""
    return status in _ABOUT_RECORDS


def _judgement(endpoint: str, count: int, reply: Reply, *, strict: bool) -> list[Outcome] | Split:
    body = _parsed(reply.body)
    rows = _rows(body)
    named = {row["index"]: _invalid(reply, row.get("message"), row.get("field")) for row in rows if _fits(row, count)}
    stored = _stored(endpoint, body, count - len(rows))
    refused = _is_refusal(reply, body) or (not strict and stored == 0)
    if len(named) == len(rows) and stored + len(named) == count and (named or not refused):
        return [named.get(index, _DELIVERED) for index in range(count)]
    if count > 1 and (refused or _UNKNOWN < stored < count):
        return Split.SPLIT
    if refused and stored <= 0:
        return [named.get(0) or _invalid(reply, _words(body))]
    reason = f"Mixpanel answered {reply.status} with a body that does not account for what was sent"
    return [Outcome(Verdict.TRANSIENT, reason, None, reply.status)] * count


def _parsed(body: bytes) -> dict[str, Any]:
    """Return the reply's object, the plain ``1`` or ``0`` as its status; empty where it is neither."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    if isinstance(parsed, dict):
        return parsed
    return {"status": parsed} if parsed in (0, 1) else {}


def _rows(body: Mapping[str, Json]) -> list[Json]:
    rows = body.get("failed_records") or []
    return rows if isinstance(rows, list) else [rows]


def _fits(row: Json, count: int) -> bool:
    """Whether a row of ``failed_records`` names one of the records; some projects' rows are plain strings."""
    return isinstance(row, dict) and type(row.get("index")) is int and 0 <= row["index"] < count


def _stored(endpoint: str, body: Mapping[str, Json], others: int) -> int:
    """Return how many records Mixpanel says it stored, where ``others`` were not named as failed.

    A status of 1 speaks for all of those. It is all that ``/track`` ever says, which has no strict mode.
    """
    counts = [body[counter] for counter in _COUNTERS if type(body.get(counter)) is int]
    if counts or endpoint == IMPORT:
        return counts[0] if counts else _UNKNOWN
    return {"1": others, "OK": others, "0": 0}.get(str(body.get("status")), _UNKNOWN)


def _is_refusal(reply: Reply, body: Mapping[str, Json]) -> bool:
    return body.get("status") == 0 or (reply.status == HTTPStatus.BAD_REQUEST and bool(body))


def _words(body: Mapping[str, Json]) -> str:
    """Return what Mixpanel says of the whole request, or of a single record that it did not name by its index."""
    rows = [row.get("message") if isinstance(row, dict) else row for row in _rows(body)]
    return next((words for words in [*rows, body.get("error")] if words and isinstance(words, str)), "")


def _invalid(reply: Reply, words: Json, field: Json = None) -> Outcome:
    reason = words if words and isinstance(words, str) else f"Mixpanel answered {reply.status} and gave no reason"
    return Outcome(Verdict.INVALID, reason, field if isinstance(field, str) else None, reply.status)


def _trouble(reply: Reply) -> Outcome:
    verdict = _verdict(reply.status)
    answer = f"Mixpanel answered {reply.status}" if reply.status else f"no reply from Mixpanel ({reply.error})"
    advice = "check projectToken, apiSecret and apiRegion" if verdict is Verdict.SETUP else ""
    reason = ": ".join(part for part in (answer, _words(_parsed(reply.body)), advice) if part)
    return Outcome(verdict, reason, None, reply.status, _retry_after(reply.headers))


def _verdict(status: int | None) -> Verdict:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Verdict.THROTTLED
    if status is None or status == HTTPStatus.REQUEST_TIMEOUT:
        return Verdict.TRANSIENT
    is_ours = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return Verdict.SETUP if is_ours else Verdict.TRANSIENT


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the reply asks for; a date there is counted from the reply's own ``Date``.

    None for no time at all: we would not come back at once to somebody who turned us away.
    """
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value) if value.isdecimal() else _seconds_between(headers["Date"], value)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return min(seconds, LONGEST_RETRY_AFTER) if seconds > 0 else None


def _seconds_between(start: str, end: str) -> float:
    return (parsedate_to_datetime(end) - parsedate_to_datetime(start)).total_seconds()
