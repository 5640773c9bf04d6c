"""A running local stack in a process of its own, and a Mixpanel sandbox that the tests can look into and disturb."""

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import orjson
import pytest
import requests
from moto.server import ThreadedMotoServer
from tests.e2e.relay import Relay

from switchyard_cli.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
SWITCHYARD = Path(sys.executable).with_name("switchyard")
WRITE_KEY = "demo-write-key"


@dataclass
class Stack:
    """A process of ``switchyard local``: its addresses, and what its queues and archive hold."""

    process: subprocess.Popen[str]
    url: str
    aws_url: str
    log: Path
    folder: Path

    @property
    def sqs(self) -> Any:
        """A client of the stack's own SQS."""
        return boto3.client("sqs", endpoint_url=self.aws_url)

    @property
    def s3(self) -> Any:
        """A client of the stack's own S3."""
        return boto3.client("s3", endpoint_url=self.aws_url)

    def archived(self) -> list[dict[str, Any]]:
        """Return every archived event."""
        s3 = self.s3
        bucket = s3.list_buckets()["Buckets"][0]["Name"]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        bodies = [gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
        return [orjson.loads(line) for body in bodies for line in body.splitlines()]

    def queue_depths(self) -> dict[str, int]:
        """Return how many messages each queue holds, by its name; delayed and invisible ones count."""
        sqs = self.sqs
        depths = {}
        for url in sqs.list_queues()["QueueUrls"]:
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            numbers = [int(value) for name, value in attributes.items() if name.startswith("ApproximateNumberOf")]
            depths[url.rsplit("/", 1)[-1]] = sum(numbers)
        return depths

    @contextmanager
    def without_storage(self) -> Iterator[Callable[[], None]]:
        """Let the archive's queue take nothing, so that collect answers 503, until what this yields is called."""
        sqs = self.sqs
        url = next(each for each in sqs.list_queues()["QueueUrls"] if each.endswith("/ArchiveQueue"))

        def take_at_most(size: int) -> None:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": str(size)})

        take_at_most(1024)  # the least that SQS allows, and less than any envelope
        yield lambda: take_at_most(1024 * 1024)

    def wait(self, done: Callable[[], bool], timeout: float = 120) -> None:
        """Wait until ``done`` says so; fail with the queues' depths when it does not in time."""
        ends = time.monotonic() + timeout
        while not done():
            assert self.process.poll() is None, "the local stack ended"
            assert time.monotonic() < ends, f"still waiting; queues: {self.queue_depths()}"
            time.sleep(0.2)

    def wait_until_idle(self) -> None:
        """Wait until nothing is under way; dead letters stay where they are."""
        self.wait(lambda: not any(n for name, n in self.queue_depths().items() if "DeadLetter" not in name))


def start(folder: Path, *options: str) -> Stack:
    """Start a local stack on a free port, and wait until it is healthy; other commands find it in its folder."""
    log = folder / ".switchyard" / "local.log"
    project = ("--template", str(ROOT / "template.yaml"), "--config", str(ROOT / "layers" / "config"))
    process = subprocess.Popen(
        [str(SWITCHYARD), "local", "--port", "0", *project, *options],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"COLUMNS": "200"},
    )
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if "Ctrl-C" in line:
            break
    found = dict(re.findall(r"^(Segment SDKs|AWS endpoint):\s+(\S+)", printed, re.MULTILINE))
    assert len(found) == 2, printed
    stack = Stack(process, found["Segment SDKs"], found["AWS endpoint"], log, folder)
    assert requests.get(f"{stack.url}/health", timeout=5).status_code == 200
    return stack


def stop(stack: Stack) -> int:
    """End the stack as Ctrl-C does; return its exit code."""
    stack.process.send_signal(signal.SIGINT)
    return stack.process.wait(timeout=10)


@pytest.fixture
def sandbox() -> Iterator[tuple[Sandbox, str]]:
    """Give a Mixpanel sandbox in this process, and its address."""
    mixpanel = Sandbox()
    with mixpanel.serve() as server:
        yield mixpanel, server.url


@pytest.fixture
def run_stack(sandbox: tuple[Sandbox, str]) -> Callable[..., AbstractContextManager[Stack]]:
    """Give what runs a local stack in a folder, with options of the test's own; it delivers to the sandbox."""

    @contextmanager
    def run(folder: Path, *options: str) -> Iterator[Stack]:
        running = start(folder, "--mixpanel-url", sandbox[1], *options)
        try:
            yield running
            assert stop(running) == 0
        finally:
            running.process.kill()

    return run


@pytest.fixture
def stack(tmp_path: Path, run_stack: Callable[..., AbstractContextManager[Stack]]) -> Iterator[Stack]:
    """Give a local stack that delivers to the sandbox of this process."""
    with run_stack(tmp_path) as running:
        yield running


@pytest.fixture
def relay(stack: Stack) -> Iterator[Relay]:
    """Give a relay in front of the stack."""
    with Relay(stack.url).serve() as relay:
        yield relay


@dataclass
class Deployed:
    """A stack of CloudFormation's with Switchyard's outputs; nothing runs in it, but other processes can reach it."""

    name: str
    environment: dict[str, str]
    outputs: dict[str, str]
    folder: Path

    def client(self, service: str) -> Any:
        """Return a client of one of its services."""
        create: Any = boto3.client
        return create(service, endpoint_url=self.environment["AWS_ENDPOINT_URL"])

    def ids(self, queue: str) -> list[str]:
        """Return the messageIds of the events in a queue, all of them visible, and hide them."""
        sqs, url, found = self.client("sqs"), self.outputs[f"{queue}Url"], []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [item["event"]["messageId"] for each in messages for item in orjson.loads(each["Body"])["items"]]
        return found


_QUEUES = ("ArchiveQueue", "MixpanelQueue", *(f"{name}DeadLetterQueue" for name in ("Collect", "Archive", "Mixpanel")))


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    """Deploy the queues and the bucket, under the names of template.yaml's outputs, with moto's CloudFormation."""
    outputs = {f"{name}Url": {"Value": {"Ref": name}} for name in _QUEUES}
    template = {
        "Resources": {
            "ArchiveBucket": {"Type": "AWS::S3::Bucket"},
            **{name: {"Type": "AWS::SQS::Queue"} for name in _QUEUES},
        },
        "Outputs": outputs
        | {"ArchiveBucketName": {"Value": {"Ref": "ArchiveBucket"}}, "ApiUrl": {"Value": "https://api.example.com"}},
    }
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        requests.post(f"{endpoint}/moto-api/reset", timeout=5)
        cloudformation = boto3.client("cloudformation", endpoint_url=endpoint)
        cloudformation.create_stack(StackName="switchyard-test", TemplateBody=orjson.dumps(template).decode())
        (found,) = cloudformation.describe_stacks(StackName="switchyard-test")["Stacks"]
        values = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
        yield Deployed("switchyard-test", {"AWS_ENDPOINT_URL": endpoint}, values, tmp_path)
    finally:
        server.stop()


def switchyard(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder; without a terminal, as scripts do."""
    return subprocess.run(
        [str(SWITCHYARD), *arguments],
        cwd=folder,
        env=os.environ | {"COLUMNS": "118"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(name="switchyard")
def run_switchyard() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what runs the command in a folder."""
    return switchyard
