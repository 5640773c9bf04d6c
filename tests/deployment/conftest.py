"""One emulator, one Mixpanel sandbox and one deployment for all tests; they run in the order of their files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from tests.deployment.cloud import PREFIX, Cloud, Deployment, Project, emulator

from switchyard_cli.sandbox import Sandbox

STACK = "switchyard-deploy-test"

ADDED = """
sources:
  - name: added
    writeKey: added-write-key
    destinations: [mixpanel-us]
  - name: secret-webhook
    webhook: {sharedSecret: {secret: webhooks/shared}}
    destinations: [mixpanel-eu]
  - name: ssm-webhook
    webhook: {sharedSecret: {ssm: webhooks/shared}}
    destinations: [mixpanel-eu]

destinations:
  - name: mixpanel-us
    type: mixpanel
    settings:
      projectToken: {ssm: mixpanel-us/project-token}
      apiRegion: US
    subscriptions: presets
"""
"""What an operator adds to the configuration: a destination and sources, with secrets of both kinds."""


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Give a running emulator."""
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="session")
def mixpanel() -> Iterator[tuple[Sandbox, str]]:
    """Give a strict Mixpanel sandbox, and its address."""
    sandbox = Sandbox()
    with sandbox.serve() as server:
        yield sandbox, server.url


@pytest.fixture(scope="session")
def sandbox(mixpanel: tuple[Sandbox, str]) -> Sandbox:
    """Give the sandbox that the deployment delivers to."""
    return mixpanel[0]


@pytest.fixture(scope="session")
def parameters(mixpanel: tuple[Sandbox, str]) -> dict[str, str]:
    """Give the parameters with which the template is deployed: all that differs from a deployment to AWS."""
    return {"SecretsPrefix": PREFIX, "RetryBaseSeconds": "0", "MixpanelUrl": mixpanel[1], "RequireTls": "false"}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, cloud: Cloud) -> Project:
    """Give a copy of the project, built."""
    copy = Project(tmp_path_factory.mktemp("project"), cloud)
    copy.build()
    return copy


@pytest.fixture(scope="session")
def deployment(cloud: Cloud, project: Project, parameters: dict[str, str]) -> Deployment:
    """Give the deployed stack; as the README says, its secret comes first."""
    cloud.client("secretsmanager").create_secret(Name=f"{PREFIX}mixpanel-eu/project-token", SecretString="eu-token")
    return project.deploy(STACK, Stage="deploy-test", **parameters)


@dataclass(frozen=True)
class Update:
    """A deployment's second version: what its new source was answered before, and the resources of both versions."""

    write_key: str
    answer_before: requests.Response
    before: set[str]
    after: set[str]


@pytest.fixture(scope="session")
def updated(cloud: Cloud, project: Project, parameters: dict[str, str], deployment: Deployment) -> Update:
    """Give the same stack, deployed anew with a source and a destination more."""
    event = {"userId": "u-2", "event": "Too Early", "messageId": "too-early"}
    answer, before = deployment.post("/v1/track", event, key="added-write-key"), set(deployment.resources())
    ssm, shared = cloud.client("ssm"), "webhooks/shared"
    ssm.put_parameter(Name=f"/{PREFIX}mixpanel-us/project-token", Value="us-token", Type="SecureString")
    ssm.put_parameter(Name=f"/{PREFIX}{shared}", Value=shared, Type="SecureString")
    cloud.client("secretsmanager").create_secret(Name=f"{PREFIX}{shared}", SecretString=shared)
    project.config.with_name("added.yaml").write_text(ADDED)
    project.build()
    project.deploy(STACK, Stage="deploy-test", **parameters)
    return Update("added-write-key", answer, before, set(deployment.resources()))


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the root of the repository."""
    return Path(__file__).parents[2]
