"""The stand-ins of the conservation proof do as AWS does: the same tests run on them and on moto."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from tests.delivery.chaos.clock import Clock
from tests.delivery.chaos.s3 import SimulatedS3
from tests.delivery.chaos.sqs import SimulatedSqs

from switchyard.envelope import MAX_MESSAGE_BYTES


class Aws(NamedTuple):
    """Clients, and the clock that both sides go by."""

    sqs: Any
    s3: Any
    clock: Clock

    def queue(self, **attributes: str) -> str:
        """Create a queue and return its URL."""
        name = f"queue-{len(attributes)}-{'RedrivePolicy' in attributes}"
        url: str = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url

    def receive(self, url: str, most: int = 10) -> list[dict[str, Any]]:
        """Receive what is visible."""
        messages: list[dict[str, Any]] = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=most, MessageSystemAttributeNames=["All"]
        ).get("Messages", [])
        return messages


@pytest.fixture(params=["simulated", "moto"])
def aws(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Give both in turn."""
    clock = Clock()
    if request.param == "simulated":
        yield Aws(SimulatedSqs(clock), SimulatedS3(), clock)
        return
    monkeypatch.setattr("moto.core.utils.utcnow", lambda: datetime.fromtimestamp(clock.time, UTC).replace(tzinfo=None))
    with mock_aws():
        yield Aws(boto3.client("sqs"), boto3.client("s3"), clock)


@pytest.fixture
def simulated() -> Aws:
    """Give the stand-ins alone, where moto does not do what AWS documents."""
    clock = Clock()
    return Aws(SimulatedSqs(clock), SimulatedS3(), clock)


def entry(body: str, number: int = 0, delay: int = 0) -> dict[str, Any]:
    """Return one message of a batch."""
    return {"Id": str(number), "MessageBody": body, "DelaySeconds": delay}


def test_a_message_is_received_until_it_is_deleted(aws):
    """It is hidden for the visibility timeout, then it comes again, counted, with another receipt."""
    url = aws.queue(VisibilityTimeout="30")
    sent_at = aws.clock.time
    assert [each["Id"] for each in aws.sqs.send_message_batch(QueueUrl=url, Entries=[entry("a")])["Successful"]] == [
        "0"
    ]
    (first,) = aws.receive(url)
    assert (first["Body"], first["Attributes"]["ApproximateReceiveCount"]) == ("a", "1")
    assert int(first["Attributes"]["SentTimestamp"]) == round(sent_at * 1000)
    aws.clock.advance(29)
    assert aws.receive(url) == []
    aws.clock.advance(2)
    (second,) = aws.receive(url)
    assert (second["MessageId"], second["Attributes"]["ApproximateReceiveCount"]) == (first["MessageId"], "2")
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    aws.sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "0", "ReceiptHandle": second["ReceiptHandle"]}])
    aws.clock.advance(100)
    assert aws.receive(url) == []


def test_deleting_twice_is_no_error(aws):
    """Lambda deletes what the function has acknowledged itself already."""
    url = aws.queue()
    aws.sqs.send_message_batch(QueueUrl=url, Entries=[entry("a")])
    (message,) = aws.receive(url)
    for _ in range(2):
        aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    aws.clock.advance(100)
    assert aws.receive(url) == []


def test_a_delay_is_waited_for(aws):
    """A message with DelaySeconds can be received after them."""
    url = aws.queue()
    aws.sqs.send_message_batch(QueueUrl=url, Entries=[entry("later", 0, 900), entry("now", 1)])
    assert [each["Body"] for each in aws.receive(url)] == ["now"]
    aws.clock.advance(901)
    assert "later" in [each["Body"] for each in aws.receive(url)]


def test_what_comes_too_often_moves_to_the_dead_letter_queue(aws):
    """After maxReceiveCount receives the next one finds it gone; it is in the other queue as it was."""
    dead = aws.queue()
    arn = "arn:aws:sqs:eu-central-1:123456789012:" + dead.rpartition("/")[2]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    url = aws.queue(VisibilityTimeout="10", RedrivePolicy=policy)
    aws.sqs.send_message_batch(QueueUrl=url, Entries=[entry("a")])
    for _ in range(2):
        assert len(aws.receive(url)) == 1
        aws.clock.advance(11)
    assert aws.receive(url) == []
    assert [each["Body"] for each in aws.receive(dead)] == ["a"]


def test_ten_messages_are_received_at_once_at_most(aws):
    """More must be asked for again; more than ten cannot be asked for."""
    url = aws.queue()
    for _ in range(2):
        aws.sqs.send_message_batch(QueueUrl=url, Entries=[entry("a", number) for number in range(6)])
    assert len(aws.receive(url)) <= 10
    with pytest.raises(ClientError):
        aws.receive(url, 11)


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [entry("a", number) for number in range(11)],
        [entry("a"), entry("b")],
        [entry("a" * MAX_MESSAGE_BYTES, 0), entry("b" * MAX_MESSAGE_BYTES, 1)],
    ],
    ids=["none", "eleven", "the same id twice", "too long together"],
)
def test_a_batch_keeps_the_limits(aws, entries):
    """What AWS refuses as a whole leaves nothing in the queue."""
    url = aws.queue(MaximumMessageSize="1048576")
    with pytest.raises(ClientError):
        aws.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert aws.receive(url) == []


def test_objects_are_kept_by_name(aws):
    """The newest content of a name is read, and names are listed."""
    where = {"LocationConstraint": "eu-central-1"}
    aws.s3.create_bucket(Bucket="bucket", CreateBucketConfiguration=where)
    for body in (b"old", b"new"):
        aws.s3.put_object(Bucket="bucket", Key="archive/b", Body=body, ContentType="application/gzip")
    aws.s3.put_object(Bucket="bucket", Key="archive/a", Body=b"")
    assert [each["Key"] for each in aws.s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["archive/a", "archive/b"]
    assert aws.s3.get_object(Bucket="bucket", Key="archive/b")["Body"].read() == b"new"


def test_a_delay_of_over_fifteen_minutes_is_refused(simulated):
    """As AWS documents; moto takes it."""
    with pytest.raises(ClientError):
        simulated.sqs.send_message_batch(QueueUrl=simulated.queue(), Entries=[entry("a", delay=901)])


def test_characters_that_xml_has_not_are_refused(simulated):
    """As AWS documents; moto takes them."""
    url = simulated.queue()
    with pytest.raises(ClientError):
        simulated.sqs.send_message_batch(QueueUrl=url, Entries=[entry("\ufffe")])
    simulated.sqs.send_message_batch(QueueUrl=url, Entries=[entry("\U0001f600")])


def test_a_superseded_receipt_deletes_nothing(simulated):
    """As AWS documents: the request succeeds, and the message stays; moto deletes it."""
    url = simulated.queue(VisibilityTimeout="10")
    simulated.sqs.send_message_batch(QueueUrl=url, Entries=[entry("a")])
    (first,) = simulated.receive(url)
    simulated.clock.advance(11)
    simulated.receive(url)
    simulated.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    simulated.clock.advance(11)
    assert len(simulated.receive(url)) == 1


def test_old_messages_are_forgotten(simulated):
    """After the retention period, counted from when they were sent; the proof counts them."""
    url = simulated.queue(MessageRetentionPeriod="60")
    simulated.sqs.send_message_batch(QueueUrl=url, Entries=[entry("a")])
    simulated.clock.advance(61)
    assert simulated.receive(url) == []
    assert simulated.sqs.expired[url] == 1
