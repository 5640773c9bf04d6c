"""Event source mappings: a queue's messages → a function, acknowledged but for those that it reports as failed."""

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import boto3

from switchyard.events import Json
from switchyard_cli.local.cloud import REGION
from switchyard_cli.local.functions import Function

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAX_WINDOW_SECONDS: Final = 0.3
"""The template's batching windows save money by waiting; nobody wants to wait for them at a desk."""

_IDLE_SECONDS: Final = 0.05
_MAX_PAYLOAD_CHARACTERS: Final = 4_000_000

_log = logging.getLogger(__name__)


class Poller(threading.Thread):
    """Polls one queue for one function until it is stopped."""

    def __init__(self, function: Function, queue_url: str, queue_arn: str, properties: dict[str, Json]) -> None:
        super().__init__(name=f"poller-{function.name}", daemon=True)
        self._function = function
        self._url = queue_url
        self._arn = queue_arn
        self._batch_size: int = properties["BatchSize"]
        self._window = min(properties["MaximumBatchingWindowInSeconds"], MAX_WINDOW_SECONDS)
        self._sqs = boto3.client("sqs")
        self._stopped = threading.Event()

    def run(self) -> None:
        """Hand batches to the function until stop() is called."""
        while not self._stopped.is_set():
            messages = self._receive_batch()
            if messages:
                self._hand_over(messages)
            else:
                self._stopped.wait(_IDLE_SECONDS)

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopped.set()

    def _receive_batch(self) -> list["MessageTypeDef"]:
        batch: list[MessageTypeDef] = []
        ends = time.monotonic() + self._window
        while len(batch) < self._batch_size and sum(len(each["Body"]) for each in batch) < _MAX_PAYLOAD_CHARACTERS:
            reply = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(10, self._batch_size - len(batch)),
                MessageSystemAttributeNames=["All"],
                WaitTimeSeconds=0,
            )
            batch += reply.get("Messages", [])
            if not batch or self._stopped.is_set() or time.monotonic() > ends:
                break
            if not reply.get("Messages"):
                time.sleep(_IDLE_SECONDS)
        return batch

    def _hand_over(self, messages: list["MessageTypeDef"]) -> None:
        try:
            result = self._function.invoke({"Records": [self._record(message) for message in messages]})
        except Exception:  # noqa: BLE001
            # As in Lambda: nothing is acknowledged, and the messages come again after their visibility timeout.
            _log.exception("%s failed", self._function.name)
            return
        failed = {failure["itemIdentifier"] for failure in result["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def _record(self, message: "MessageTypeDef") -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": REGION,
        }
