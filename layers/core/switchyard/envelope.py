"""What travels in every queue: an envelope of events, the same from collect to dead letter and back by redrive.

One message holds the events of one HTTP request. A message that forward sends back names the destination and, event
by event, the operations that are still to be delivered. A dead letter has the failure besides, which all its events
share; forward's dead letters hold one event each.

JSON, version 1 (``null`` where a field says nothing)::

    {"version": 1, "source": "web", "receivedAt": "2026-11-22T16:43:00.123Z", "requestId": "…",
     "destination": "mixpanel-eu", "attempts": 2, "queuedAt": 1795365780123, "firstTriedAt": "…",
     "failure": {"class": "invalid", "code": "invalid", "reason": "…", "field": "properties.time", "status": 400,
                 "subscription": "Track Calls", "action": "trackEvent", "attempts": 2,
                 "firstTriedAt": "…", "failedAt": "…", "operations": [{"endpoint": "/import", "record": {…}}]},
     "items": [
    {"event": {…}, "only": ["Track Calls#0"]}
    ],"itemBytes":[1671]}

Each item has a line, and ``itemBytes`` says how long each of them is. So they can be cut out and carried on unread: an
event is one text from collect to the archive, and to forward, which reads one at a time and then lets go of it
(docs/performance.md). A message that is laid out in any other way, by somebody's hand or an earlier release, is read
as what it says.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final, Self

import orjson

from switchyard.errors import BadEnvelope
from switchyard.events import Event, Json

VERSION: Final = 1

MAX_MESSAGE_BYTES: Final = 1_000_000
"""A little under SQS's 1 MiB, so that a message can be sent on with a longer head."""

_MAX_HEAD_BYTES: Final = MAX_MESSAGE_BYTES // 2

# How a message is laid out.
_BEGINNING: Final = b'{"event":'
_ONLY: Final = b',"only":'
_BETWEEN: Final = b",\n"
_FIRST: Final = b'"items":[\n'
_LENGTHS: Final = b'\n],"itemBytes":['
_END: Final = b"]}"

_IDENTIFYING: Final = ("type", "messageId", "userId", "anonymousId", "event", "timestamp")
_LONGEST_IDENTIFYING: Final = 1000
_SHAPE: Final = {
    "source": str,
    "receivedAt": str,
    "requestId": str,
    "destination": str | None,
    "attempts": int,
    "queuedAt": int | None,
    "firstTriedAt": str | None,
    "failure": dict | None,
    "items": list,
}
_FAILURE_SHAPE: Final = {"code": str, "reason": str, "attempts": int, "failedAt": str | None}


@dataclass(frozen=True, slots=True)
class Item:
    """One event as JSON, and which of its operations are still to be delivered; ``None`` means all of them."""

    text: bytes
    only: tuple[str, ...] | None = None

    @classmethod
    def of(cls, event: Event, only: tuple[str, ...] | None = None) -> Self:
        """Write the event down. Raises TypeError for one that nests too deep, as none does that collect accepts."""
        # A copy, since the room that orjson took for its result is several KiB, and stays taken.
        return cls(bytes(memoryview(_json(event))), only)

    @property
    def event(self) -> Event:
        """The event, read anew each time. Raises BadEnvelope if it is none; only somebody's hand makes such a text."""
        try:
            event = orjson.loads(self.text)
        except orjson.JSONDecodeError:
            raise BadEnvelope("an event in the message is not JSON") from None
        if not isinstance(event, dict):
            raise BadEnvelope("an event in the message is not an object")
        return event


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an event is a dead letter. ``reason`` and ``field`` never hold values of the event (promise 7).

    ``class_`` is what the reply meant (``switchyard.destinations.base.Verdict``), ``code`` says it more exactly;
    ``subscription`` and ``action`` made what was refused.
    """

    code: str
    reason: str
    field: str | None = None
    status: int | None = None
    attempts: int = 0
    failedAt: str | None = None  # noqa: N815 - the names of the JSON
    operations: tuple[dict[str, Any], ...] = ()
    class_: str = "invalid"
    subscription: str | None = None
    action: str | None = None
    firstTriedAt: str | None = None  # noqa: N815


@dataclass(frozen=True, slots=True)
class Envelope:
    """Events of one source, received together. ``queued_at`` (epoch ms) is when the first try became possible."""

    source: str
    received_at: str
    request_id: str
    items: tuple[Item, ...] = field(repr=False)
    destination: str | None = None
    attempts: int = 0
    queued_at: int | None = None
    first_tried_at: str | None = None
    failure: Failure | None = field(default=None, repr=False)

    def anew(self) -> Self:
        """Return it as if it had never been tried: what is redriven is given all its tries again."""
        return replace(self, attempts=0, queued_at=None, first_tried_at=None, failure=None)


def seal(envelope: Envelope) -> list[str]:
    """Return the messages that carry the envelope: one, or several where SQS's limit asks for it.

    The text holds only characters that SQS takes. What no message has room for is left out: the operations of a
    failure, and of an event (a dead letter: collect accepts none of that size) all but what identifies it.
    """
    head = _head(envelope)
    room = MAX_MESSAGE_BYTES - len(head) - len(_LENGTHS) - len(_END) + len(_BETWEEN) + len(",")
    portions = _portions((_item_text(item, room) for item in envelope.items), room)
    return [(head + _BETWEEN.join(items) + _LENGTHS + _lengths(items) + _END).decode() for items in portions]


def open_envelope(body: str) -> Envelope:
    """Read a message. Raises BadEnvelope when it is none of ours."""
    try:
        head, items = _cut(body.encode())
        message = orjson.loads(head)
        if message["version"] != VERSION:
            raise BadEnvelope(f"this release reads envelopes of version {VERSION}, the message has another")
        return _envelope(message, items)
    except (KeyError, TypeError, ValueError) as error:
        raise BadEnvelope(f"the message is not an envelope ({type(error).__name__})") from None


def _cut(body: bytes) -> tuple[bytes, list[bytes]]:
    """Return the message without its items, and those; all of it and none where it is laid out in another way."""
    before, _, lengths = body.rpartition(_LENGTHS)
    head, _, text = before.partition(_FIRST)
    items = text.split(_BETWEEN)
    if lengths != _lengths(items) + _END:
        return body, []
    return head + _FIRST + _END, items


def _lengths(items: Iterable[bytes]) -> bytes:
    return b",".join(b"%d" % len(item) for item in items)


def _head(envelope: Envelope) -> bytes:
    """Return the message up to its first item."""
    failure = envelope.failure
    head = {
        "version": VERSION,
        "source": envelope.source,
        "receivedAt": envelope.received_at,
        "requestId": envelope.request_id,
        "destination": envelope.destination,
        "attempts": envelope.attempts,
        "queuedAt": envelope.queued_at,
        "firstTriedAt": envelope.first_tried_at,
        "failure": _failure_json(failure) if failure else None,
    }
    text = _json(head)
    if failure and failure.operations and len(text) > _MAX_HEAD_BYTES:
        return _head(replace(envelope, failure=replace(failure, operations=())))
    return text[:-1] + b"," + _FIRST


def _failure_json(failure: Failure) -> dict[str, Json]:
    named = asdict(failure)
    return {"class": named.pop("class_"), **named}


def _portions(items: Iterable[bytes], room: int) -> Iterator[list[bytes]]:
    portion: list[bytes] = []
    size = 0
    for item in items:
        weight = _weight(item)
        if portion and size + weight > room:
            yield portion
            portion, size = [], 0
        portion.append(item)
        size += weight
    if portion:
        yield portion


def _weight(item: bytes) -> int:
    """Return the bytes that an item adds to a message, with what stands between it and the one before."""
    return len(item) + len(_BETWEEN) + len(b",%d" % len(item))


def _item_text(item: Item, room: int) -> bytes:
    only = b"" if item.only is None else _ONLY + _json(item.only)
    text = _BEGINNING + item.text + only + b"}"
    if _weight(text) <= room:
        return text
    return _BEGINNING + _json(_outline(item.event)) + only + b"}"


def _outline(event: Event) -> Event:
    named = {name: event.get(name) for name in _IDENTIFYING}
    return {name: text for name, text in named.items() if isinstance(text, str) and len(text) <= _LONGEST_IDENTIFYING}


def _json(value: Json) -> bytes:
    # orjson escapes what is below U+0020; these two are the others that SQS refuses, and they occur in strings only.
    return orjson.dumps(value).replace(b"\xef\xbf\xbe", rb"\ufffe").replace(b"\xef\xbf\xbf", rb"\uffff")


def _envelope(message: dict[str, Any], items: Iterable[bytes]) -> Envelope:
    _check_shape(message, _SHAPE)
    failure = message.get("failure")
    return Envelope(
        source=message["source"],
        received_at=message["receivedAt"],
        request_id=message["requestId"],
        items=tuple(map(_cut_out, items)) or tuple(map(_item, message["items"])),
        destination=message["destination"],
        attempts=message["attempts"],
        queued_at=message["queuedAt"],
        first_tried_at=message.get("firstTriedAt"),
        failure=_failure(failure) if failure else None,
    )


def _check_shape(given: dict[str, Any], shape: Mapping[str, Any]) -> None:
    if wrong := [name for name, kind in shape.items() if not isinstance(given.get(name), kind)]:
        raise BadEnvelope(f"the message is not an envelope ({', '.join(wrong)})")


def _failure(given: dict[str, Any]) -> Failure:
    _check_shape(given, _FAILURE_SHAPE)
    # Dead letters live for two weeks: older ones have no class, newer ones may say more than is known here.
    named = {each.name: given[each.name] for each in fields(Failure) if each.name in given}
    class_ = given.get("class") or ("transient" if given["code"] == "transient" else "invalid")
    return Failure(**named | {"class_": class_, "operations": tuple(given.get("operations") or ())})


def _cut_out(item: bytes) -> Item:
    """Return an item with its event unread."""
    if not item.startswith(_BEGINNING):
        return _item(orjson.loads(item))
    text = item[len(_BEGINNING) : -1]
    if text.endswith(b"}"):
        return Item(text)
    event, _, only = text.rpartition(_ONLY)  # inside of a string its quotes would be escaped
    return Item(event, _operations(orjson.loads(only)))


def _item(item: dict[str, Any]) -> Item:
    if not isinstance(item["event"], dict):
        raise BadEnvelope("the message is not an envelope (an event is not an object)")
    only = item.get("only")
    return Item.of(item["event"], None if only is None else _operations(only))


def _operations(only: Json) -> tuple[str, ...]:
    if not isinstance(only, list) or not only or not all(isinstance(key, str) for key in only):
        raise BadEnvelope("the message is not an envelope (only is no list of operations)")
    return tuple(only)
