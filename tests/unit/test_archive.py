"""The archive: each object can be read on its own, equals the events, and nothing unwritten is acknowledged."""

import gzip
import importlib.util
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from switchyard.archive import Archive, Archivist, partition_of, to_lines
from switchyard.envelope import Envelope, Failure, Item, seal
from switchyard.queues import Queue

BUCKET = "archive-bucket"
AT_TEN = Envelope("web", "2026-01-15T10:59:59.999Z", "request-1", items=())
AT_ELEVEN = replace(AT_TEN, received_at="2026-01-15T11:00:00.000Z")
ERRORS = [ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"), EndpointConnectionError(endpoint_url="https://s3")]
NO_QUEUE = Queue(boto3.client("sqs"), "https://sqs.example/archive")
"""Only a suspect has its neighbours acknowledged before it is worked on."""
APP = Path(__file__).parents[2] / "functions" / "archive" / "app.py"


class Bucket:
    """A real bucket of moto's; writing below ``broken`` prefixes raises ``error`` instead."""

    def __init__(self) -> None:
        self.client = boto3.client("s3")
        self.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        self.broken: tuple[str, ...] = ()
        self.error: Exception = ERRORS[0]

    def put_object(self, **arguments: Any) -> Any:
        """Write an object, or fail."""
        if arguments["Key"].startswith(self.broken):
            raise self.error
        return self.client.put_object(**arguments)

    def __iter__(self) -> Iterator[str]:
        """Go through the keys of all objects."""
        return (each["Key"] for each in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", []))

    def events(self, prefix: str = "") -> list[Any]:
        """The events of all objects below the prefix, each object read on its own."""
        objects = [self.client.get_object(Bucket=BUCKET, Key=key) for key in self if key.startswith(prefix)]
        return [json.loads(line) for each in objects for line in gzip.decompress(each["Body"].read()).splitlines()]


@pytest.fixture
def bucket(aws) -> Bucket:
    """An empty bucket."""
    return Bucket()


@pytest.fixture
def archive(bucket) -> Archive:
    """The archive in the bucket."""
    return Archive(bucket, BUCKET)


@pytest.fixture
def archivist(archive, powertools) -> Archivist:
    """A run of the archive function."""
    return Archivist(archive, NO_QUEUE, Logger(service="archivist", stream=io.StringIO()))


def of(*events: Any, like: Envelope = AT_TEN) -> Envelope:
    """An envelope of these events."""
    return replace(like, items=tuple(map(Item.of, events)))


def records(envelopes: dict[str, Envelope]) -> list[dict[str, str]]:
    """The records of an SQS event."""
    return [record(name, body) for name, each in envelopes.items() for body in seal(each)]


def record(message_id, body):
    """A message as Lambda hands it over."""
    return {"messageId": message_id, "body": body, "attributes": {"SentTimestamp": "1"}}


# ---- objects ---------------------------------------------------------------------------------------------------------


def test_a_batch_of_messages_becomes_one_object(bucket, archive):
    """Many events an object: a PUT for each would be two thirds of the bill."""
    assert archive.write({"1": of({"a": 1}, {"a": 2}), "2": of({"a": 3})}) == {}
    (key,) = bucket
    assert key.startswith("archive/source=web/date=2026-01-15/hour=10/")
    assert key.endswith(".ndjson.gz")
    assert bucket.events() == [{"a": 1}, {"a": 2}, {"a": 3}]


def test_each_source_and_hour_has_its_own_object(bucket, archive):
    """Athena prunes by source, date and hour of arrival, in UTC."""
    other = replace(AT_TEN, source="shop")
    archive.write(
        {"1": of({"a": 1}), "2": of({"a": 2}, like=AT_ELEVEN), "3": of({"a": 3}, like=other), "4": of({"a": 4})}
    )
    assert len(list(bucket)) == 3
    assert bucket.events("archive/source=web/date=2026-01-15/hour=10/") == [{"a": 1}, {"a": 4}]
    assert bucket.events("archive/source=web/date=2026-01-15/hour=11/") == [{"a": 2}]
    assert bucket.events("archive/source=shop/date=2026-01-15/hour=10/") == [{"a": 3}]


@pytest.mark.parametrize("source", ["a/b", "../x", "a=b", "a b", "é", "%2F"])
def test_a_source_stays_within_its_partition(source):
    """Whatever its name, it is one level of the key."""
    partition = partition_of(replace(AT_TEN, source=source))
    assert partition.prefix.count("/") == 4
    assert partition.prefix.count("=") == 3
    assert partition.prefix.isascii()


def test_what_is_read_on_its_own_says_it_is_gzip(bucket, archive):
    """No Content-Encoding, since clients would inflate the object behind the reader's back."""
    archive.write({"1": of({"a": 1})})
    head = bucket.client.head_object(Bucket=BUCKET, Key=next(iter(bucket)))
    assert (head["ContentType"], head.get("ContentEncoding")) == ("application/gzip", None)


def test_the_same_batch_twice_is_the_same_object(bucket, archive):
    """SQS delivers at least once; in whatever order, the same messages overwrite their object with the same bytes."""
    envelopes = {"1": of({"a": 1}), "2": of({"a": 2})}
    archive.write(envelopes)
    first = bucket.client.get_object(Bucket=BUCKET, Key=next(iter(bucket)))["Body"].read()
    archive.write(envelopes)
    assert [bucket.client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in bucket] == [first]
    archive.write(dict(reversed(envelopes.items())))
    assert len(list(bucket)) == 1
    archive.write({**envelopes, "3": of({"a": 3})})
    assert len(list(bucket)) == 2


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


@given(st.lists(st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=3), max_size=3))
def test_lines_are_the_events(events):
    """One JSON object a line and no other line breaks, for any event: the exact copy."""
    lines = to_lines(of(*each) for each in events).split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line) for line in lines] == [event for each in events for event in each]


# ---- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_only_the_partition_that_failed_comes_again(bucket, archive, error):
    """Its messages, and no others: those are written and must not be written twice."""
    bucket.broken, bucket.error = ("archive/source=web/date=2026-01-15/hour=11/",), error
    envelopes = {str(number): of({"a": number}, like=(AT_TEN, AT_ELEVEN)[number % 2]) for number in range(6)}
    assert list(archive.write(envelopes)) == ["1", "3", "5"]
    assert bucket.events() == [{"a": 0}, {"a": 2}, {"a": 4}]
    bucket.broken = ()
    assert archive.write({number: envelopes[number] for number in ("1", "3", "5")}) == {}
    assert sorted(event["a"] for event in bucket.events()) == [0, 1, 2, 3, 4, 5]


def test_what_could_not_be_written_is_told(bucket, archive, powertools):
    """The log names the messages and AWS's own code, and quotes nothing (promise 7)."""
    bucket.broken = ("archive/",)
    bucket.error = ClientError({"Error": {"Code": "AccessDenied", "Message": "a secret"}}, "PutObject")
    log = io.StringIO()
    assert Archivist(archive, NO_QUEUE, Logger(service="told", stream=log)).run(records({"1": of({"a": 1})})) == ["1"]
    (line,) = [json.loads(line) for line in log.getvalue().splitlines() if "ERROR" in line]
    assert (line["message"], line["sqs_message_ids"]) == ("messages not archived", ["1"])
    assert line["why"] == "ClientError, AccessDenied"


def test_a_run_returns_what_must_come_again(bucket, archivist):
    """Unreadable messages and those of a failed partition; the rest is archived (promise 4)."""
    bucket.broken = ("archive/source=web/date=2026-01-15/hour=11/",)
    good, failing = records({"good": of({"a": 1})}), records({"failing": of({"a": 2}, like=AT_ELEVEN)})
    unreadable = [record(f"bad-{i}", body) for i, body in enumerate(["", "{}", "[]", '{"version": 1}'])]
    wrong = json.loads(seal(of({"a": 3}))[0]) | {"receivedAt": 5}
    unreadable.append(record("wrong", json.dumps(wrong)))
    again = archivist.run([*unreadable, *failing, *good])
    assert Counter(again) == Counter(["bad-0", "bad-1", "bad-2", "bad-3", "wrong", "failing"])
    assert bucket.events() == [{"a": 1}]


def test_a_run_without_a_readable_message_writes_nothing(bucket, archivist):
    """Not even an empty object."""
    assert archivist.run([]) == []
    assert archivist.run([record("1", "null")]) == ["1"]
    assert list(bucket) == []


def test_a_redriven_message_is_archived_like_any_other(bucket, archivist):
    """SQS's own redrive brings the message back as it was, a failure in its head included."""
    dead = replace(of({"a": 1}), failure=Failure("invalid", "it was refused"))
    assert archivist.run(records({"1": dead})) == []
    assert bucket.events() == [{"a": 1}]


def test_a_suspect_is_written_after_its_neighbours_were_acknowledged(bucket, powertools):
    """What may crash the function takes no neighbour along: they are in S3, and gone from the queue, by then."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="archive")["QueueUrl"]
    Queue(sqs, url).send([of({"good": True})])
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    good = record("1", message["Body"]) | {"receiptHandle": message["ReceiptHandle"]}
    bad = record("2", seal(of({"bad": True}))[0])
    bad["attributes"] |= {"ApproximateReceiveCount": "3"}
    put, bucket.put_object = bucket.put_object, lambda **arguments: fill(arguments, put)

    def fill(arguments, put):
        if b"bad" in gzip.decompress(arguments["Body"]):
            raise MemoryError
        return put(**arguments)

    with pytest.raises(MemoryError):
        Archivist(Archive(bucket, BUCKET), Queue(sqs, url), Logger(service="x")).run([bad, good])
    assert bucket.events() == [{"good": True}]
    assert (
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"][
            "ApproximateNumberOfMessagesNotVisible"
        ]
        == "0"
    )


def test_metrics_count_what_was_archived(bucket, archivist, capsys):
    """Events by source, and only the written ones."""
    bucket.broken = ("archive/source=shop/",)
    shop = of({"a": 3}, like=replace(AT_TEN, source="shop"))
    archivist.run(records({"1": of({"a": 1}, {"a": 2}), "2": of({"a": 4}, like=AT_ELEVEN), "3": shop}))
    (metric,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (metric["source"], metric["Archived"]) == ("web", [3.0])


def test_the_log_names_the_requests_that_were_archived(archive, powertools):
    """So that an event can be followed from collect's log to its object's."""
    stream = io.StringIO()
    messages = records({"1": of({"a": 1}), "2": replace(of({"a": 2}), request_id="request-2")})
    Archivist(archive, NO_QUEUE, Logger(service="logging-archivist", stream=stream)).run(messages)
    line = json.loads(stream.getvalue())
    assert (line["message"], line["request_ids"]) == ("messages archived", ["request-1", "request-2"])


def test_logs_and_metrics_hold_nothing_of_the_events(bucket, archive, powertools, capsys):
    """Neither of those that were archived, nor of those that failed, nor of what could not be read (promise 7)."""
    stream = io.StringIO()
    bucket.broken = ("archive/source=web/date=2026-01-15/hour=11/",)
    secret = {"userId": "jane@example.com", "traits": {"name": "Jane Roe", "token": "s3cr3t"}}
    message = json.loads(seal(of(secret))[0])
    Archivist(archive, NO_QUEUE, Logger(service="private-archivist", stream=stream)).run(
        [
            *records({"1": of(secret), "2": of(secret, like=AT_ELEVEN)}),
            record("3", json.dumps(secret)),
            record("4", json.dumps({**message, "items": [{"event": "jane@example.com"}]})),
            record("5", json.dumps({**message, "failure": secret})),
        ]
    )
    said = stream.getvalue() + capsys.readouterr().out
    assert all(f'"sqs_message_id":"{number}"' in said for number in (3, 4, 5))
    assert not any(private in said for private in ("jane", "Jane", "s3cr3t"))


def test_the_handler_reports_failures_item_by_item(bucket, powertools, monkeypatch):
    """SQS deletes every message that the function does not name."""
    monkeypatch.setenv("ARCHIVE_BUCKET", BUCKET)
    monkeypatch.setenv("ARCHIVE_QUEUE", "https://sqs.example/archive")
    spec = importlib.util.spec_from_file_location("archive_app", APP)
    assert spec
    assert spec.loader
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    event = {"Records": [*records({"good": of({"a": 1})}), record("bad", "null")]}
    assert app.handler(event, None) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert bucket.events() == [{"a": 1}]
