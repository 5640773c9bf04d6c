"""A running local stack in a process of its own, and a Mixpanel sandbox that the tests can look into and disturb."""

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import orjson
import pytest
import requests
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
        url = next(each for each in sqs.list_queues()["QueueUrls"] if each.endswith("-archive"))

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
def stack(tmp_path: Path, sandbox: tuple[Sandbox, str]) -> Iterator[Stack]:
    """Give a local stack that delivers to the sandbox of this process."""
    running = start(tmp_path, "--mixpanel-url", sandbox[1])
    try:
        yield running
        assert stop(running) == 0
    finally:
        running.process.kill()


@pytest.fixture
def relay(stack: Stack) -> Iterator[Relay]:
    """Give a relay in front of the stack."""
    with Relay(stack.url).serve() as relay:
        yield relay
