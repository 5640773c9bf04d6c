"""SQS in memory and on a clock that is handed in: as much of it as our code and Lambda's pollers use.

A contract test runs on this and on moto. Where AWS documents what moto does not do (characters that SQS refuses, a
superseded receipt that deletes nothing), this does as AWS documents.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, Literal

from botocore.exceptions import ClientError

MAX_BYTES: Final = 1_048_576
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_ENTRIES: Final = 10
_MAX_DELAY: Final = 900

Shuffle = Callable[[list["Message"]], object]


@dataclass(slots=True)
class Message:
    """One message; ``visible_at`` is when it can be received next."""

    id: str
    body: str
    sent_at: float
    visible_at: float
    receives: int = 0
    receipt: str = ""
    first_received: float = 0.0


@dataclass(slots=True)
class SimulatedQueue:
    """One queue with the attributes that matter here."""

    attributes: dict[str, str]
    messages: list[Message] = field(default_factory=list)

    @property
    def visibility(self) -> float:
        """Seconds for which a received message is hidden."""
        return float(self.attributes.get("VisibilityTimeout", 30))

    @property
    def retention(self) -> float:
        """Seconds after which a message is forgotten."""
        return float(self.attributes.get("MessageRetentionPeriod", 345_600))

    @property
    def redrive(self) -> tuple[str, int] | None:
        """The dead-letter queue's name, and after how many receives a message goes there."""
        policy = json.loads(self.attributes.get("RedrivePolicy", "{}"))
        return (policy["deadLetterTargetArn"].rpartition(":")[2], int(policy["maxReceiveCount"])) if policy else None


class SimulatedSqs:
    """A client of SQS. ``expired`` counts the messages that were forgotten for their age."""

    def __init__(self, clock: Callable[[], float], shuffle: Shuffle = lambda _messages: None) -> None:
        self.queues: dict[str, SimulatedQueue] = {}
        self.expired: Counter[str] = Counter()
        self._clock = clock
        self._shuffle = shuffle
        self._numbers = count(1)

    def create_queue(self, *, QueueName: str, Attributes: dict[str, str] | None = None) -> dict[str, str]:  # noqa: N803
        """Create a queue."""
        self.queues[QueueName] = SimulatedQueue(dict(Attributes or {}))
        return {"QueueUrl": f"https://sqs.eu-central-1.amazonaws.com/123456789012/{QueueName}"}

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """Take one to ten messages. Raises ClientError for what AWS refuses."""
        _check_batch(Entries)
        _check(sum(len(each["MessageBody"].encode()) for each in Entries) <= MAX_BYTES, "BatchRequestTooLong")
        for entry in Entries:
            _check(bool(entry["MessageBody"]), "MissingParameter")
            _check(not _FORBIDDEN.search(entry["MessageBody"]), "InvalidMessageContents")
            _check(0 <= entry.get("DelaySeconds", 0) <= _MAX_DELAY, "InvalidParameterValue")
        for entry in Entries:
            now = self._clock()
            message = Message(f"m{next(self._numbers)}", entry["MessageBody"], now, now + entry.get("DelaySeconds", 0))
            self._queue(QueueUrl).messages.append(message)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def receive_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        MaxNumberOfMessages: int = 1,  # noqa: N803
        MessageSystemAttributeNames: Sequence[Literal["All"]] = (),  # noqa: N803
    ) -> dict[str, Any]:
        """Hand over visible messages; what came too often moves to the dead-letter queue instead."""
        _check(1 <= MaxNumberOfMessages <= _MAX_ENTRIES, "InvalidParameterValue")
        queue = self._queue(QueueUrl)
        self._forget_old(QueueUrl, queue)
        received = [self._hand_over(each, queue) for each in self._visible(queue)[:MaxNumberOfMessages]]
        return {"Messages": received} if received else {}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803
        """Forget a message, unless it was received again meanwhile: then the receipt is worth nothing."""
        queue = self._queue(QueueUrl)
        queue.messages = [each for each in queue.messages if each.receipt != ReceiptHandle]

    def delete_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        """Forget one to ten messages."""
        _check_batch(Entries)
        for entry in Entries:
            self.delete_message(QueueUrl=QueueUrl, ReceiptHandle=entry["ReceiptHandle"])
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def next_visible(self) -> float | None:
        """Return when the next message can be received, None if there is none in a queue that is polled."""
        times = [each.visible_at for queue in self.queues.values() if queue.redrive for each in queue.messages]
        return min(times, default=None)

    def bodies(self, url: str) -> Iterator[str]:
        """Yield what a queue holds, hidden messages included."""
        return (each.body for each in self._queue(url).messages)

    def discard(self, url: str, body: str) -> None:
        """Forget one message of that body."""
        queue = self._queue(url)
        queue.messages.remove(next(each for each in queue.messages if each.body == body))

    def repeat(self, url: str, receipt: str) -> None:
        """Let a message that was just handed over be handed over again, as SQS may."""
        queue = self._queue(url)
        for each in [each for each in queue.messages if each.receipt == receipt]:
            twin = Message(each.id, each.body, each.sent_at, self._clock(), each.receives, "", each.first_received)
            queue.messages.append(twin)

    def expose(self, url: str) -> None:
        """Let the visibility timeout of everything under way be over."""
        for each in self._queue(url).messages:
            if each.receipt:
                each.visible_at = min(each.visible_at, self._clock())

    def _queue(self, url: str) -> SimulatedQueue:
        return self.queues[url.rpartition("/")[2]]

    def _forget_old(self, url: str, queue: SimulatedQueue) -> None:
        fresh = [each for each in queue.messages if self._clock() - each.sent_at < queue.retention]
        self.expired[url] += len(queue.messages) - len(fresh)
        queue.messages = fresh

    def _visible(self, queue: SimulatedQueue) -> list[Message]:
        visible = [each for each in queue.messages if each.visible_at <= self._clock()]
        self._shuffle(visible)
        if not queue.redrive:
            return visible
        target, limit = queue.redrive
        worn = [each for each in visible if each.receives >= limit]
        for each in worn:
            queue.messages.remove(each)
            self.queues[target].messages.append(Message(each.id, each.body, each.sent_at, self._clock()))
        return [each for each in visible if each.receives < limit]

    def _hand_over(self, message: Message, queue: SimulatedQueue) -> dict[str, Any]:
        now = self._clock()
        message.receives += 1
        message.receipt = f"{message.id}/{next(self._numbers)}"
        message.visible_at = now + queue.visibility
        message.first_received = message.first_received or now
        attributes = {
            "SentTimestamp": str(round(message.sent_at * 1000)),
            "ApproximateReceiveCount": str(message.receives),
            "ApproximateFirstReceiveTimestamp": str(round(message.first_received * 1000)),
        }
        receipt = message.receipt
        return {"MessageId": message.id, "ReceiptHandle": receipt, "Body": message.body, "Attributes": attributes}


def _check_batch(entries: Sequence[dict[str, Any]]) -> None:
    _check(bool(entries), "EmptyBatchRequest")
    _check(len(entries) <= _MAX_ENTRIES, "TooManyEntriesInBatchRequest")
    _check(len({entry["Id"] for entry in entries}) == len(entries), "BatchEntryIdsNotDistinct")


def _check(condition: bool, code: str) -> None:
    if not condition:
        raise ClientError({"Error": {"Code": code, "Message": code}}, "SQS")
