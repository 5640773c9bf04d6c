"""Event source mappings at a desk: batches are handed over, and acknowledged as Lambda would."""

import json

import boto3
import pytest
from moto import mock_aws

from switchyard_cli.local.pollers import Poller

PROPERTIES = {"BatchSize": 25, "MaximumBatchingWindowInSeconds": 60}


class Recorder:
    """A function that keeps what it was given, and answers as it is told."""

    name = "recorder"

    def __init__(self, answer) -> None:
        self.events = []
        self._answer = answer

    def invoke(self, event):
        """Keep the event."""
        self.events.append(event)
        return self._answer(event)


@pytest.fixture
def queue(monkeypatch):
    """Give a queue with thirty messages."""
    with mock_aws():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="queue", Attributes={"VisibilityTimeout": "300"})["QueueUrl"]
        for start in range(0, 30, 10):
            entries = [{"Id": str(n), "MessageBody": json.dumps(n)} for n in range(start, start + 10)]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)
        yield url


def hand_over(url, answer):
    """Hand one batch to a function with this answer; return the batch's records and what is left in the queue."""
    recorder = Recorder(answer)
    poller = Poller(recorder, url, "arn:queue", PROPERTIES)
    poller._hand_over(poller._receive_batch())
    attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    left = int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])
    return recorder.events[0]["Records"], left


def test_a_batch_has_as_many_messages_as_the_template_says(queue):
    """More than SQS's ten go into one batch, up to BatchSize; all are acknowledged when none is reported."""
    records, left = hand_over(queue, lambda _event: {"batchItemFailures": []})
    assert (len(records), left) == (25, 5)
    assert set(records[0]) >= {"messageId", "body", "attributes", "eventSourceARN"}
    assert "SentTimestamp" in records[0]["attributes"]


def test_reported_messages_are_not_acknowledged(queue):
    """``ReportBatchItemFailures``: only the messages that the function names come again."""
    records, left = hand_over(
        queue, lambda event: {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    )
    assert left == 30 - len(records) + 1


def test_a_function_that_fails_acknowledges_nothing(queue):
    """After an exception every message of the batch comes again, when its visibility timeout is over."""

    def fail(_event):
        raise ZeroDivisionError

    _, left = hand_over(queue, fail)
    assert left == 30
