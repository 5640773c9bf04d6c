"""A dead-letter queue, read from end to end: each message once, and what nobody took is there again afterwards."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from botocore.exceptions import BotoCoreError, ClientError

from switchyard.errors import QueueUnavailable

MAX_HELD: Final = 100_000
"""Messages; SQS lets 120,000 of a queue be in somebody's hands at once."""

_BATCH: Final = 10
_SHORTEST_HIDING: Final = 60
_SLOWEST_READING: Final = 20  # messages a second
_LONGEST_HIDING: Final = 43_200  # SQS's limit
_MAX_ROUNDS_WITHOUT_NEWS: Final = 20


class Message(NamedTuple):
    """One message as SQS gave it; ``sent_at`` (epoch ms) is when it was put into a queue, not when SQS moved it."""

    id: str
    body: str
    sent_at: int


class Reading(AbstractContextManager["Reading"]):
    """One passage through a queue; iterate over it inside of ``with``.

    While it lasts, what was read is hidden from others; at its end it is released. Should the process be killed, SQS
    releases it after a time that is enough for a slow reading, at most twelve hours.
    """

    def __init__(self, sqs: Any, url: str, wait_seconds: int) -> None:
        """Take a second as ``wait_seconds`` to make AWS ask all its servers: an empty answer may be wrong else."""
        self._sqs = sqs
        self._url = url
        self._wait_seconds = wait_seconds
        self._receipts: dict[str, str] = {}
        numbers = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.in_other_hands = int(numbers["ApproximateNumberOfMessagesNotVisible"])
        self.is_cut_short = False
        reading_time = int(numbers["ApproximateNumberOfMessages"]) // _SLOWEST_READING
        self._hiding_seconds = min(_SHORTEST_HIDING + reading_time, _LONGEST_HIDING)

    def __iter__(self) -> Iterator[Message]:
        """Yield each message once, until none is left or MAX_HELD are held."""
        seen: set[str] = set()
        rounds_without_news = 0
        while rounds_without_news < _MAX_ROUNDS_WITHOUT_NEWS and (messages := self._receive()):
            new = [message for message in messages if message.id not in seen]
            seen.update(message.id for message in new)
            yield from new
            rounds_without_news = 0 if new else rounds_without_news + 1
            if len(self._receipts) >= MAX_HELD:
                self.is_cut_short = True
                return

    def _receive(self) -> list[Message]:
        reply = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_BATCH,
            VisibilityTimeout=self._hiding_seconds,
            WaitTimeSeconds=self._wait_seconds,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        received = reply.get("Messages", [])
        self._receipts.update((each["MessageId"], each["ReceiptHandle"]) for each in received)
        return [Message(each["MessageId"], each["Body"], int(each["Attributes"]["SentTimestamp"])) for each in received]

    def delete(self, messages: Iterable[Message]) -> None:
        """Delete messages for good. Raises QueueUnavailable when SQS kept some: they are there again later."""
        ids = [message.id for message in messages]
        for entries in _entries(self._receipts[each] for each in ids):
            reply = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
            if kept := reply.get("Failed"):
                raise QueueUnavailable(f"SQS did not delete {len(kept)} message(s); repeat the command")
        for each in ids:
            del self._receipts[each]

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Release what is still held."""
        for entries in _entries(self._receipts.values(), VisibilityTimeout=0):
            with suppress(BotoCoreError, ClientError):  # it comes back by itself, only later
                self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


def _entries(receipts: Iterable[str], **more: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the entries of requests about these receipts."""
    remaining = list(receipts)
    for start in range(0, len(remaining), _BATCH):
        some = enumerate(remaining[start : start + _BATCH])
        yield [{"Id": str(number), "ReceiptHandle": receipt, **more} for number, receipt in some]
