"""Where a deployment is: the running local stack, or a stack of CloudFormation's; both tell by the template's outputs.

Everything that a command does with it goes through boto3, so it works on any endpoint that speaks like AWS.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

import boto3
import orjson
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from switchyard.errors import SwitchyardError

LOCAL_FILE: Final = Path(".switchyard/local.json")
"""What ``switchyard local`` tells of itself while it runs: its region, AWS endpoint, outputs and log."""

SECRETS_PREFIX: Final = "switchyard/"
"""The template's own, unless a stack says otherwise."""

# Whoever lists a large queue makes thousands of calls; one that is throttled is no reason to give up.
_RETRIES: Final = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=30)
_QUEUE: Final = re.compile(r"(\w+?)(DeadLetter)?QueueUrl")
_FUNCTION: Final = re.compile(r"(?:Forward)?(\w+)FunctionName")
_NO_STACK: Final = "does not exist"  # CloudFormation's words; its code is the one of every mistake in a request


class NoDeployment(SwitchyardError):
    """There is no such deployment, or it cannot be asked; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment, found. The keys are ``archive``, each destination type, and ``collect``, which reads no queue.

    ``queues`` and ``dead_letters`` are URLs by the function that reads the queue, ``functions`` its name.
    """

    name: str
    is_local: bool
    api_url: str
    bucket: str
    queues: Mapping[str, str]
    dead_letters: Mapping[str, str]
    functions: Mapping[str, str]
    session: boto3.Session = field(repr=False)
    endpoint: str | None = None
    secrets_prefix: str = SECRETS_PREFIX
    log: Path | None = None
    """What the functions of a local stack log."""

    @classmethod
    def of(cls, outputs: Mapping[str, str], name: str, session: boto3.Session, endpoint: str | None = None) -> Self:
        """Read the outputs of the template. Raises NoDeployment when they are not Switchyard's."""
        queues = [(found, url) for key, url in outputs.items() if (found := _QUEUE.fullmatch(key))]
        functions = [(found, each) for key, each in outputs.items() if (found := _FUNCTION.fullmatch(key))]
        try:
            return cls(
                name=name,
                is_local=endpoint is not None,
                api_url=outputs["ApiUrl"],
                bucket=outputs["ArchiveBucketName"],
                queues={found[1].lower(): url for found, url in queues if not found[2]},
                dead_letters={found[1].lower(): url for found, url in queues if found[2]},
                functions={found[1].lower(): each for found, each in functions},
                session=session,
                endpoint=endpoint,
                secrets_prefix=outputs.get("SecretsPrefix", SECRETS_PREFIX),
            )
        except KeyError as missing:
            raise NoDeployment(f"{name} has no output {missing}: it is no deployment of Switchyard's") from None

    @property
    def destination_types(self) -> list[str]:
        """The destination types that have a queue here."""
        return sorted(set(self.queues) - {"archive"})

    def client(self, service: str) -> Any:
        """Return boto3's client of a service, in the deployment's region."""
        create: Any = self.session.client
        return create(service, endpoint_url=self.endpoint, config=_RETRIES)


def find_deployment(stack: str | None = None, region: str | None = None) -> Deployment:
    """Return the stack of that name, or without a name the local stack that runs here. Raises NoDeployment."""
    return _deployed(stack, region) if stack else _local()


def _local() -> Deployment:
    try:
        told = orjson.loads(LOCAL_FILE.read_bytes())
        session = boto3.Session("local", "local", region_name=told["region"])
        found = Deployment.of(told["outputs"], "the local stack", session, told["endpoint"])
        found = replace(found, log=Path(told["log"]))
    except (OSError, KeyError, TypeError, ValueError):
        raise NoDeployment(
            "no local stack runs here: go to the folder in which `make run` or `switchyard local` runs, start "
            "one with `make run` in Switchyard's folder, or name a deployed one with --stack"
        ) from None
    _check_that_it_runs(found)
    return found


def _check_that_it_runs(local: Deployment) -> None:
    """Raise NoDeployment for a stack that ended without taking its file away."""
    if not answers(local.api_url):
        message = f"the local stack at {local.api_url} ({LOCAL_FILE}) does not answer: start it anew with `make run`"
        raise NoDeployment(message)


def answers(api_url: str) -> bool:
    """Tell whether a local stack is up."""
    try:
        return requests.get(f"{api_url}/health", timeout=5).ok
    except requests.RequestException:
        return False


def _deployed(stack: str, region: str | None) -> Deployment:
    try:
        session = boto3.Session(region_name=region)
        (found,) = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise NoDeployment(f"the stack '{stack}' cannot be read: {_advice(error)}") from None
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    return Deployment.of(outputs, f"the stack '{stack}'", session)


def _advice(error: Exception) -> str:
    kind = type(error).__name__
    if kind == "NoRegionError":
        return "give its region with --region, or set AWS_DEFAULT_REGION"
    if kind == "NoCredentialsError":
        return "AWS credentials are missing; `aws sts get-caller-identity` tells whether yours work"
    advice = "; is it in another region (--region) or account?" if _NO_STACK in str(error) else ""
    return f"{error}{advice}"
