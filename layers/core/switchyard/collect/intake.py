"""A request's JSON object → the events in it, good ones ready for the queues and bad ones with their reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from switchyard.collect import validate
from switchyard.collect.addresses import without_detail
from switchyard.collect.normalise import Arrival, batch_arrival, normalise
from switchyard.errors import InvalidEvent, RefusedRequest
from switchyard.events import Event, Json

BATCH: Final = "batch"
"""The call that brings several events."""

MAX_BATCH_EVENTS: Final = 2500
"""Segment's limit; what is over it is refused event by event, the rest goes on."""

MAX_RELAYED_EVENTS: Final = 4000
"""The most that Segment's webhook destination can be set to put into a request."""

MAX_RELAYED_LIST: Final = 40_000
"""Of a list that is longer than this nothing is taken: its first event alone is signed, so anybody who has seen one
could append two million."""


class Refusal(NamedTuple):
    """A bad event: what could be made of it, and why it went no further."""

    event: Event
    reason: InvalidEvent


@dataclass(slots=True)
class Intake:
    """The events of one request, in their order."""

    accepted: list[Event] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def take_in(call: str, body: Mapping[str, Any], arrival: Arrival) -> Intake:
    """Return the events in the body of a request: one of the type ``call``, or a batch.

    A bad event of a batch is refused alone (promise 4). Raises RefusedRequest when there is no batch where one must
    be, or when a single event is too large, as Segment does.
    """
    if call != BATCH:
        return _take_in_single(body, arrival._replace(call=call))
    return _take_in_all(_batch(body), batch_arrival(body, arrival), MAX_BATCH_EVENTS)


def take_in_relayed(content: Json, arrival: Arrival) -> Intake:
    """Return the events that Segment collected and hands on: a list of them, or one. Raises RefusedRequest for none."""
    events = content if isinstance(content, list) else [content]
    if not events:
        raise RefusedRequest("empty_batch", "The list has no events.")
    if len(events) > MAX_RELAYED_LIST:
        raise RefusedRequest("payload_too_large", f"A list may have {MAX_RELAYED_EVENTS:,} events.")
    return _take_in_all(events, arrival, MAX_RELAYED_EVENTS)


def _take_in_all(events: list[Json], arrival: Arrival, most: int) -> Intake:
    intake = Intake()
    for number, event in enumerate(events):
        _take_in_one(event, arrival, intake, surplus_over=most if number >= most else None)
    return intake


def _take_in_single(event: Json, arrival: Arrival) -> Intake:
    intake = Intake()
    _take_in_one(event, arrival, intake)
    for refusal in intake.refused:
        if refusal.reason.code == "payload_too_large":
            raise RefusedRequest("payload_too_large", "An event may have 32 KiB as compact JSON.")
    return intake


def _batch(body: Mapping[str, Any]) -> list[Json]:
    batch = body.get("batch")
    if not isinstance(batch, list):
        raise RefusedRequest("bad_request", 'The body must have a list of events as "batch".')
    if not batch:
        raise RefusedRequest("empty_batch", "The batch has no events.")
    return batch


def _take_in_one(given: Json, arrival: Arrival, intake: Intake, *, surplus_over: int | None = None) -> None:
    event: Event = {"received": given}
    try:
        if not isinstance(given, dict):
            raise InvalidEvent("bad_request", "the event must be a JSON object")
        event = {name: value for name, value in given.items() if name != "writeKey"}
        event = without_detail(event, arrival.sender.detail)
        if surplus_over:  # before anything is merged into it, since there may be a hundred thousand of these
            raise InvalidEvent("bad_request", f"a batch may have {surplus_over} events, this one came after them")
        validate.check_size(event, is_relayed=arrival.is_relayed)
        event = normalise(event, arrival)
        validate.check(event)
        intake.accepted.append(event)
    except InvalidEvent as reason:
        # Without its traceback: of a hundred thousand refusals, those would take a hundred megabytes.
        intake.refused.append(Refusal(event, reason.with_traceback(None)))
