"""Sending to SQS: within its limits, and never taken for done before SQS says so (promise 1)."""

import io
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from switchyard.envelope import Envelope, Item, open_envelope, seal
from switchyard.errors import QueueUnavailable
from switchyard.queues import CLIENT_CONFIG, MAX_DELAY_SECONDS, Queue, Received, failures, receive

URL = "https://sqs.example/queue"
ERRORS = [
    ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "a secret"}}, "SendMessageBatch"),
    ClientError({"Error": {"Code": "AccessDenied", "Message": "a secret"}}, "SendMessageBatch"),
    EndpointConnectionError(endpoint_url="https://secret.example"),
    ReadTimeoutError(endpoint_url="https://secret.example"),
]


def envelope(*sizes: int, request_id: str = "request-1") -> Envelope:
    """An envelope with an event for each size."""
    items = tuple(Item.of({"messageId": str(i), "a": "x" * size}) for i, size in enumerate(sizes))
    return Envelope("web", "2026-01-15T10:00:10.000Z", request_id, items)


class Stubbed(NamedTuple):
    """A real client of SQS whose answers the test writes."""

    queue: Queue
    stubber: Stubber


@pytest.fixture
def stubbed() -> Iterator[Stubbed]:
    """A queue on a client with no answers yet."""
    client = boto3.client("sqs", config=CLIENT_CONFIG)
    with Stubber(client) as stubber:
        yield Stubbed(Queue(client, URL), stubber)


# ---- what arrives ----------------------------------------------------------------------------------------------------


def test_what_is_sent_is_received(aws):
    """Through boto3's own client: every message, its text unchanged, in one request."""
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="queue", Attributes={"MaximumMessageSize": "1048576"})["QueueUrl"]
    sent = envelope(900_000, 900_000, 5)
    Queue(client, url).send([sent])
    received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    items = [item for message in received for item in open_envelope(message["Body"]).items]
    assert sorted(items, key=lambda item: item.event["messageId"]) == list(sent.items)


def test_a_delay_reaches_sqs(new_sqs):
    """Each envelope has its own, in the same request; all messages of an envelope wait as long."""
    sqs = new_sqs()
    Queue(sqs, URL).send_later([(envelope(1), MAX_DELAY_SECONDS), (envelope(2), 0), (envelope(600_000, 600_000), 5)])
    assert [[entry["DelaySeconds"] for entry in request] for request in sqs.requests] == [[900, 0, 5], [5]]


def test_nothing_to_send_is_no_request(new_sqs):
    """SQS would refuse an empty one."""
    sqs = new_sqs()
    Queue(sqs, URL).send([])
    Queue(sqs, URL).send([envelope()])
    assert sqs.requests == []


@given(st.lists(st.lists(st.integers(0, 200_000), max_size=8), max_size=25))
def test_requests_keep_sqs_limits_and_the_order(new_sqs, sizes):
    """Ten messages and 1 MiB a request (the strict SQS raises beyond them); all messages arrive, in their order."""
    sqs = new_sqs()
    envelopes = [envelope(*each, request_id=str(number)) for number, each in enumerate(sizes)]
    Queue(sqs, URL).send(envelopes)
    arrived = [open_envelope(message) for message in sqs.messages[URL]]
    assert [(each.request_id, item) for each in arrived for item in each.items] == [
        (each.request_id, item) for each in envelopes for item in each.items
    ]


def test_a_request_is_filled_to_the_last_byte(new_sqs):
    """1 MiB of messages is one request, a byte more makes two."""
    frame = len(seal(envelope(500_000))[0]) - 500_000
    fit = [envelope(600_000), envelope(1_048_576 - 600_000 - 2 * frame)]
    over = [envelope(600_000), envelope(1_048_576 - 600_000 - 2 * frame + 1)]
    for envelopes, requests in ((fit, [2]), (over, [1, 1]), ([*fit, *fit], [2, 2])):
        sqs = new_sqs()
        Queue(sqs, URL).send(envelopes)
        assert [len(request) for request in sqs.requests] == requests


def test_a_few_small_messages_are_one_request(new_sqs):
    """Requests cost money: ten messages that fit together go together."""
    sqs = new_sqs()
    Queue(sqs, URL).send([envelope(1000)] * 20)
    assert [len(request) for request in sqs.requests] == [10, 10]


# ---- what Lambda hands over ------------------------------------------------------------------------------------------


def record(message_id: str, body: str) -> dict[str, Any]:
    """A message of an SQS event."""
    return {"messageId": message_id, "body": body, "attributes": {"SentTimestamp": "1795365780123"}}


def test_what_can_be_read_is_told_from_what_cannot():
    """One unreadable message costs only itself (promise 4), and is logged by its id alone (promise 7)."""
    stream = io.StringIO()
    good = envelope(5)
    records = [record("bad", '{"userId": "jane"}'), record("good", seal(good)[0]), record("worse", "jane")]
    received, unreadable = receive(records, Logger(service="receiving", stream=stream))
    assert received == [Received("good", good, 1795365780123)]
    assert unreadable == ["bad", "worse"]
    assert [json.loads(line)["sqs_message_id"] for line in stream.getvalue().splitlines()] == ["bad", "worse"]
    assert "jane" not in stream.getvalue()


def test_failures_are_reported_message_by_message():
    """In the form that Lambda asks for: what is not named is deleted."""
    assert failures(["a", "b"]) == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}
    assert failures([]) == {"batchItemFailures": []}


# ---- what does not ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_never_success(new_sqs, error):
    """Whatever botocore raises says that SQS may not have the messages; the message quotes nothing (promise 7)."""
    sqs = new_sqs()
    sqs.broken[URL] = error
    with pytest.raises(QueueUnavailable) as caught:
        Queue(sqs, URL).send([envelope(1)])
    assert type(error).__name__ in str(caught.value)
    if isinstance(error, ClientError):
        assert error.response["Error"]["Code"] in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_error_of_sqs_itself_is_never_success(stubbed):
    """The real client turns an HTTP 500 of SQS into the same."""
    stubbed.stubber.add_client_error("send_message_batch", "InternalError", http_status_code=500)
    with pytest.raises(QueueUnavailable):
        stubbed.queue.send([envelope(1)])


def test_a_connection_that_fails_is_never_success(stubbed, monkeypatch):
    """Nothing listens on port 1 of this machine: the real client, its retries included, gives up."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
    client = boto3.client("sqs", endpoint_url="http://127.0.0.1:1", config=CLIENT_CONFIG)
    with pytest.raises(QueueUnavailable, match="EndpointConnectionError"):
        Queue(client, "http://127.0.0.1:1/queue").send([envelope(1)])


TAKEN = {"Id": "0", "MessageId": "m", "MD5OfMessageBody": "d"}
FAILED = {"Id": "1", "Code": "InternalError", "SenderFault": False}


@pytest.mark.parametrize(
    "reply",
    [{"Successful": [TAKEN], "Failed": [FAILED]}, {"Failed": [FAILED, FAILED]}, {"Successful": [TAKEN]}, {}],
    ids=["some failed", "all failed", "some forgotten", "no word"],
)
def test_a_partial_reply_is_never_success(stubbed, reply):
    """SendMessageBatch answers 200 when it refuses messages: only those that it names as taken are taken."""
    stubbed.stubber.add_response("send_message_batch", {"Successful": [], "Failed": [], **reply})
    with pytest.raises(QueueUnavailable):
        stubbed.queue.send([envelope(1), envelope(2)])


def test_nothing_is_sent_after_a_failure(new_sqs):
    """The caller has to treat all as not sent, so the rest would only be sent twice."""
    sqs = new_sqs()
    sqs.partial.add(URL)
    with pytest.raises(QueueUnavailable, match="9 of 10"):
        Queue(sqs, URL).send([envelope(1)] * 30)
    assert len(sqs.requests) == 1


def test_the_client_gives_up_before_collect_has_to():
    """So that it is collect which says 503 and why: three tries and pauses of 1 and 2 s end before its 20 seconds."""
    config: Any = CLIENT_CONFIG
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert 3 * (config.connect_timeout + config.read_timeout) + 1 + 2 < 20
