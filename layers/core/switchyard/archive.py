"""Envelopes → gzip objects in S3, one JSON event a line, partitioned so that Athena reads them as a table."""

import gzip
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from switchyard import observability
from switchyard.clients import kind_of
from switchyard.crash_suspects import work_apart
from switchyard.envelope import Envelope
from switchyard.queues import Queue, Received, receive

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Partition(NamedTuple):
    """Where events of one source and one hour (UTC, of their arrival) are kept."""

    source: str
    date: str
    hour: str

    @property
    def prefix(self) -> str:
        """The S3 key prefix, in Hive's style."""
        return f"archive/source={quote(self.source, safe='')}/date={self.date}/hour={self.hour}/"


class Archive:
    """The bucket that keeps the exact copy of every accepted event."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def write(self, envelopes: Mapping[str, Envelope]) -> dict[str, str]:
        """Write the envelopes (by SQS message id), an object for each partition.

        Returns why messages could not be written, by their ids; a message is always in one partition, so it is
        written wholly or not at all.
        """
        unwritten: dict[str, str] = {}
        for partition, ids in _by_partition(envelopes).items():
            try:
                self._put(partition, ids, [envelopes[message_id] for message_id in ids])
            except (BotoCoreError, ClientError) as error:
                unwritten |= dict.fromkeys(ids, kind_of(error))
        return unwritten

    def _put(self, partition: Partition, ids: list[str], envelopes: list[Envelope]) -> None:
        # The name is made of the message ids: the same batch, received again, overwrites its object.
        name = sha256("".join(sorted(ids)).encode()).hexdigest()[:32]
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{partition.prefix}{name}.ndjson.gz",
            Body=gzip.compress(to_lines(envelopes), mtime=0),
            ContentType="application/gzip",
        )


class Archivist:
    """One run of the archive function."""

    def __init__(self, archive: Archive, queue: Queue, logger: Logger) -> None:
        self._archive = archive
        self._queue = queue
        self._logger = logger

    def run(self, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Archive the records of an SQS event. Returns the ids of the messages to be received again."""
        received, unreadable = receive(records, self._logger)
        return unreadable + work_apart(received, self._write, self._queue)

    def _write(self, received: Iterable[Received]) -> list[str]:
        envelopes = {message.id: message.envelope for message in received}
        unwritten = self._archive.write(envelopes)
        if unwritten:
            why = "; ".join(sorted(set(unwritten.values())))
            self._logger.error("messages not archived", extra={"sqs_message_ids": list(unwritten), "why": why})
        self._report({message_id: each for message_id, each in envelopes.items() if message_id not in unwritten})
        return list(unwritten)

    def _report(self, archived: Mapping[str, Envelope]) -> None:
        events: Counter[str] = Counter()
        for envelope in archived.values():
            events[envelope.source] += len(envelope.items)
        for source, number in events.items():
            observability.count({observability.ARCHIVED: number}, source=source)
        self._logger.info("messages archived", extra={"request_ids": [each.request_id for each in archived.values()]})


def to_lines(envelopes: Iterable[Envelope]) -> bytes:
    """Return the events as JSON, one a line."""
    return b"".join(item.text + b"\n" for each in envelopes for item in each.items)


def _by_partition(envelopes: Mapping[str, Envelope]) -> dict[Partition, list[str]]:
    groups: dict[Partition, list[str]] = {}
    for message_id, envelope in envelopes.items():
        groups.setdefault(partition_of(envelope), []).append(message_id)
    return groups


def partition_of(envelope: Envelope) -> Partition:
    """Return the partition of an envelope."""
    return partition_at(envelope.source, envelope.received_at)


def partition_at(source: str, received_at: str) -> Partition:
    """Return the partition of a time: ``receivedAt`` is ISO 8601 in UTC, so its date and hour can be cut out."""
    return Partition(source, received_at[:10], received_at[11:13])
