"""Event source mappings at a desk: batches are handed over, and acknowledged as Lambda would."""

import boto3
import pytest
from moto import mock_aws

from switchyard_cli.local.functions import Function
from switchyard_cli.local.pollers import Poller

PROPERTIES = {"BatchSize": 25, "MaximumBatchingWindowInSeconds": 60}


FUNCTION = """
events = []


def handler(event, context):
    events.append(event)
    {answer}
"""


@pytest.fixture
def queue(monkeypatch):
    """Give a queue with thirty messages."""
    with mock_aws():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="queue", Attributes={"VisibilityTimeout": "300"})["QueueUrl"]
        for start in range(0, 30, 10):
            for number in range(start, start + 10):
                sqs.send_message(QueueUrl=url, MessageBody=str(number))
        yield url


def hand_over(folder, url, answer):
    """Hand one batch to a function that ends so; return the batch's records and how many messages are left."""
    (folder / "app.py").write_text(FUNCTION.format(answer=answer))
    function = Function("recorder", folder, timeout=5, environment={})
    poller = Poller(function, url, "arn:queue", PROPERTIES)
    poller._window = 60  # not the machine's speed but the batch's size must end it
    poller._hand_over(poller._receive_batch())
    attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    left = int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])
    (event,) = function._handler.__globals__["events"]
    return event["Records"], left


def test_a_batch_has_as_many_messages_as_the_template_says(tmp_path, queue):
    """More than SQS's ten go into one batch, up to BatchSize; all are acknowledged when none is reported."""
    records, left = hand_over(tmp_path, queue, 'return {"batchItemFailures": []}')
    assert (len(records), left) == (25, 5)
    assert set(records[0]) >= {"messageId", "body", "attributes", "eventSourceARN"}
    assert "SentTimestamp" in records[0]["attributes"]


def test_reported_messages_are_not_acknowledged(tmp_path, queue):
    """``ReportBatchItemFailures``: only the messages that the function names come again."""
    first = 'event["Records"][0]["messageId"]'
    records, left = hand_over(tmp_path, queue, f'return {{"batchItemFailures": [{{"itemIdentifier": {first}}}]}}')
    assert left == 30 - len(records) + 1


def test_a_function_that_fails_acknowledges_nothing(tmp_path, queue):
    """After an exception every message of the batch comes again, when its visibility timeout is over."""
    _, left = hand_over(tmp_path, queue, "raise ZeroDivisionError")
    assert left == 30
