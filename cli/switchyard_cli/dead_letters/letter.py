"""One event that could not go on: what is known of it, from forward, from collect, or from SQS alone."""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from switchyard import clock
from switchyard.envelope import Envelope, Failure, Item, open_envelope
from switchyard.errors import BadEnvelope
from switchyard.events import Event, Json
from switchyard_cli.dead_letters.reading import Message
from switchyard_cli.event_name import event_name

CRASHED: Final = "crashed"
"""The code of what made its function fail time and again, whether forward noticed it or SQS alone."""

UNREADABLE: Final = "unreadable"
"""The code of a message that is no envelope of this release's."""


class Why(NamedTuple):
    """Why letters are dead; those with the same are shown together."""

    queue: str
    destination: str | None
    class_: str | None
    code: str
    reason: str
    field: str | None


class Letter(NamedTuple):
    """One event of a message; ``number`` is its place there. Of a message that cannot be read there is only the text.

    ``queue`` names the function whose dead-letter queue it lies in: collect, archive or a destination type.
    """

    queue: str
    message: Message
    envelope: Envelope | None
    number: int
    failure: Failure

    @property
    def item(self) -> Item:
        """The event with the operations that are left of it."""
        return self.envelope.items[self.number] if self.envelope else Item.of({})

    @property
    def event(self) -> Event:
        """The event; empty if it or its message cannot be read."""
        try:
            return self.item.event
        except BadEnvelope:
            return {}

    @property
    def why(self) -> Why:
        """Where it lies and why."""
        failure = self.failure
        destination = self.envelope.destination if self.envelope else None
        return Why(self.queue, destination, failure.class_ or None, failure.code, failure.reason, failure.field)

    @property
    def source(self) -> str | None:
        """Who sent it."""
        return self.envelope.source if self.envelope else None

    @property
    def died_at(self) -> str:
        """When it failed; where nobody wrote that down, when it was put into its queue."""
        return self.failure.failedAt or _iso(self.message.sent_at)

    @property
    def message_id(self) -> Json:
        """The event's messageId."""
        return self.event.get("messageId")

    @property
    def name(self) -> str:
        """The event's name, or the call that it is."""
        return event_name(self.event)

    def document(self) -> dict[str, Json]:
        """Return all that is known of it."""
        failure, envelope, why = self.failure, self.envelope, self.why
        known = {
            "queue": self.queue,
            "sqsMessageId": self.message.id,
            "messageId": self.message_id,
            "source": self.source,
            "destination": why.destination,
            "subscription": failure.subscription,
            "action": failure.action,
            "class": why.class_,
            "code": failure.code,
            "reason": failure.reason,
            "field": failure.field,
            "status": failure.status,
            "attempts": failure.attempts,
            "requestId": envelope.request_id if envelope else None,
            "receivedAt": self.event.get("receivedAt") or (envelope.received_at if envelope else None),
            "firstTriedAt": failure.firstTriedAt,
            "failedAt": failure.failedAt,
            "queuedAt": _iso(self.message.sent_at),
        }
        if envelope is None or not self.event:
            return known | {"body": self.message.body}
        return known | {"event": self.event, "only": self.item.only, "operations": failure.operations}


def letters_of(queue: str, message: Message) -> list[Letter]:
    """Return a letter for each event of a message; one for a message that cannot be read."""
    try:
        envelope = open_envelope(message.body)
        if not envelope.items:
            raise BadEnvelope("the message holds no event")
    except BadEnvelope as error:
        return [Letter(queue, message, None, 0, Failure(UNREADABLE, str(error), class_=""))]
    failure = envelope.failure or _crash(queue, envelope)
    return [Letter(queue, message, envelope, number, failure) for number in range(len(envelope.items))]


def _crash(queue: str, envelope: Envelope) -> Failure:
    reason = f"no reason was written down: the function that reads the {queue} queue never came to an end with it"
    return Failure(CRASHED, reason, None, None, envelope.attempts, class_="", firstTriedAt=envelope.first_tried_at)


def _iso(milliseconds: int) -> str:
    return clock.to_iso(datetime.fromtimestamp(milliseconds / 1000, UTC))
