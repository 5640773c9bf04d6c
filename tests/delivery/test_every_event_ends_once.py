"""Promise 2 under faults: the real forwarder, real queues (moto) and the strict sandbox on bad days.

Messages of good and bad events are delivered, sent back, delivered again, until nothing is left. Then every event is
in exactly one place: in Mixpanel, once, or among the dead letters.
"""

import dataclasses
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.sqs.models import sqs_backends

from switchyard import observability
from switchyard.config import Config, DestinationConfig, Source, SubscriptionConfig
from switchyard.destinations import load_type
from switchyard.destinations.mixpanel import sender
from switchyard.destinations.mixpanel.replies import Reply
from switchyard.envelope import Envelope, Item, open_envelope, seal
from switchyard.forward.plan import compile_destination
from switchyard.forward.run import Forwarder
from switchyard.forward.settle import RetryPolicy
from switchyard.queues import Queue
from switchyard_cli.sandbox import ConnectionDropped, Faults, Sandbox

TOKEN = "token-that-nobody-may-see"
RATES = {
    "throttle": 0.1,
    "server_error": 0.1,
    "html_error": 0.05,
    "drop_before": 0.1,
    "drop_after": 0.1,
    "truncate": 0.1,
    "wrong_count": 0.1,
    "unauthorized": 0.05,
}
EMAIL = "somebody@example.com"
MAX_ROUNDS = 200

# What a user, an anonymous visitor or a mistake sends. Bad ones are refused by Mixpanel, or cannot be mapped at all.
GOOD = st.sampled_from(["track", "page", "order", "identify", "group"])
BAD = st.sampled_from(["placeholder user", "too deep", "no such number"])
MESSAGES = st.lists(st.lists(GOOD | GOOD | BAD, min_size=1, max_size=6), min_size=1, max_size=5)


def event(kind: str, message_id: str) -> dict[str, Any]:
    """Return one event of the kind; the messageId is its mark, and the user's id where it is about a user."""
    common: dict[str, Any] = {
        "messageId": message_id,
        "timestamp": "2026-01-15T10:00:00.000Z",
        "receivedAt": "2026-01-15T10:00:01.000Z",
        "userId": message_id,
        "properties": {"mark": message_id},
    }
    kinds: dict[str, dict[str, Any]] = {
        "track": {"type": "track", "event": "Good"},
        "page": {"type": "page", "name": "Good"},
        "order": {
            "type": "track",
            "event": "Order Completed",
            "properties": {"mark": message_id, "products": [{"sku": "s"}] * 2},
        },
        "identify": {
            "type": "identify",
            "anonymousId": f"anon-{message_id}",
            "traits": {"email": f"{message_id}@example.com"},
        },
        "group": {"type": "group", "groupId": message_id, "traits": {"name": message_id}},
        "placeholder user": {"type": "track", "event": "Bad", "userId": "undefined"},
        "too deep": {"type": "track", "event": "Bad", "properties": {"mark": message_id, "deep": _nested(30)}},
        "no such number": {"type": "track", "event": ["Bad", "Bad"]},
    }
    return common | kinds[kind]


def name(message: int, number: int, kind: str) -> str:
    """Return the messageId of an event by its place and kind."""
    return f"{message}-{number}-{kind.replace(' ', '-')}"


def places(messages: list[list[str]]) -> Iterator[tuple[int, int, str]]:
    """Yield the place and kind of every event."""
    for message, kinds in enumerate(messages):
        for number, kind in enumerate(kinds):
            yield message, number, kind


def _nested(depth: int) -> dict[str, Any]:
    return {"a": _nested(depth - 1)} if depth else {}


class World:
    """A forwarder between two queues of moto's and a sandbox."""

    def __init__(self, sqs, faults: Faults) -> None:
        self.sandbox = Sandbox(project_token=TOKEN, faults=faults)
        self.sqs = sqs
        self.queue, self.dead = (sqs.create_queue(QueueName=uuid4().hex)["QueueUrl"] for _ in range(2))
        mixpanel = dataclasses.replace(load_type("mixpanel"), send=self.send)
        presets = tuple(SubscriptionConfig(**preset) for preset in mixpanel.presets)
        config = DestinationConfig("mixpanel-eu", "mixpanel", {"projectToken": TOKEN, "apiRegion": "EU"}, presets)
        self.forwarder = Forwarder(
            Config((Source("web", ("key",), ("mixpanel-eu",)),), (config,)),
            {config.name: compile_destination(config, mixpanel, dict)},
            queue=Queue(self.sqs, self.queue),
            dead_letters=Queue(self.sqs, self.dead),
            policy=RetryPolicy(window_seconds=86_400),
            logger=observability.create_logger("forward"),
        )

    def send(self, batch, mixpanel_settings, has_time):
        """Send a batch by the real sender, over no network."""
        return sender.send(batch, mixpanel_settings, has_time, self.post)

    def post(self, request):
        """Hand a request to the sandbox; a dropped connection or a reply that is cut short is no reply."""
        target = "/" + request.url.split("/", 3)[3]
        try:
            reply = self.sandbox.handle("POST", target, request.headers, request.body)
        except ConnectionDropped:
            return Reply(None, error="ConnectionError")
        if len(reply.body) < int(reply.headers.get("Content-Length", len(reply.body))):
            return Reply(None, error="IncompleteRead")
        return Reply(reply.status, reply.body, reply.headers)

    def waiting(self, url: str) -> list[Any]:
        """Return moto's own messages of a queue: delayed ones cannot be received yet."""
        return list(sqs_backends["123456789012"]["eu-central-1"].queues[url.rsplit("/", 1)[-1]]._messages)

    def run(self) -> None:
        """Hand over everything that waits, delays disregarded, and acknowledge what the forwarder does not report."""
        queue = sqs_backends["123456789012"]["eu-central-1"].queues[self.queue.rsplit("/", 1)[-1]]
        messages = self.waiting(self.queue)
        sent_at = str(round(time.time() * 1000))
        records = [
            {"messageId": message.id, "body": message.body, "attributes": {"SentTimestamp": sent_at}}
            for message in messages
        ]
        self.forwarder.troubles.clear()  # delays are disregarded here, and so are pauses
        again = self.forwarder.run(records, lambda: True)
        for message in messages:
            if message.id not in again:
                queue._messages.remove(message)

    def dead_letters(self) -> list[Envelope]:
        """Return the dead letters."""
        return [open_envelope(message.body) for message in self.waiting(self.dead)]


@pytest.fixture
def sqs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a client of moto's SQS, and the names that the template gives; each test has a logger of its own."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", request.node.name)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Switchyard")
    with mock_aws():
        yield boto3.client("sqs")


def play(sqs, messages: list[list[str]], faults: Faults) -> World:
    """Queue the messages, and run the forwarder until nothing is left; the last rounds are calm."""
    world = World(sqs, faults)
    for number, kinds in enumerate(messages):
        items = tuple(Item(event(kind, name(number, i, kind))) for i, kind in enumerate(kinds))
        envelope = Envelope("web", "2026-01-15T10:00:01.000Z", f"request-{number}", items)
        for body in seal(envelope):
            world.sqs.send_message(QueueUrl=world.queue, MessageBody=body)
    for number in range(MAX_ROUNDS):
        if number == MAX_ROUNDS // 2:
            world.sandbox.faults = Faults()
        if not world.waiting(world.queue):
            break
        world.run()
    return world


def stored(world: World) -> Counter[str]:
    """Return how often each event is in Mixpanel; an order and its products count as one."""
    marks: dict[str, Counter[str]] = {}
    for each in world.sandbox.events():
        marks.setdefault(each["event"], Counter())[each["properties"].get("mark")] += 1
    orders = marks.get("Order Completed", Counter())
    assert marks.get("Product Purchased", Counter()) == Counter({mark: 2 * number for mark, number in orders.items()})
    users = Counter(user for user, properties in world.sandbox.profiles().items() if properties["$email"])
    groups = Counter(list(world.sandbox.groups().get("$group_id", {})))
    return orders + marks.get("Good", Counter()) + marks.get("Viewed Good", Counter()) + users + groups


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=MESSAGES, seed=st.integers(0, 2**32))
def test_every_event_ends_exactly_once(sqs, messages, seed):
    """Accepted = delivered ⊎ dead-lettered: good events are in Mixpanel once, bad ones are dead letters once."""
    world = play(sqs, messages, Faults(seed, RATES))
    names = [name(*place) for place in places(messages)]
    bad = [each for each in names if each.endswith(("placeholder-user", "too-deep", "no-such-number"))]
    assert not world.waiting(world.queue)
    assert stored(world) == Counter(each for each in names if each not in bad)
    assert Counter(letter.items[0].event["messageId"] for letter in world.dead_letters()) == Counter(bad)


def test_the_faults_do_occur(sqs):
    """The property above is about something: over a few seeds every kind of fault was injected."""
    injected: Counter[str] = Counter()
    for seed in range(12):
        faults = Faults(seed, RATES)
        play(sqs, [["track", "identify", "group", "order"], ["page", "placeholder user"]], faults)
        injected += faults.injected
    assert set(injected) == set(RATES)


def test_no_secret_and_no_personal_data_is_told(sqs, capsys):
    """Promise 7: logs, metrics and reasons of a bad day hold no token, no address and no value of an event."""
    world = play(sqs, [["identify", "placeholder user", "too deep", "no such number", "track"]], Faults(3, RATES))
    printed = capsys.readouterr().out
    failures = [each.failure for each in world.dead_letters() if each.failure]
    reasons = " ".join(f"{failure.reason} {failure.field}" for failure in failures)
    assert "0-4-track" in printed  # the messageId, by which an operator searches
    for private in (TOKEN, "@example.com", "undefined", "anon-0"):
        assert private not in printed + reasons
    assert TOKEN not in "".join(message.body for message in world.waiting(world.dead))
