"""A deployment whose queues are moto's, and dead letters to put into them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sqs.models import sqs_backends

from switchyard.envelope import Envelope, Failure, Item, open_envelope, seal
from switchyard_cli.dead_letters.letter import Letter, letters_of
from switchyard_cli.dead_letters.reading import Message
from switchyard_cli.deployment import Deployment

FAILURE = Failure(
    "invalid",
    "'properties.time' is invalid: must be specified as seconds since epoch",
    "properties.time",
    400,
    2,
    "2026-01-15T10:00:11.000Z",
    ({"key": "Track Calls#0", "endpoint": "/import", "record": {"event": "Paid"}},),
    subscription="Track Calls",
    action="trackEvent",
    firstTriedAt="2026-01-15T10:00:10.500Z",
)


def envelope(*ids: str, failure: Failure | None = FAILURE, **more: Any) -> Envelope:
    """Return a dead letter as forward writes them, of events with these messageIds."""
    events = [{"type": "track", "event": "Paid", "messageId": each, "userId": "u"} for each in ids]
    items = tuple(Item.of(event, ("Track Calls#0",)) for event in events)
    head = Envelope("web", "2026-01-15T10:00:10.000Z", "request-1", items, destination="mixpanel-eu")
    return replace(head, failure=failure, **more)


def letter(made: Envelope | None = None, queue: str = "mixpanel", **failure: Any) -> Letter:
    """Return the first letter of an envelope."""
    made = made or envelope("m-1")
    (body,) = seal(replace(made, failure=replace(FAILURE, **failure)) if failure else made)
    return letters_of(queue, Message("sqs-1", body, 1_768_471_215_000))[0]


@dataclass
class Queues:
    """The queues of a deployment, by name."""

    deployment: Deployment
    sqs: Any
    urls: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, *messages: Envelope | str) -> None:
        """Put messages into a queue."""
        bodies = [body for each in messages for body in ([each] if isinstance(each, str) else seal(each))]
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.urls[name], MessageBody=body)

    def bodies(self, name: str) -> list[str]:
        """Return what a queue holds, hidden messages included: those that were deleted are gone."""
        return [message.body for message in self._backend(name)._messages]

    def envelopes(self, name: str) -> list[Envelope]:
        """Return the envelopes that a queue holds."""
        return [open_envelope(body) for body in self.bodies(name)]

    def ids(self, name: str) -> list[str]:
        """Return the messageIds of the events that a queue holds."""
        return [item.event["messageId"] for each in self.envelopes(name) for item in each.items]

    def hidden(self, name: str) -> int:
        """Return how many messages of a queue cannot be received at the moment."""
        return sum(not message.visible for message in self._backend(name)._messages)

    def _backend(self, name: str) -> Any:
        return sqs_backends["123456789012"]["eu-central-1"].queues[self.urls[name].rsplit("/", 1)[-1]]


@pytest.fixture
def queues() -> Iterator[Queues]:
    """A deployment's queues, all empty."""
    with mock_aws():
        sqs = boto3.client("sqs")
        names = ("archive", "mixpanel", "collect-dead", "archive-dead", "mixpanel-dead")
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in names}
        deployment = Deployment(
            name="the stack 'test'",
            is_local=True,
            api_url="",
            bucket="",
            queues={name: urls[name] for name in ("archive", "mixpanel")},
            dead_letters={name.removesuffix("-dead"): url for name, url in urls.items() if name.endswith("-dead")},
            functions={},
            session=boto3.Session(),
        )
        yield Queues(deployment, sqs, urls)


@pytest.fixture(name="envelope")
def make_envelope() -> Callable[..., Envelope]:
    """Return what makes a dead letter of events with these messageIds."""
    return envelope


@pytest.fixture(name="letter")
def make_letter() -> Callable[..., Letter]:
    """Return what makes a letter as it is read."""
    return letter
