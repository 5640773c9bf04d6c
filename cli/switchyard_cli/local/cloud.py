"""The template's queues, bucket and secrets, made in moto: nothing leaves this process."""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import boto3
from moto.server import ThreadedMotoServer

from switchyard.config import Config
from switchyard_cli.local.template import Physical, Template
from switchyard_cli.secrets_from_environment import references_of, variable_of

REGION: Final = "eu-central-1"
ACCOUNT: Final = "123456789012"

# Attributes that moto would refuse or that mean nothing without a network.
_LEFT_OUT: Final = frozenset({"QueueName", "SqsManagedSseEnabled", "RedriveAllowPolicy"})


@contextmanager
def serve_endpoint() -> Iterator[str]:
    """Give other processes the same queues, bucket and secrets, over HTTP; yields the endpoint's address."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def create_queues(template: Template) -> None:
    """Create every queue with its attributes; dead-letter queues first, since the others refer to them."""
    queues = template.resources("AWS::SQS::Queue")
    for name, properties in queues.items():
        template.physical[name] = _queue(template.resolve(properties.get("QueueName", name)))
    sqs = boto3.client("sqs")
    for name, properties in sorted(queues.items(), key=lambda each: "RedrivePolicy" in each[1]):
        attributes = {key: value for key, value in template.resolve(properties).items() if key not in _LEFT_OUT}
        sqs.create_queue(
            QueueName=template.physical[name].attributes["QueueName"],
            Attributes={
                key: value if isinstance(value, str) else json.dumps(value) for key, value in attributes.items()
            },
        )


def _queue(name: str) -> Physical:
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    return Physical(url, {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}", "QueueName": name, "QueueUrl": url})


def create_buckets(template: Template) -> None:
    """Create every bucket."""
    for name in template.resources("AWS::S3::Bucket"):
        bucket = f"switchyard-local-{name.lower()}"
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        template.physical[name] = Physical(bucket, {"Arn": f"arn:aws:s3:::{bucket}"})


def create_secrets(config: Config, prefix: str) -> list[str]:
    """Store the secrets that the configuration names, from the environment; one that is there already stays.

    Returns the names of the variables that are not set; a placeholder, good for the sandbox, stands for their values.
    """
    missing = []
    for kind, name in references_of(config):
        variable = variable_of(name)
        value = os.environ.get(variable)
        if value is None:
            missing.append(variable)
        _store(kind, prefix + name, value or f"sandbox-{name}")
    return missing


def _store(kind: str, name: str, value: str) -> None:
    ssm, secrets = boto3.client("ssm"), boto3.client("secretsmanager")
    with suppress(ssm.exceptions.ParameterAlreadyExists, secrets.exceptions.ResourceExistsException):
        if kind == "ssm":
            ssm.put_parameter(Name="/" + name, Value=value, Type="SecureString")
        else:
            secrets.create_secret(Name=name, SecretString=value)
