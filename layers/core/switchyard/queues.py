"""SQS: the one place where messages are sent."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from switchyard.envelope import Envelope, seal
from switchyard.errors import QueueUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY_SECONDS: Final = 900
"""The longest DelaySeconds of SQS."""

CLIENT_CONFIG: Final = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
"""For clients of SQS: a call ends, well or badly, long before API Gateway's 29 seconds do."""

_MAX_ENTRIES: Final = 10
_MAX_REQUEST_BYTES: Final = 1_048_576


class Queue:
    """One SQS queue."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, envelopes: Iterable[Envelope], *, delay: int = 0) -> None:
        """Send the envelopes, to be received after ``delay`` seconds.

        Raises QueueUnavailable unless SQS holds every message: then some may have been sent, and the caller must
        treat all of them as not sent.
        """
        bodies = [body for envelope in envelopes for body in seal(envelope)]
        for portion in _portions(bodies):
            entries = [{"Id": str(i), "MessageBody": body, "DelaySeconds": delay} for i, body in enumerate(portion)]
            self._send(entries)

    def _send(self, entries: list[Any]) -> None:
        try:
            reply = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(f"SQS did not take the messages ({type(error).__name__})") from error
        taken = len(reply.get("Successful", []))
        if taken < len(entries):
            codes = {each["Code"] for each in reply.get("Failed", [])}
            raise QueueUnavailable(f"SQS took {taken} of {len(entries)} messages ({', '.join(sorted(codes))})")


def _portions(bodies: list[str]) -> Iterator[list[str]]:
    """Group the messages by SQS's limits for one request: ten messages, 1 MiB together."""
    portion: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if portion and (len(portion) == _MAX_ENTRIES or size + length > _MAX_REQUEST_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(body)
        size += length
    if portion:
        yield portion
