"""The local stack: everything that ``template.yaml`` describes, started and stopped together."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import boto3
from moto import mock_aws

from switchyard.config import Config
from switchyard.envelope import Envelope, open_envelope
from switchyard_cli.config.compiler import compile_config, to_json
from switchyard_cli.local import cloud
from switchyard_cli.local.functions import load_functions, triggers
from switchyard_cli.local.gateway import Gateway
from switchyard_cli.local.pollers import Poller
from switchyard_cli.local.running_stack import announced
from switchyard_cli.local.sam_environment import sam_environment
from switchyard_cli.local.template import Template
from switchyard_cli.sandbox import Sandbox

STAGE: Final = "local"

RETRY_BASE_SECONDS: Final = "0.05"
"""Retries come twenty times as fast as in a deployment, since somebody is waiting."""

_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may choose about the local stack."""

    template: Path
    config: Path
    port: int
    log: Path
    mixpanel_url: str | None = None


class LocalStack:
    """A running system; use it as a context manager."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._open = ExitStack()
        self.url = ""
        self.aws_url = ""
        self.sandbox: Sandbox | None = None
        self.sandbox_url = ""
        self.missing_secrets: list[str] = []
        self.sam_environment: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        """Start. Raises ConfigError for a mistake in the configuration or a port that is taken."""
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop everything, the last started first."""
        self._open.close()

    def _start(self) -> None:
        options = self._options
        config = compile_config(options.config)
        os.environ["AWS_DEFAULT_REGION"] = cloud.REGION
        self._open.enter_context(mock_aws())
        self._template = Template(options.template, {"Stage": STAGE}, cloud.REGION, cloud.ACCOUNT)
        self.aws_url = self._open.enter_context(cloud.serve_endpoint())
        cloud.create_queues(self._template)
        cloud.create_buckets(self._template)
        self.missing_secrets = self._create_secrets(config)
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="switchyard-")))
        self._compiled = folder / "config.json"
        self._compiled.write_bytes(to_json(config))
        environment = {
            "RETRY_BASE_SECONDS": RETRY_BASE_SECONDS,
            "MIXPANEL_URL": options.mixpanel_url or self._serve_sandbox(),
        }
        functions = load_functions(self._template, environment | {"SWITCHYARD_CONFIG": str(self._compiled)})
        self._functions = functions
        self.sam_environment = sam_environment(self._template, environment | {"AWS_ENDPOINT_URL": self.aws_url})
        self.gateway = Gateway(self._template, functions, triggers(self._template, "Api"))
        self.url = self.gateway.serve(options.port)
        self._open.callback(self.gateway.close)
        for function, properties in triggers(self._template, "SQS"):
            resolved = self._template.resolve(properties)
            poller = Poller(functions[function], self._url_of(resolved["Queue"]), resolved["Queue"], resolved)
            poller.start()
            self._open.callback(poller.stop)
        outputs = self._template.outputs() | {"ApiUrl": self.url}
        self._open.enter_context(announced(cloud.REGION, self.aws_url, outputs, options.log))

    def redeploy(self) -> None:
        """Let the configuration, as it is now, apply to every event from here on. Raises ConfigError, to no effect."""
        config = compile_config(self._options.config)
        self._create_secrets(config)
        self._compiled.write_bytes(to_json(config))
        for function in self._functions.values():
            function.load()

    def _create_secrets(self, config: Config) -> list[str]:
        return cloud.create_secrets(config, str(self._template.resolve({"Ref": "SecretsPrefix"})))

    def _serve_sandbox(self) -> str:
        self.sandbox = Sandbox()
        self.sandbox_url = self._open.enter_context(self.sandbox.serve()).url
        return self.sandbox_url

    def _url_of(self, arn: str) -> str:
        return next(each.ref for each in self._template.physical.values() if each.attributes["Arn"] == arn)

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until nothing is under way in any queue that a function reads; False when time ran out."""
        ends = time.monotonic() + timeout
        while not self._is_idle():
            if time.monotonic() > ends:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _is_idle(self) -> bool:
        sqs = boto3.client("sqs")
        for _, properties in triggers(self._template, "SQS"):
            url = self._url_of(self._template.resolve(properties["Queue"]))
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            if any(int(number) for name, number in attributes.items() if name.startswith("ApproximateNumberOf")):
                return False
        return True

    def archived_objects(self) -> dict[str, bytes]:
        """Return the archive's objects by key."""
        bucket = self._template.physical["ArchiveBucket"].ref
        s3 = boto3.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def dead_letters(self) -> Iterator[Envelope]:
        """Yield what lies in the dead-letter queues, and leave it there."""
        sqs = boto3.client("sqs")
        for name, queue in self._template.physical.items():
            if name.endswith("DeadLetterQueue"):
                while messages := sqs.receive_message(
                    QueueUrl=queue.ref, MaxNumberOfMessages=10, VisibilityTimeout=1
                ).get("Messages"):
                    yield from (open_envelope(message["Body"]) for message in messages)
