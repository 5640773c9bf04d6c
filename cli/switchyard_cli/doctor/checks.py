"""What can be seen of a deployment without sending anything."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from switchyard.config import Config, DestinationConfig
from switchyard.errors import ConfigError
from switchyard_cli.config.compiler import compile_written
from switchyard_cli.config.documents import Problem
from switchyard_cli.config.sources_and_destinations import read_written
from switchyard_cli.config.warnings import find_warnings
from switchyard_cli.config.warnings.wiring import region_of
from switchyard_cli.deployment import Deployment
from switchyard_cli.doctor.finding import Finding, failed, ok, warning
from switchyard_cli.secrets_from_environment import references_of

_PLACES: Final = {"EU": ("eu-", "make deploy ENV=prod-eu"), "IN": ("ap-south-", "make deploy ENV=prod-in")}
"""Where data of a Mixpanel region that promises a place should rest: how AWS's regions there begin, and the remedy."""

_ELSEWHERE: Final = ("eu-west-2", "eu-central-2")
"""London and Zurich, whose names begin like those of regions in the EU."""


def examine_configuration(folder: Path, *, deploying: bool) -> tuple[Config | None, Finding]:
    """Return the configuration, unless it has a mistake, and what is to be said about it.

    ``deploying`` also warns of what does no harm on the operator's own machine.
    """
    try:
        written = read_written(folder)
        config = compile_written(written)
    except ConfigError as error:
        return None, failed("configuration", str(error), "Mend it: a configuration with a mistake cannot be deployed.")
    if warnings := find_warnings(written, config, deploying=deploying):
        return config, warning("configuration", "\n".join(map(_line, warnings)), "Mend these, then deploy.")
    return config, ok("configuration", f"{len(config.sources)} source(s), {len(config.destinations)} destination(s)")


def _line(problem: Problem) -> str:
    return f"{problem.file}:{problem.line}: {problem.message}"


def examine_parts(deployment: Deployment) -> Iterator[Finding]:
    """Yield what there is of the deployment: its bucket, its queues, what waits in them, and its functions."""
    yield _looked_at(_bucket, "archive bucket", deployment, deployment.bucket)
    for name in deployment.queues:
        yield _looked_at(_queue, f"queue {name}", deployment, name)
    for name, url in deployment.dead_letters.items():
        yield _looked_at(_dead_letters, f"dead letters {name}", deployment, url)
    if not deployment.is_local:  # the local stack runs its functions itself
        for name, function in deployment.functions.items():
            yield _looked_at(_function, f"function {name}", deployment, function)


def examine_secrets(deployment: Deployment, config: Config) -> Iterator[Finding]:
    """Yield whether each secret that the configuration names exists; no value is read."""
    for kind, name in references_of(config):
        yield _looked_at(_EXISTS[kind], f"{kind} {name}", deployment, deployment.secrets_prefix + name)


def examine_regions(deployment: Deployment, config: Config) -> Iterator[Finding]:
    """Yield whether the stack's region suits each destination's: events rest in the former, and in its archive."""
    region = deployment.session.region_name
    for destination in config.destinations:
        yield _region(destination, str(region))


def _region(destination: DestinationConfig, region: str) -> Finding:
    check, wanted = f"region {destination.name}", region_of(destination)
    prefix, remedy = _PLACES.get(wanted or "", ("", ""))
    if region.startswith(prefix) and not (wanted == "EU" and region in _ELSEWHERE):
        return ok(check, f"{wanted or 'no region of its own'}, from {region}")
    seen = f"its data belongs in the {wanted}, and events rest in {region} until they are delivered, and in the archive"
    return warning(check, seen, f"Deploy a stack there for its sources: {remedy}.")


def _looked_at(
    look: Callable[[str, Deployment, str], Finding], check: str, deployment: Deployment, name: str
) -> Finding:
    try:
        return look(check, deployment, name)
    except (BotoCoreError, ClientError) as error:
        return failed(check, str(error), "Deploy again if it is gone; if it may not be read, use credentials that may.")


def _bucket(check: str, deployment: Deployment, name: str) -> Finding:
    deployment.client("s3").head_bucket(Bucket=name)
    return ok(check, name)


def _queue(check: str, deployment: Deployment, name: str) -> Finding:
    return ok(check, waiting(deployment, name))


def waiting(deployment: Deployment, name: str) -> str:
    """Say how many messages of a queue wait, are being worked on, and are put off."""
    numbers = _numbers(deployment, deployment.queues[name])
    return f"{numbers['']} waiting, {numbers['NotVisible']} at work, {numbers['Delayed']} put off"


def _numbers(deployment: Deployment, url: str) -> dict[str, int]:
    attributes = deployment.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    start = "ApproximateNumberOfMessages"
    return {name.removeprefix(start): int(each) for name, each in attributes.items() if name.startswith(start)}


def _dead_letters(check: str, deployment: Deployment, url: str) -> Finding:
    numbers = _numbers(deployment, url)
    if number := numbers[""] + numbers["NotVisible"]:
        command = "switchyard dlq list" + ("" if deployment.is_local else " --stack NAME")
        return warning(check, f"{number} message(s)", f"`{command}` says why, and what to do.")
    return ok(check, "none")


def _function(check: str, deployment: Deployment, name: str) -> Finding:
    told = deployment.client("lambda").get_function_configuration(FunctionName=name)
    states = (told.get("State", "Active"), told.get("LastUpdateStatus", "Successful"))
    if states == ("Active", "Successful"):
        return ok(check, name)
    reason = told.get("StateReason") or told.get("LastUpdateStatusReason") or "no reason given"
    return failed(check, f"{', '.join(states)}: {reason}", "Wait a minute; if it stays, deploy again.")


def _secret_exists(check: str, deployment: Deployment, name: str) -> Finding:
    manager = deployment.client("secretsmanager")
    try:
        told = manager.describe_secret(SecretId=name)
    except manager.exceptions.ResourceNotFoundException:
        return _missing(check, deployment, f"aws secretsmanager create-secret --name {name} --secret-string …")
    if told.get("DeletedDate"):
        remedy = f"Restore it: aws secretsmanager restore-secret --secret-id {name}"
        return failed(check, "it is about to be deleted", remedy)
    return ok(check, f"{name} exists")


def _parameter_exists(check: str, deployment: Deployment, name: str) -> Finding:
    full = f"/{name}"
    wanted: Any = [{"Key": "Name", "Values": [full]}]
    # A page may be empty although another follows.
    pages = deployment.client("ssm").get_paginator("describe_parameters").paginate(ParameterFilters=wanted)
    if any(page["Parameters"] for page in pages):
        return ok(check, f"{full} exists")
    return _missing(check, deployment, f"aws ssm put-parameter --type SecureString --name {full} --value …")


def _missing(check: str, deployment: Deployment, command: str) -> Finding:
    region = deployment.session.region_name
    return failed(check, f"there is none in {region}", f"Create it: {command} --region {region}")


_EXISTS: Final = {"secret": _secret_exists, "ssm": _parameter_exists}
