"""A front door with real queues on a strict SQS, and what SDKs send to it."""

import io
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any, NamedTuple

import orjson
import pytest
from aws_lambda_powertools import Logger

from switchyard.collect.front_door import FrontDoor
from switchyard.config import Config, DestinationConfig, Source
from switchyard.envelope import Envelope, open_envelope
from switchyard.queues import Queue
from switchyard.secret_settings import Secrets

CONFIG = Config(
    sources=(
        Source("web", ("web-key",), ("project-1", "project-2", "other-1")),
        Source(
            "quiet",
            ("quiet-key", "new-quiet-key"),
            disabledKeys=("retired-key",),
            keyNumbers={"quiet-key": 1, "retired-key": 2, "new-quiet-key": 3},
        ),
        Source("segment", (), webhookSecrets=({"secret": "webhooks/segment"}, {"ssm": "webhooks/new"})),
    ),
    destinations=(
        DestinationConfig("project-1", "mixpanel", {}, ()),
        DestinationConfig("project-2", "mixpanel", {}, ()),
        DestinationConfig("other-1", "other", {}, ()),
        DestinationConfig("unused", "unused", {}, ()),
    ),
)
SERVICES = count()
QUEUES = ("archive", "mixpanel", "other", "unused", "dead-letters")


class Answer(NamedTuple):
    """What an SDK sees."""

    status: int
    content: Any
    headers: dict[str, str]


class Desk:
    """The front door of a deployment with two sources, ``web`` and ``quiet``, and three destination types."""

    def __init__(self, sqs: Any, logger: Logger) -> None:
        self.sqs = sqs
        queues = {name: Queue(sqs, name) for name in QUEUES}
        self.front_door = FrontDoor(
            CONFIG,
            archive=queues["archive"],
            destinations={each: queues[each] for each in CONFIG.types()},
            dead_letters=queues["dead-letters"],
            secrets=Secrets("switchyard/test/"),
            logger=logger,
        )

    def post(self, call: str, body: Any, key: str | None = "web-key") -> Answer:
        """Post to ``/v1/{call}`` as API Gateway would hand it over; bytes go as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {} if key is None else {"Authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}
        return self.ask({"path": f"/v1/{call}", "headers": headers, "body": b64encode(raw).decode()})

    def post_to(self, path: str, event: Any, *, headers: dict[str, str] | None = None, **request: Any) -> Answer:
        """Send an event to any path: a batch of it where that is asked, and where it is a pixel's, in the address."""
        headers = {**(headers or {}), "Authorization": "Basic " + b64encode(b"web-key:").decode()}
        call = path.strip("/").rpartition("/")[2]
        raw = json.dumps(
            {"batch": [event]} if call in ("b", "batch", "import") and "batch" not in event else event
        ).encode()
        if "pixel" in path:
            query = {"data": b64encode(raw).decode()}
            return self.ask(
                {"httpMethod": "GET", "path": path, "headers": headers, "queryStringParameters": query, **request}
            )
        return self.ask({"path": path, "headers": headers, "body": b64encode(raw).decode(), **request})

    def ask(self, request: dict[str, Any]) -> Answer:
        """Hand over a request; what it leaves out is a POST with a base64 body."""
        defaults = {"httpMethod": "POST", "requestContext": {"requestId": "request-1"}, "isBase64Encoded": True}
        answer = self.front_door.answer(defaults | request)
        assert set(answer) == {"statusCode", "headers", "body", "isBase64Encoded"}
        content = b64decode(answer["body"]) if answer["isBase64Encoded"] else orjson.loads(answer["body"] or "null")
        return Answer(answer["statusCode"], content, answer["headers"])

    def envelopes(self, queue: str) -> list[Envelope]:
        """The envelopes in a queue."""
        return [open_envelope(body) for body in self.sqs.messages[queue]]

    def events(self, queue: str) -> list[dict[str, Any]]:
        """The events in a queue."""
        return [item.event for envelope in self.envelopes(queue) for item in envelope.items]

    def reasons(self) -> list[str]:
        """The code of every dead letter's failure, event by event."""
        envelopes = self.envelopes("dead-letters")
        return [each.failure.code for each in envelopes if each.failure for _ in each.items]


@pytest.fixture(scope="session")
def open_desk(new_sqs: Callable[[], Any], powertools: None) -> Callable[[], Desk]:
    """Make a front door with empty queues."""
    logger = Logger(service="front-door", stream=io.StringIO())
    return lambda: Desk(new_sqs(), logger)


@pytest.fixture
def desk(open_desk: Callable[[], Desk]) -> Desk:
    """A front door with empty queues."""
    return open_desk()


@pytest.fixture
def log(desk: Desk) -> io.StringIO:
    """What the front door's logger writes."""
    stream = io.StringIO()
    # Powertools keeps the stream of the first logger of a service, so this service is a new one.
    desk.front_door = replace(desk.front_door, logger=Logger(service=f"front-door-{next(SERVICES)}", stream=stream))
    return stream
