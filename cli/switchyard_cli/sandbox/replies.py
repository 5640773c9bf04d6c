"""The replies of Mixpanel's ingestion API, in the shapes that its reference documents or live replies showed."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from switchyard.events import Json
from switchyard_cli.sandbox.events import VERB_REFUSED
from switchyard_cli.sandbox.rules import Refusal

_PARTIAL: Final = "some data points in the request failed validation"
_THROTTLED: Final = "Project exceeded rate limits. Please retry the request with exponential backoff."
_NAMES: Final = {413: "Request Entity Too Large"}  # which http.HTTPStatus calls otherwise in newer Pythons
_GATEWAY_PAGE: Final = b"<html><head><title>502 Server Error</title></head><body><h1>Bad Gateway</h1></body></html>"


class Reply(NamedTuple):
    """An HTTP response; a ``Content-Length`` above the body's length is a reply that was cut short."""

    status: int
    headers: dict[str, str]
    body: bytes


class Refused(NamedTuple):
    """One record of a request that was refused; ``place`` counts the request's records from 0."""

    place: int
    record: Json
    refusal: Refusal


def raw(status: int, media_type: str, body: bytes) -> Reply:
    """Reply with bytes as they are."""
    return Reply(status, {"Content-Type": media_type, "Content-Length": str(len(body))}, body)


def as_json(status: int, content: Json) -> Reply:
    """Reply with JSON in ASCII, so that text which is no UTF-8 can be replied, too."""
    return raw(status, "application/json", json.dumps(content, separators=(",", ":")).encode())


def imported(count: int) -> Reply:
    """``/import`` stored what it was sent."""
    return as_json(200, {"code": 200, "num_records_imported": count, "status": "OK"})


def partly_imported(count: int, refused: Sequence[Refused]) -> Reply:
    """``/import`` in strict mode stored ``count`` records and names the others.

    Of a batch with identity verbs, which is refused as a whole, it names none: the row is the plain message.
    """
    rows = [VERB_REFUSED.message] if refused[0].refusal is VERB_REFUSED else [_row(item) for item in refused]
    content = {"code": 400, "error": _PARTIAL, "failed_records": rows, "num_records_imported": count}
    return as_json(400, content | {"status": "Bad Request"})


def acknowledged(good: int, refused: Sequence[Refused], *, verbose: bool) -> Reply:
    """``/track``, ``/engage`` and ``/groups``: 200 always, success if only one record was good."""
    if good:
        return _status(1, None, verbose=verbose)
    return acknowledged_nothing(refused[0].refusal.message, verbose=verbose)


def acknowledged_nothing(error: str, *, verbose: bool) -> Reply:
    """``/track``, ``/engage`` and ``/groups`` found no good record, and answer 200 all the same."""
    return _status(0, error, verbose=verbose)


def updated(good: int, refused: Sequence[Refused]) -> Reply:
    """``/engage`` and ``/groups`` in strict mode: 200, and the body names the records that were refused."""
    if not refused:
        return as_json(200, {"error": None, "errors": {}, "num_good_events": good, "status": 1})
    rows = [{"index": item.place, **item.refusal._asdict()} for item in refused]
    content = {"code": 400, "error": _PARTIAL, "failed_records": rows, "num_good_events": good, "status": 0}
    return as_json(200, content)


def updated_nothing(error: str) -> Reply:
    """``/engage`` and ``/groups`` in strict mode could not read the request."""
    return as_json(200, {"code": 400, "error": error, "num_good_events": 0, "status": 0})


def failure(status: int, error: str) -> Reply:
    """Reply with the code, the error and the name of an HTTP status, as ``/import`` does."""
    return as_json(status, {"code": status, "error": error, "status": _NAMES.get(status) or HTTPStatus(status).phrase})


def unauthorized(endpoint: str) -> Reply:
    """401: only ``/import`` has the code and the name of the status in its body."""
    if endpoint == "/import":
        return failure(401, "Invalid credentials")
    return as_json(401, {"error": "Invalid credentials", "status": "error"})


def too_large(limit: int) -> Reply:
    """413, with the limit in bytes."""
    return failure(413, f"request exceeds max limit of {limit} bytes")


def throttled() -> Reply:
    """429, which Mixpanel sends without ``Retry-After``."""
    return failure(429, _THROTTLED)


def gateway_page() -> Reply:
    """502 as a page for people, from the balancer in front of Mixpanel."""
    return raw(502, "text/html; charset=UTF-8", _GATEWAY_PAGE)


def _row(item: Refused) -> dict[str, Json]:
    return {"index": item.place, "insert_id": _insert_id(item.record), **item.refusal._asdict()}


def _insert_id(record: Json) -> str:
    properties = record.get("properties") if isinstance(record, dict) else None
    insert_id = properties.get("$insert_id") if isinstance(properties, dict) else None
    return insert_id if isinstance(insert_id, str) else ""


def _status(status: int, error: str | None, *, verbose: bool) -> Reply:
    if verbose:
        return as_json(200, {"error": error, "status": status})
    return raw(200, "text/plain; charset=utf-8", str(status).encode())
