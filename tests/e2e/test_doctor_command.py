"""``switchyard doctor`` on a running stack that is well, and on stacks that were broken on purpose."""

import json
import re
import shutil
from pathlib import Path

import boto3
import pytest
import requests

from switchyard_cli.sandbox.faults import Faults

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "layers" / "config"
SECRET = "switchyard/mixpanel-eu/project-token"


@pytest.fixture
def doctor(stack, switchyard):
    """The command, in the stack's folder: options → exit code, and its findings by check."""

    def examine(*options, config=CONFIG):
        result = switchyard(stack.folder, "doctor", "--json", "--patience", "5", "--config", str(config), *options)
        findings = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.stderr == ""
        return result.returncode, {each["check"]: each for each in findings}

    return examine


def changed_config(folder, old, new):
    """Return a folder with the project's configuration, something in it replaced."""
    written = (CONFIG / "switchyard.yaml").read_text()
    assert old in written
    folder.mkdir()
    (folder / "switchyard.yaml").write_text(written.replace(old, new))
    return folder


def send(stack, payload):
    """Send a payload to the stack."""
    requests.post(f"{stack.url}/v1/track", json=payload, auth=("demo-write-key", ""), timeout=5).raise_for_status()


def test_a_stack_that_is_well(doctor, sandbox):
    """Everything is ok, the event of its own is in Mixpanel, and the exit code is 0."""
    code, findings = doctor()
    assert {name: each["status"] for name, each in findings.items()} == dict.fromkeys(findings, "ok")
    assert code == 0
    for check in ("configuration", "archive bucket", "queue mixpanel", "dead letters archive", "region mixpanel-eu"):
        assert check in findings
    for check in ("accepted web", "archived web", "delivered web → mixpanel-eu"):
        assert check in findings
    (event,) = sandbox[0].events()
    assert event["event"] == "Switchyard Doctor"
    assert event["properties"]["distinct_id"] == "switchyard-doctor"
    assert event["properties"]["$insert_id"].startswith("doctor-")


def test_a_table_for_people(stack, switchyard):
    """Without --json there is a table of what was seen, and none of what to mend where there is nothing."""
    result = switchyard(stack.folder, "doctor", "--config", str(CONFIG))
    assert result.returncode == 0, result.stdout
    assert "How is the local stack?" in result.stdout
    assert re.search(r"│ delivered web → mixpanel-eu +│ ok +│ the destination confirmed it", result.stdout)
    assert "What to mend" not in result.stdout


def test_a_log_of_another_name(tmp_path, run_stack, switchyard):
    """The doctor reads the functions' log wherever ``--log`` put it."""
    with run_stack(tmp_path, "--log", "logs/mine.log"):
        result = switchyard(tmp_path, "doctor", "--config", str(CONFIG))
    assert (result.returncode, (tmp_path / ".switchyard" / "local.log").exists()) == (0, False), result.stdout


def test_a_missing_secret(stack, doctor, sandbox):
    """A secret that is not there is named with the command that creates it; the event waits."""
    boto3.client("secretsmanager", endpoint_url=stack.aws_url).delete_secret(
        SecretId=SECRET, ForceDeleteWithoutRecovery=True
    )
    code, findings = doctor()
    assert code == 1
    missing = findings["secret mixpanel-eu/project-token"]
    assert (missing["status"], missing["seen"]) == ("failed", "there is none in eu-central-1")
    assert f"aws secretsmanager create-secret --name {SECRET}" in missing["remedy"]
    delivered = findings["delivered web → mixpanel-eu"]
    assert (delivered["status"], findings["archived web"]["status"]) == ("failed", "ok")
    assert f"the secret '{SECRET}' cannot be read" in delivered["seen"]
    assert "Create the secret" in delivered["remedy"]
    assert sandbox[0].events() == []


def test_a_wrong_key(doctor, sandbox):
    """A key that Mixpanel refuses is told as such, and where to look."""
    sandbox[0].faults = Faults(rates={"unauthorized": 1})
    code, findings = doctor()
    delivered = findings["delivered web → mixpanel-eu"]
    assert (code, delivered["status"]) == (1, "failed")
    assert "put off" in delivered["seen"]
    assert "401" in delivered["seen"]
    assert "apiRegion of 'mixpanel-eu'" in delivered["remedy"]


def test_an_archive_that_fails(stack, doctor):
    """Without its bucket the archive function writes nothing: both are told; delivery goes on."""
    boto3.client("s3", endpoint_url=stack.aws_url).delete_bucket(Bucket="switchyard-local-archivebucket")
    code, findings = doctor("--patience", "2")
    assert code == 1
    assert findings["archive bucket"]["status"] == findings["archived web"]["status"] == "failed"
    assert findings["delivered web → mixpanel-eu"]["status"] == "ok"


def test_an_archive_function_that_fails(tmp_path, run_stack, switchyard):
    """An event that is not archived in time is told with what waits in the queue, and which log has the cause."""
    shutil.copytree(ROOT / "functions", tmp_path / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "template.yaml", tmp_path)
    (tmp_path / "functions/archive/app.py").write_text("def handler(event, context):\n    raise OSError\n")
    with run_stack(tmp_path, "--template", str(tmp_path / "template.yaml")):
        result = switchyard(tmp_path, "doctor", "--json", "--patience", "2", "--config", str(CONFIG))
    findings = {each["check"]: each for each in map(json.loads, result.stdout.splitlines())}
    assert result.returncode == 1
    assert [name for name, each in findings.items() if each["status"] != "ok"] == ["archived web"]
    assert findings["archived web"]["seen"] == "not within 2 s; 0 waiting, 1 at work, 0 put off"
    assert findings["archived web"]["remedy"].endswith(".switchyard/local.log")


def test_an_event_that_is_filtered(tmp_path, run_stack, switchyard):
    """An event that no subscription takes came to its end, but proves no delivery: a warning with how to see why."""
    subscriptions = "subscriptions: [{name: Pages, partnerAction: trackEvent, subscribe: type = 'page'}]"
    config = changed_config(tmp_path / "config", "subscriptions: presets", f"{subscriptions} #")
    with run_stack(tmp_path, "--config", str(config)):
        result = switchyard(tmp_path, "doctor", "--json", "--config", str(config))
    findings = {each["check"]: each for each in map(json.loads, result.stdout.splitlines())}
    delivered = findings["delivered web → mixpanel-eu"]
    assert (result.returncode, delivered["status"]) == (0, "warning")
    assert "switchyard preview --destination mixpanel-eu --explain" in delivered["remedy"]


def test_a_key_that_is_not_deployed(doctor, tmp_path):
    """A source whose key the deployment does not know is told to deploy; nothing is followed."""
    code, findings = doctor(config=changed_config(tmp_path / "other", "demo-write-key", "0123456789abcdef0123"))
    accepted = findings["accepted web"]
    assert (code, accepted["status"]) == (1, "failed")
    assert "answered 400" in accepted["seen"]
    assert "deploy this configuration" in accepted["remedy"]
    assert "archived web" not in findings


def test_a_configuration_with_a_mistake(doctor, tmp_path):
    """A mistake is named with its line; what needs no configuration is checked all the same."""
    code, findings = doctor(config=changed_config(tmp_path / "other", "apiRegion: EU", "apiRegion: MARS"))
    assert (code, findings["configuration"]["status"]) == (1, "failed")
    assert re.search(r"switchyard\.yaml:\d+: .*apiRegion", findings["configuration"]["seen"])
    assert findings["queue archive"]["status"] == "ok"
    assert "accepted web" not in findings


def test_a_stack_in_another_part_of_the_world(doctor, tmp_path):
    """Data that belongs in India rests in the EU: a warning, with the environment to deploy; the exit code stays 0."""
    code, findings = doctor(config=changed_config(tmp_path / "other", "apiRegion: EU", "apiRegion: IN"))
    region = findings["region mixpanel-eu"]
    assert (code, region["status"]) == (0, "warning")
    assert "events rest in eu-central-1" in region["seen"]
    assert "make deploy ENV=prod-in" in region["remedy"]


def test_dead_letters_are_pointed_out(stack, doctor):
    """What lies in a dead-letter queue is a warning that names the command to look at it."""
    send(stack, json.loads((ROOT / "events" / "refused-by-mixpanel.json").read_bytes()))
    stack.wait_until_idle()
    code, findings = doctor()
    assert (code, findings["dead letters mixpanel"]["status"]) == (0, "warning")
    assert "switchyard dlq list" in findings["dead letters mixpanel"]["remedy"]


def test_without_a_stack(switchyard, tmp_path):
    """Where no stack runs, that is the finding, with the way out; the exit code is 1."""
    result = switchyard(tmp_path, "doctor", "--json", "--config", str(CONFIG))
    findings = {each["check"]: each for each in map(json.loads, result.stdout.splitlines())}
    assert result.returncode == 1
    assert findings["deployment"]["status"] == "failed"
    assert "make run" in findings["deployment"]["seen"]
    assert findings["deployment"]["remedy"].startswith("Start it, or run this where it was started;")
