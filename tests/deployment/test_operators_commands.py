"""The operator's commands on a deployed stack: the same as on the local one, with ``--stack``."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.deployment.cloud import ADMINISTRATOR, PREFIX, Deployment, Project, eventually

from switchyard_cli.sandbox import Sandbox

SWITCHYARD = Path(sys.executable).with_name("switchyard")

Command = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def switchyard(deployment: Deployment, updated: Any) -> Command:
    """Give the command, as whoever deployed the stack runs it: exit code, and the lines of JSON that it printed."""

    def run(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
        environment = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": deployment.cloud.url, **ADMINISTRATOR}
        command = [str(SWITCHYARD), *arguments, "--stack", deployment.stack]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines() if "--json" in arguments]

    return run


@pytest.fixture
def doctor(deployment: Deployment, project: Project, switchyard: Command) -> Callable[[], Any]:
    """Give ``switchyard doctor`` for the deployment and its configuration."""
    return partial(switchyard, "doctor", "--json", "--config", str(project.config.parent), "--url", deployment.url)


def test_doctor_finds_a_deployment_well(doctor):
    """``switchyard doctor`` sends an event to every source and finds it accepted, archived and delivered."""
    status, findings = doctor()
    assert [each for each in findings if each["status"] == "failed"] == []
    assert status == 0
    assert len(findings) > 5


def test_doctor_says_what_is_missing(cloud, doctor):
    """Without the secret it fails, and says which one to make."""
    client, name = cloud.client("secretsmanager"), f"{PREFIX}mixpanel-eu/project-token"
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    try:
        status, findings = doctor()
    finally:
        client.create_secret(Name=name, SecretString="eu-token")
    assert status == 1
    assert any("mixpanel-eu/project-token" in json.dumps(each) for each in findings if each["status"] == "failed")


def test_an_event_is_followed(deployment, switchyard):
    """``switchyard where`` reads the functions' log groups: accepted, archived and delivered."""
    message_id = str(uuid4())
    deployment.post("/v1/track", {"userId": "u-1", "event": "Followed", "messageId": message_id})
    stations = eventually(lambda: _all_three(switchyard("where", message_id, "--json")[1]))
    assert {each["function"]: each["what"] for each in stations} == {
        "collect": "collected",
        "archive": "archived",
        "forward": "delivered",
    }


def _all_three(stations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return stations if len(stations) == len({each["function"] for each in stations}) == 3 else []


def test_dead_letters_are_listed_and_sent_anew(deployment, sandbox, switchyard):
    """``switchyard dlq`` shows why events failed, and puts them back onto their queue."""
    name = f"Undefined {uuid4()}"
    deployment.post("/v1/track", {"userId": "undefined", "event": name})
    listed = eventually(lambda: switchyard("dlq", "list", "--json", "--event", name)[1])
    assert [(each["code"], each["destination"]) for each in listed] == [("invalid", "mixpanel-eu")]
    requests = sandbox.requests["/import", 400]
    assert switchyard("dlq", "redrive", "--event", name, "--yes")[0] == 0
    eventually(lambda: sandbox.requests["/import", 400] > requests)
    eventually(lambda: switchyard("dlq", "list", "--json", "--event", name)[1])


def test_archived_events_are_replayed(deployment, project, sandbox, switchyard):
    """``switchyard replay`` counts first, and delivers again what is in the archive, as it was delivered."""
    name = f"Replayed {uuid4()}"
    deployment.post("/v1/track", {"userId": "u-1", "event": name})
    (first,) = eventually(lambda: named(sandbox, name))
    today = datetime.now(UTC).date()
    days = ("--from", f"{today - timedelta(days=1)}", "--to", f"{today + timedelta(days=1)}")
    asked = ("replay", "--event", name, *days, "--config", str(project.config.parent))
    eventually(lambda: any(name == each.get("event") for each in deployment.archived().values()))
    sandbox.clear()
    assert switchyard(*asked, "--dry-run")[0] == 0
    assert not named(sandbox, name)
    assert switchyard(*asked)[0] == 0
    (second,) = eventually(lambda: named(sandbox, name))
    assert second == first


def named(sandbox: Sandbox, name: str) -> list[Any]:
    """Return the events of a name that Mixpanel has."""
    return [each for each in sandbox.events() if each["event"] == name]
