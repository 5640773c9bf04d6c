"""A destination type of few lines, real queues (moto), and the forwarder between them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import boto3
import orjson
import pytest
from moto import mock_aws
from moto.sqs.models import sqs_backends

from switchyard import observability
from switchyard.config import Config, DestinationConfig, Source, SubscriptionConfig
from switchyard.destinations.base import Action, Batch, DestinationType, Field, Operation, Outcome, Verdict
from switchyard.envelope import Envelope, Item, open_envelope, seal
from switchyard.errors import InvalidEvent
from switchyard.forward.plan import compile_destination
from switchyard.forward.run import Forwarder
from switchyard.forward.settle import RetryPolicy
from switchyard.queues import Queue

SECRET = "token-that-nobody-may-see"
DELIVERED = Outcome(Verdict.DELIVERED)


@dataclass(frozen=True, slots=True)
class StubSettings:
    """One secret."""

    token: str = field(repr=False)


def _perform(payload: dict[str, Any], event: dict[str, Any], settings: StubSettings, warn: Any) -> list[Operation]:
    """Make as many operations as the event's ``copies`` say, each with the token that some endpoints want."""
    if payload.get("text") == "refuse me":
        raise InvalidEvent("invalid", "text cannot be taken", "text")
    if payload.get("text") == "break me":
        raise ZeroDivisionError
    record = {"text": payload.get("text"), "$token": settings.token}
    if payload.get("text") == "exceed me":
        record["number"] = 2**70
    return [Operation("/stub", record | {"copy": copy}) for copy in range(event["properties"].get("copies", 1))]


@dataclass
class Stub:
    """The far side: ``answer`` decides each record's outcome, ``sent`` has every record by destination token."""

    answer: Callable[[dict[str, Any]], Outcome] = lambda _record: DELIVERED
    sent: list[dict[str, Any]] = field(default_factory=list)

    def batches(self, operations: Sequence[Operation], _settings: StubSettings) -> list[Batch]:
        """Two records a request."""
        records = [each.record for each in operations]
        return [
            Batch("/stub", records[at : at + 2], list(range(at, min(at + 2, len(records)))))
            for at in range(0, len(records), 2)
        ]

    def send(self, batch: Batch, _settings: StubSettings, _has_time: Callable[[], bool]) -> list[Outcome]:
        """Answer each record."""
        records = [orjson.loads(record) for record in batch.records]
        self.sent += records
        return [self.answer(record) for record in records]

    def type(self) -> DestinationType[StubSettings]:
        """Return the destination type."""
        fields = (Field("text", "Text", "string", {"@path": "$.properties.text"}),)
        actions = {"echo": Action("echo", fields, _perform)}
        return DestinationType("stub", ("Stub",), StubSettings, actions, (), self.batches, self.send)


@dataclass
class Bench:
    """A forwarder, its queues, and the stub at the end of it."""

    stub: Stub
    forwarder: Forwarder
    queue_url: str
    dead_letter_url: str

    def run(
        self,
        *envelopes: Envelope,
        has_time: Callable[[], bool] = lambda: True,
        age_ms: int = 0,
        anew: bool = True,
        receives: Mapping[str, int] = MappingProxyType({}),
    ) -> list[str]:
        """Run the forwarder on the envelopes, as SQS would hand them over; ``anew`` by one that remembers nothing."""
        if anew:
            self.forwarder.troubles.clear()
        bodies = [body for envelope in envelopes for body in seal(envelope)]
        sent_at = str(round(time.time() * 1000) - age_ms)
        records = [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"receipt-m{number}",
                "body": body,
                "attributes": {"SentTimestamp": sent_at, "ApproximateReceiveCount": str(receives.get(f"m{number}", 1))},
            }
            for number, body in enumerate(bodies)
        ]
        return self.forwarder.run(records, has_time)

    def queued(self) -> list[Envelope]:
        """Return what was sent back to the queue, delays included."""
        return list(_drain(self.queue_url))

    def dead_letters(self) -> list[Envelope]:
        """Return what was dead-lettered."""
        return list(_drain(self.dead_letter_url))


def _drain(url: str) -> Iterator[Envelope]:
    # Delayed messages cannot be received yet, so this looks into moto itself.
    queue = sqs_backends["123456789012"]["eu-central-1"].queues[url.rsplit("/", 1)[-1]]
    yield from (open_envelope(message.body) for message in queue._messages)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A forwarder with two destinations of the stub type, both fed by the source ``web``."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "switchyard-test")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Switchyard")
    stub = Stub()
    subscription = SubscriptionConfig("Echo", "echo", 'type = "track"')
    configs = [DestinationConfig(name, "stub", {"token": SECRET}, (subscription,)) for name in ("one", "two")]
    sources = (Source("web", ("key",), ("one",)), Source("both", ("key-2",), ("one", "two")))
    with mock_aws():
        sqs = boto3.client("sqs")
        urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("stub", "stub-dlq")]
        forwarder = Forwarder(
            Config(sources, tuple(configs)),
            {each.name: compile_destination(each, stub.type(), dict) for each in configs},
            queue=Queue(sqs, urls[0]),
            dead_letters=Queue(sqs, urls[1]),
            policy=RetryPolicy(window_seconds=3600),
            logger=observability.create_logger("forward"),
        )
        yield Bench(stub, forwarder, *urls)


@pytest.fixture
def envelope() -> Callable[..., Envelope]:
    """Return a function that makes an envelope of events of the source ``web``."""

    def make(*texts: str, source: str = "web", **more: Any) -> Envelope:
        events = [
            {"type": "track", "messageId": f"id-{text}", "event": "E", "properties": {"text": text, **more}}
            for text in texts
        ]
        return Envelope(source, "2026-01-15T10:00:00.000Z", "request-1", tuple(map(Item.of, events)))

    return make
