"""What the tests of a deployment work with: the emulator, a copy of the project to deploy, and a deployed stack."""

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import boto3
import orjson
import requests

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".venv-sam/bin/sam"
EMULATOR_PYTHON = ROOT / ".venv-emulator/bin/python"
REGION = "eu-central-1"
ACCOUNT = "123456789012"
ADMINISTRATOR = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
"""The emulator's root account; only the functions have roles, as only they are under test."""

PREFIX = "switchyard/deploy-test/"
"""What the names of the deployment's secrets begin with."""

DEPLOYED = ("template.yaml", "samconfig.toml", "functions", "layers", "events")

T = TypeVar("T")


def eventually(look: Callable[[], T], timeout: float = 60) -> T:
    """Return the first true value that ``look`` finds; fail with the last one when none comes in time."""
    ends = time.monotonic() + timeout
    while not (found := look()):
        assert time.monotonic() < ends, f"still {found!r} after {timeout} s"
        time.sleep(0.1)
    return found


@dataclass(frozen=True)
class Cloud:
    """A running emulator."""

    url: str
    log: Path

    def client(self, service: str, **credentials: str) -> Any:
        """Return a client of one service, as the administrator unless other credentials are given."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", **credentials}
        create: Any = boto3.client
        return create(service, endpoint_url=self.url, region_name=REGION, **keys)


@contextmanager
def emulator(folder: Path) -> Iterator[Cloud]:
    """Run the emulator on a free port of loopback, with IAM enforced."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "emulator.log"
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(folder),  # it leaves folders behind
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [EMULATOR_PYTHON, Path(__file__).with_name("emulator.py")],
            cwd=folder,
            env={"PATH": os.environ["PATH"], **ADMINISTRATOR, **settings},
            stdout=output,
            stderr=output,
        )
        cloud = Cloud(f"http://127.0.0.1:{port}", log)
        try:
            eventually(lambda: process.poll() is not None or is_ready(cloud))
            assert process.poll() is None, log.read_text()
            yield cloud
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def is_ready(cloud: Cloud) -> bool:
    """Whether the emulator answers."""
    try:
        return requests.get(f"{cloud.url}/_ministack/health", timeout=5).ok
    except requests.ConnectionError:
        return False


class Project:
    """A copy of what is deployed, so that its configuration can be changed; the template stays as it is."""

    def __init__(self, folder: Path, cloud: Cloud) -> None:
        self.folder = folder
        self.config = folder / "layers/config/switchyard.yaml"
        self._cloud = cloud
        for name in DEPLOYED:
            copy: Callable[[Path, Path], Any] = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)

    def build(self) -> str:
        """Run ``sam build`` for this machine; returns what it said."""
        return self._sam("build", "--cached")

    def deploy(self, stack: str, **parameters: str) -> "Deployment":
        """Run ``sam deploy`` with the dev environment of samconfig.toml and these parameters."""
        self._sam(
            *("deploy", "--config-env", "dev", "--stack-name", stack, "--no-progressbar"),
            *("--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())),
        )
        return Deployment(self._cloud, stack)

    def delete(self, stack: str) -> str:
        """Run ``sam delete``; returns what it said."""
        return self._sam("delete", "--no-prompts", "--stack-name", stack, "--region", REGION)

    def _sam(self, *arguments: str) -> str:
        path = [ROOT / ".venv/bin", EMULATOR_PYTHON.parent, os.environ["PATH"]]
        environment = {
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(self.folder),
            "AWS_ENDPOINT_URL": self._cloud.url,
            "LAMBDA_PYTHON": "python3.13",
            "SAM_CLI_TELEMETRY": "0",
            **ADMINISTRATOR,
        }
        done = subprocess.run(
            [SAM, *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


class Deployment:
    """A deployed stack: its outputs, its API, and what its queues and its archive hold."""

    def __init__(self, cloud: Cloud, stack: str) -> None:
        self.cloud = cloud
        self.stack = stack
        (description,) = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in description["Outputs"]}
        # API Gateway has a host for each API; the emulator takes the API's id, the host's first part, in the path.
        api = self.outputs["ApiUrl"].removeprefix("https://").split(".")[0]
        self.url = f"{cloud.url}/_aws/execute-api/{api}"

    def resources(self) -> dict[str, str]:
        """Return the physical id of each resource by its logical id."""
        pages = self.cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.stack)
        found = [each for page in pages for each in page["StackResourceSummaries"]]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    def post(self, path: str, body: Any, key: str = "demo-write-key", **headers: str) -> requests.Response:
        """Send a call with the write key; ``body`` is JSON unless it is bytes already."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return requests.post(
            self.url + path, data, auth=(key, ""), headers={"Content-Type": "application/json"} | headers, timeout=60
        )

    def archived(self) -> dict[str, dict[str, Any]]:
        """Return every archived event by its messageId."""
        s3, bucket = self.cloud.client("s3"), self.outputs["ArchiveBucketName"]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="archive/")
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        bodies = [gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
        events = [orjson.loads(line) for body in bodies for line in body.splitlines()]
        return {each["messageId"]: each for each in events}

    def dead_letters(self, queue: str) -> list[dict[str, Any]]:
        """Return the dead letters of a queue, named by its output, and leave them there."""
        received = self.cloud.client("sqs").receive_message(
            QueueUrl=self.outputs[queue], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [orjson.loads(each["Body"]) for each in received.get("Messages", [])]

    def depths(self, queue: str) -> dict[str, int]:
        """Return how many messages of a queue, named by its output, wait for a reader or are with one."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        sqs = self.cloud.client("sqs")
        found = sqs.get_queue_attributes(QueueUrl=self.outputs[queue], AttributeNames=names)["Attributes"]
        return {name: int(number) for name, number in found.items()}

    def invoke(self, function: str, event: Any) -> Any:
        """Return the answer of a function, named by its output, to an event of the test's own."""
        answer = self.cloud.client("lambda").invoke(FunctionName=self.outputs[function], Payload=orjson.dumps(event))
        return orjson.loads(answer["Payload"].read())
