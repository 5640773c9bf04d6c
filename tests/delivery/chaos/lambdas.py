"""The functions' own ``app.py``, set up as the template says, and the pollers that feed them."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, Final, NamedTuple, Self, TextIO
from unittest.mock import patch

import boto3
from tests.delivery.chaos.chance import Chance, Crash
from tests.delivery.chaos.clock import Clock
from tests.delivery.chaos.s3 import SimulatedS3
from tests.delivery.chaos.sqs import SimulatedSqs

from switchyard.events import Json
from switchyard_cli.local.cloud import ACCOUNT, REGION, create_buckets, create_queues
from switchyard_cli.local.functions import triggers
from switchyard_cli.local.template import Template

ROOT: Final = Path(__file__).parents[3]
_COLD_START: Final = 0.05

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@cache
def template() -> Template:
    """Return the deployment's own template, read once, with names for its queues and its bucket."""
    read = Template(ROOT / "template.yaml", {}, REGION, ACCOUNT)
    create_resources(read, {"sqs": SimulatedSqs(time.time), "s3": SimulatedS3()})
    return read


def create_resources(of: Template, clients: Mapping[str, Any]) -> None:
    """Create the template's queues and bucket."""
    with patch.object(boto3, "client", clients.__getitem__):
        create_queues(of)
        create_buckets(of)


class Context:
    """The part of Lambda's context that handlers read."""

    def __init__(self, clock: Clock, deadline: float) -> None:
        self._clock = clock
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function's timeout."""
        return max(0, round((self._deadline - self._clock.time) * 1000))


class Function(NamedTuple):
    """One function of the template; ``idle`` are the instances that are loaded and not at work."""

    code: CodeType
    environment: Mapping[str, str]
    timeout: float
    idle: list[Handler]


class Lambdas:
    """All functions, with instances that come and go."""

    def __init__(self, clock: Clock, chance: Chance, sqs: SimulatedSqs, log: TextIO):
        self.errors: list[str] = []
        self._clock = clock
        self._chance = chance
        self._sqs = sqs
        self._log = log
        self._functions = {name: _function(each) for name, each in _properties().items()}
        self._pollers = {each.function: each.properties for each in _pollers()}
        self._at_work: list[str] = []

    def invoke(self, name: str, event: Json) -> Json:
        """Run a function. A crash ends its instance, and is the caller's to see."""
        function = self._functions[name]
        handler = self._instance(function)
        self._at_work.append(name)
        try:
            result = handler(event, Context(self._clock, self._clock.time + function.timeout))
        finally:
            self._at_work.remove(name)
        function.idle.append(handler)
        return result

    def poll(self, name: str) -> None:
        """Hand a batch of the function's queue to it, and delete what it does not name as failed."""
        batch = self._receive(name)
        if not batch:
            return
        with suppress(Crash):
            result = self._answer(name, batch)
            failed = {failure["itemIdentifier"] for failure in result["batchItemFailures"]}
            for message in batch:
                if message["messageId"] not in failed:
                    self._sqs.delete_message(QueueUrl=self.queue(name), ReceiptHandle=message["receiptHandle"])

    def overtake(self, name: str) -> None:
        """Have messages under way worked on by a second instance, as if their visibility timeout were too short."""
        if self._at_work == [name] and self._chance.happens("worked on twice", 0.01):
            self._sqs.expose(self.queue(name))
            self.poll(name)

    def scale_in(self) -> None:
        """Leave each function one instance at most, as after a quiet hour."""
        for function in self._functions.values():
            del function.idle[1:]

    @property
    def at_work(self) -> str | None:
        """The function whose code runs now."""
        return self._at_work[-1] if self._at_work else None

    def queue(self, name: str) -> str:
        """Return the URL of the queue that a function is fed from."""
        arn = template().resolve(self._pollers[name]["Queue"])
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{arn.rpartition(':')[2]}"

    def _answer(self, name: str, batch: list[dict[str, Any]]) -> Json:
        try:
            return self.invoke(name, {"Records": batch})
        except Exception as error:  # Lambda takes no notice but that nothing is acknowledged
            self.errors.append(f"{name} raised {error!r}")
            raise Crash from error

    def _receive(self, name: str) -> list[dict[str, Any]]:
        """Receive up to a batch, by tens."""
        size = self._chance.random.choice((1, 3, 10, self._pollers[name]["BatchSize"]))
        batch: list[dict[str, Any]] = []
        while len(batch) < size:
            most = min(10, size - len(batch))
            reply = self._sqs.receive_message(
                QueueUrl=self.queue(name), MaxNumberOfMessages=most, MessageSystemAttributeNames=["All"]
            )
            batch += [self._record(name, each) for each in reply.get("Messages", [])]
            if not reply:
                break
        return batch

    def _record(self, name: str, message: dict[str, Any]) -> dict[str, Any]:
        if self._chance.happens("message comes twice", 0.01):
            self._sqs.repeat(self.queue(name), message["ReceiptHandle"])
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
        }

    def _instance(self, function: Function) -> Handler:
        if function.idle and (self._chance.calm or self._chance.random.random() > _COLD_START):
            return function.idle.pop(self._chance.random.randrange(len(function.idle)))
        os.environ.update(function.environment)
        module: dict[str, Any] = {"__name__": "app"}
        exec(function.code, module)
        for logger in ("collect", "archive", "forward"):
            for handler in logging.getLogger(f"{os.environ['POWERTOOLS_SERVICE_NAME']}-{logger}").handlers:
                if isinstance(handler, logging.StreamHandler):
                    handler.setStream(self._log)
        handle: Handler = module["handler"]
        return handle


class Inline:
    """The threads of a run, one after the other in an order of chance, each from the same moment on."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._work: list[Callable[[], object]] = []

    def submit(self, work: Callable[..., object], *arguments: object) -> None:
        """Remember the work."""
        self._work.append(lambda: work(*arguments))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._chance.random.shuffle(self._work)
        start, ends = self._clock.time, [self._clock.time]
        for work in self._work:
            self._clock.time = start
            work()
            ends.append(self._clock.time)
        self._clock.time = max(ends)


@cache
def _code(file: Path) -> CodeType:
    return compile(file.read_text(), str(file), "exec")


def _properties() -> dict[str, Json]:
    return template().resources("AWS::Serverless::Function")


def _pollers() -> list[Any]:
    return triggers(template(), "SQS")


def _function(properties: Json) -> Function:
    variables = template().environment(properties)
    return Function(_code(ROOT / properties["CodeUri"] / "app.py"), variables, properties["Timeout"], [])
