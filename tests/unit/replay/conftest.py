"""A deployment's bucket and queue, moto's, and an archive in it as the archive function writes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import orjson
import pytest
from moto import mock_aws
from moto.sqs.models import sqs_backends

from switchyard.archive import Archive
from switchyard.envelope import Envelope, Item, open_envelope
from switchyard_cli.deployment import Deployment
from switchyard_cli.replay.archive_reader import ArchivedEvents


def event(message_id: str, received_at: str, **more: Any) -> dict[str, Any]:
    """Return an archived event."""
    common = {"type": "track", "event": "Paid", "userId": "u-1", "messageId": message_id, "receivedAt": received_at}
    return common | {"timestamp": received_at} | more


@dataclass
class Yard:
    """The bucket and the queue of the type mixpanel."""

    deployment: Deployment
    s3: Any

    @property
    def archive(self) -> ArchivedEvents:
        """The archive, to be read."""
        return ArchivedEvents(self.s3, "archive-bucket")

    def put(self, source: str, *events: dict[str, Any]) -> None:
        """Archive each event in an object of its own hour, through the archive function's own code."""
        for number, each in enumerate(events):
            envelope = Envelope(source, each["receivedAt"], "request-1", (Item.of(each),))
            Archive(self.s3, "archive-bucket").write({f"{source}-{number}-{each['messageId']}": envelope})

    def put_object(self, key: str, body: bytes) -> None:
        """Put any object into the bucket."""
        self.s3.put_object(Bucket="archive-bucket", Key=key, Body=body)

    def queued(self) -> list[Envelope]:
        """Return what was put on the queue."""
        queue = sqs_backends["123456789012"]["eu-central-1"].queues["mixpanel"]
        return [open_envelope(message.body) for message in queue._messages]

    def queued_ids(self) -> list[str]:
        """Return the messageIds of the events that were put on the queue."""
        return [item.event["messageId"] for each in self.queued() for item in each.items]

    def record(self, run_id: str) -> dict[str, Any]:
        """Return what is written down of a run."""
        body = self.s3.get_object(Bucket="archive-bucket", Key=f"replays/{run_id}.json")["Body"].read()
        written: dict[str, Any] = orjson.loads(body)
        return written


@pytest.fixture
def yard() -> Iterator[Yard]:
    """An empty archive and an empty queue."""
    with mock_aws():
        s3, sqs = boto3.client("s3"), boto3.client("sqs")
        s3.create_bucket(Bucket="archive-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        url = sqs.create_queue(QueueName="mixpanel")["QueueUrl"]
        deployment = Deployment(
            name="the stack 'test'",
            is_local=False,
            api_url="",
            bucket="archive-bucket",
            queues={"mixpanel": url, "archive": url},
            dead_letters={},
            functions={},
            session=boto3.Session(),
        )
        yield Yard(deployment, s3)


@pytest.fixture(name="event")
def make_event() -> Any:
    """Return what makes an archived event."""
    return event
