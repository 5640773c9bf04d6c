"""What the server fills in (Segment's HTTP Tracking API), so that an archived event needs no request around it."""

import math
import secrets
import string
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import orjson

from switchyard import clock
from switchyard.collect.addresses import Sender, with_address
from switchyard.errors import RefusedRequest
from switchyard.events import Event, Json

MAX_SHARED_BYTES: Final = 8 * 1024
"""A batch's own ``context`` and ``integrations`` are copied into each of its events, so they must be small."""

MAX_MESSAGE_ID: Final = 100
"""Segment's limit in characters."""

_IDS: Final = ("userId", "anonymousId", "groupId", "previousId")
_ALPHANUMERIC: Final = string.digits + string.ascii_letters


class Arrival(NamedTuple):
    """What the events of one request share; ``call`` is the type of a single call, which its path says.

    ``is_relayed`` means that Segment collected them: then it has corrected their times already.
    """

    received_at: datetime
    sent_at: Json = None
    context: Mapping[str, Any] = {}
    integrations: Mapping[str, Any] = {}
    call: str | None = None
    sender: Sender = Sender()
    is_relayed: bool = False


def batch_arrival(body: Mapping[str, Any], arrival: Arrival) -> Arrival:
    """Return the arrival with what a batch says for all its events. Raises RefusedRequest when that alone is too large.

    A ``sentAt`` that is no time is of no use, and could be 500 KB that go into each event.
    """
    shared = {name: value for name in ("context", "integrations") if isinstance(value := body.get(name), dict)}
    if len(orjson.dumps(shared)) > MAX_SHARED_BYTES:
        raise RefusedRequest("payload_too_large", "A batch's own context and integrations may have 8 KiB together.")
    sent_at = body.get("sentAt")
    sent_at = sent_at if clock.parse(sent_at) else None
    return arrival._replace(
        sent_at=sent_at, context=shared.get("context", {}), integrations=shared.get("integrations", {})
    )


def normalise(event: Event, arrival: Arrival) -> Event:
    """Return the event as it is archived: batch values merged in, times and messageId filled in.

    ``timestamp`` is corrected for the device's clock: ``receivedAt - (sentAt - originalTimestamp)``, but not where that
    clock was set before sending, and the past would come to lie in the future, which Mixpanel refuses. Fields that are
    not named here stay as they came.
    """
    event = {**event, "type": arrival.call} if arrival.call else event
    normal = dict(event)
    normal.update((name, str_of_number(event[name])) for name in _IDS if name in event)
    normal.update(_merged(event, arrival))
    normal.update(_relayed_times(event, arrival) if arrival.is_relayed else _times(event, arrival))
    normal["messageId"] = _message_id(event.get("messageId"))
    return normal


def str_of_number(value: Json) -> Json:
    """Return a finite number as its JSON text, since home-made clients send ids as numbers; else ``value``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return value
    return str(int(value)) if value == int(value) else repr(value)


def _merged(event: Event, arrival: Arrival) -> Iterator[tuple[str, Json]]:
    """Yield the fields that are objects: the batch's under the event's own, and ``{}`` for what is null or missing."""
    own_context = _object(event.get("context"))
    yield "context", with_address({**arrival.context, **own_context}, arrival.sender)
    if arrival.integrations or "integrations" in event:
        yield "integrations", {**arrival.integrations, **_object(event.get("integrations"))}
    body = "traits" if event.get("type") in ("identify", "group") else "properties"
    if event.get("type") != "alias" and event.get(body) is None:
        # RudderStack's Python SDK puts the traits of an identify call nowhere but into the context.
        yield body, _object(own_context.get("traits")) if event.get("type") == "identify" else {}


def _object(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _times(event: Event, arrival: Arrival) -> Iterator[tuple[str, str]]:
    received = clock.to_iso(arrival.received_at)
    original = _first_given(event.get("timestamp"), event.get("originalTimestamp"))
    sent_at = _time_or(arrival.sent_at, event.get("sentAt"))
    yield "receivedAt", received
    if original is not None:
        yield "originalTimestamp", original
    if sent_at is not None:
        yield "sentAt", sent_at
    yield "timestamp", _corrected(clock.parse(original), clock.parse(sent_at), arrival.received_at) or received


def _relayed_times(event: Event, arrival: Arrival) -> Iterator[tuple[str, Json]]:
    """Yield Segment's own times, as they came: a second correction would add the time that Segment's delivery took."""
    received = _time_or(clock.to_iso(arrival.received_at), event.get("receivedAt"))
    yield "receivedAt", received
    yield "timestamp", _time_or(received, event.get("timestamp"))


def _time_or(default: Json, value: Json) -> Json:
    return value if clock.parse(value) else default


def _first_given(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)


def _corrected(original: datetime | None, sent_at: datetime | None, received_at: datetime) -> str | None:
    if original is None:
        return None
    if sent_at is None or sent_at < original <= received_at:
        return clock.to_iso(original)
    try:
        return clock.to_iso(received_at - (sent_at - original))
    except OverflowError:
        return clock.to_iso(original)


def _message_id(given: Json) -> str:
    message_id = str_of_number(given)
    if not isinstance(message_id, str) or not message_id:
        return "api-" + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(27))
    if len(message_id) > MAX_MESSAGE_ID:
        # Two long ids may share their beginning: the digest keeps them apart.
        digest = blake2b(message_id.encode(), digest_size=16).hexdigest()
        return f"{message_id[: MAX_MESSAGE_ID - 33]}-{digest}"
    return message_id
