"""SQS: the one place where messages are sent, and where an event of Lambda's is read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aws_lambda_powertools import Logger
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from switchyard.clients import kind_of
from switchyard.envelope import Envelope, open_envelope, seal
from switchyard.errors import BadEnvelope, QueueUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY_SECONDS: Final = 900
"""The longest DelaySeconds of SQS."""

CLIENT_CONFIG: Final = Config(connect_timeout=1, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 3})
"""For clients of SQS: a call ends, well or badly, before collect's 20 seconds do, its pauses (1 and 2 s) included."""

_MAX_ENTRIES: Final = 10
_MAX_REQUEST_BYTES: Final = 1_048_576


class Queue:
    """One SQS queue."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, envelopes: Iterable[Envelope]) -> None:
        """Send the envelopes, to be received at once. Raises QueueUnavailable, as ``send_later`` does."""
        self.send_later((envelope, 0) for envelope in envelopes)

    def send_later(self, envelopes: Iterable[tuple[Envelope, int]]) -> None:
        """Send the envelopes, each to be received after its delay in seconds (at most MAX_DELAY_SECONDS).

        Raises QueueUnavailable unless SQS holds every message: then some may have been sent, and the caller must
        treat all of them as not sent.
        """
        messages = [(body, delay) for envelope, delay in envelopes for body in seal(envelope)]
        for portion in _portions(messages):
            self._send(
                [
                    {"Id": str(number), "MessageBody": body, "DelaySeconds": delay}
                    for number, (body, delay) in enumerate(portion)
                ]
            )

    def acknowledge(self, receipts: Iterable[str]) -> None:
        """Delete messages of this queue now, not when the run ends well. Raises QueueUnavailable."""
        for portion in _tens(list(receipts)):
            entries = [{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(portion)]
            _confirm(self._client.delete_message_batch, self._url, entries)

    def _send(self, entries: list[Any]) -> None:
        _confirm(self._client.send_message_batch, self._url, entries)


def _confirm(call: Callable[..., Any], url: str, entries: list[Any]) -> None:
    """Make a batch request of SQS. Raises QueueUnavailable unless it succeeded for every entry."""
    try:
        reply = call(QueueUrl=url, Entries=entries)
    except (BotoCoreError, ClientError) as error:
        raise QueueUnavailable(f"SQS did not take the messages ({kind_of(error)})") from error
    taken = len(reply.get("Successful", []))
    if taken < len(entries):
        codes = {each["Code"] for each in reply.get("Failed", [])}
        raise QueueUnavailable(f"SQS took {taken} of {len(entries)} messages ({', '.join(sorted(codes))})")


def _tens(receipts: list[str]) -> Iterator[list[str]]:
    return (receipts[start : start + _MAX_ENTRIES] for start in range(0, len(receipts), _MAX_ENTRIES))


class Received(NamedTuple):
    """One message of an SQS event: what it carries, when it was sent (epoch ms), and for the how manieth time it came.

    ``receipt`` acknowledges it.
    """

    id: str
    envelope: Envelope
    sent_at: int
    receives: int = 1
    receipt: str = ""


def receive(records: Iterable[Mapping[str, Any]], logger: Logger) -> tuple[list[Received], list[str]]:
    """Read the records of an SQS event. Returns the messages, and the ids of those that cannot be read.

    The latter must be reported as failed: they come again until SQS moves them to the dead-letter queue as they are.
    """
    received, unreadable = [], []
    for record in records:
        try:
            received.append(_received(record))
        except BadEnvelope as error:
            logger.error("unreadable message", extra={"sqs_message_id": record["messageId"], "why": str(error)})
            unreadable.append(record["messageId"])
    return received, unreadable


def _received(record: Mapping[str, Any]) -> Received:
    attributes = record["attributes"]
    return Received(
        record["messageId"],
        open_envelope(record["body"]),
        sent_at=int(attributes["SentTimestamp"]),
        receives=int(attributes.get("ApproximateReceiveCount", 1)),
        receipt=record.get("receiptHandle", ""),
    )


def failures(message_ids: Iterable[str]) -> dict[str, Any]:
    """Return what a function answers so that these messages, and only these, are received again."""
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in message_ids]}


def _portions(messages: list[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    """Group the messages by SQS's limits for one request: ten messages, 1 MiB together."""
    portion: list[tuple[str, int]] = []
    size = 0
    for message in messages:
        length = len(message[0].encode())
        if portion and (len(portion) == _MAX_ENTRIES or size + length > _MAX_REQUEST_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(message)
        size += length
    if portion:
        yield portion
