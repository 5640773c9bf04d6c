"""The genuine ``sam build`` and ``sam deploy`` of the template, and events on their way through what they deployed."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from tests.deployment.cloud import ACCOUNT, ADMINISTRATOR, DEPLOYED, REGION, eventually

SDK = """
import sys
from segment.analytics.client import Client
client = Client("demo-write-key", host=sys.argv[1], gzip=True, on_error=lambda error, _: sys.exit(str(error)))
for number in range(30):
    client.track("sdk-user", "Sent By An SDK", message_id=f"sdk-{number}", properties={"number": number})
client.shutdown()
"""


def delivered(sandbox, name):
    """Return the events of that name that Mixpanel has."""
    return [each for each in sandbox.events() if each["event"] == name]


def test_the_template_is_deployed_as_it_is(project, deployment, root):
    """Nothing but parameters differs from a deployment to AWS, and every resource that they ask for is there."""
    assert (project.folder / "template.yaml").read_bytes() == (root / "template.yaml").read_bytes()
    (stack,) = deployment.cloud.client("cloudformation").describe_stacks(StackName=deployment.stack)["Stacks"]
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert {each["Key"]: each["Value"] for each in stack["Tags"]} == {"project": "switchyard", "stage": "dev"}
    written: Any = yaml.compose((root / "template.yaml").read_text())
    (resources,) = (value for key, value in written.value if key.value == "Resources")
    unconditional = {
        key.value for key, value in resources.value if not any(each.value == "Condition" for each, _ in value.value)
    }
    # A layer's version is named for its content.
    there = {name[:-10] if "Layer" in name else name for name in deployment.resources()}
    assert unconditional <= there


def test_the_doctor_finds_it_well(project, deployment, sandbox):
    """``switchyard doctor --stack`` sees all parts of the deployment, and its own event archived and delivered."""
    command = ["doctor", "--stack", deployment.stack, "--url", deployment.url, "--json", "--patience", "60"]
    examined = subprocess.run(
        [Path(sys.executable).with_name("switchyard"), *command, "--config", project.config.parent],
        env={"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": deployment.cloud.url, **ADMINISTRATOR},
        capture_output=True,
        text=True,
        check=False,
    )
    findings = {each["check"]: each for each in map(json.loads, examined.stdout.splitlines())}
    wanting = [each for each in findings.values() if each["status"] != "ok" and each["check"] != "configuration"]
    assert (examined.returncode, examined.stderr, wanting) == (0, "", [])
    for check in (
        "function mixpanel",
        "secret mixpanel-eu/project-token",
        "archived web",
        "delivered web → mixpanel-eu",
    ):
        assert check in findings
    assert delivered(sandbox, "Switchyard Doctor")


@pytest.mark.parametrize("path", ["/v1/track", "/v1/v1/track"], ids=["stage", "own domain"])
def test_an_event_is_archived_and_delivered(deployment, sandbox, path):
    """A call through the API ends in the archive's bucket and in Mixpanel; a domain of one's own adds no stage."""
    name, message_id = f"Deployed {path}", f"deployed-{path.count('/')}"
    answer = deployment.post(path, {"userId": "u-1", "event": name, "messageId": message_id})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert eventually(lambda: deployment.archived().get(message_id))["event"] == name
    (event,) = eventually(lambda: delivered(sandbox, name))
    assert (event["properties"]["$insert_id"], event["properties"]["distinct_id"]) == (message_id, "u-1")


def test_an_unmodified_sdk_sends_its_batches(deployment, sandbox):
    """Segment's Python SDK, given the API as its host, sends gzipped batches that arrive."""
    sent = subprocess.run([sys.executable, "-c", SDK, deployment.url], capture_output=True, text=True, check=False)
    assert sent.returncode == 0, sent.stderr
    expected = {f"sdk-{number}" for number in range(30)}
    eventually(lambda: expected <= deployment.archived().keys())
    eventually(lambda: {each["properties"]["$insert_id"] for each in delivered(sandbox, "Sent By An SDK")} == expected)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/octet-stream"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_every_form_of_body_is_taken(deployment, content_type, pack):
    """Browsers send text/plain, mobile SDKs gzip under any type: the API hands each on as it came."""
    message_id = f"form-{content_type}-{pack.__name__}".replace("/", "-")
    event = {"type": "track", "userId": "u-1", "event": "Form", "messageId": message_id, "writeKey": "demo-write-key"}
    body = pack(json.dumps({"batch": [event], "writeKey": "demo-write-key"}).encode())
    headers = {"Content-Type": content_type} | ({"Content-Encoding": "gzip"} if pack is gzip.compress else {})
    answer = requests.post(f"{deployment.url}/v1/batch", body, headers=headers, timeout=60)
    assert (answer.status_code, answer.text) == (200, '{"success":true}')
    eventually(lambda: message_id in deployment.archived())


def test_an_unknown_write_key_is_refused(deployment):
    """A write key that no source has is a 400 that says so."""
    answer = deployment.post("/v1/track", {"userId": "u-1", "event": "Unknown", "messageId": "unknown"}, key="nobody")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_source")
    assert "unknown" not in deployment.archived()


def test_what_no_route_takes_is_answered_by_the_gateway(deployment):
    """The template's gateway responses are deployed: JSON with CORS headers, so that a browser can read it."""
    answer = requests.get(f"{deployment.url}/v1/track/nothing/here", timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_is_answered(deployment):
    """A browser's question before its request reaches collect, which answers it."""
    answer = requests.options(f"{deployment.url}/v1/track", timeout=60)
    assert answer.status_code == 200
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_what_mixpanel_refuses_is_a_dead_letter(deployment, sandbox, root):
    """An event that Mixpanel refuses is in the dead-letter queue with Mixpanel's own words, and in the archive."""
    event = json.loads((root / "events/refused-by-mixpanel.json").read_text())
    assert deployment.post("/v1/track", event).status_code == 200
    (letter,) = eventually(lambda: deployment.dead_letters("MixpanelDeadLetterQueueUrl"))
    assert letter["failure"]["code"] == "invalid"
    assert letter["failure"]["reason"] == "'properties.distinct_id' is invalid: must not be a placeholder"
    assert letter["items"][0]["event"]["messageId"] == event["messageId"]
    eventually(lambda: event["messageId"] in deployment.archived())
    assert not delivered(sandbox, "Button Clicked")


def test_what_is_refused_at_ingest_is_a_dead_letter(deployment):
    """A bad event of a good request is in collect's dead-letter queue; the good one beside it is accepted."""
    good = {"type": "track", "userId": "u-1", "event": "Good", "messageId": "good"}
    bad = {"type": "track", "userId": "u-1", "messageId": "bad"}
    assert deployment.post("/v1/batch", {"batch": [good, bad]}).status_code == 200
    (letter,) = eventually(lambda: deployment.dead_letters("CollectDeadLetterQueueUrl"))
    assert letter["failure"]["code"] == "event_not_defined"
    assert [each["event"]["messageId"] for each in letter["items"]] == ["bad"]
    eventually(lambda: "good" in deployment.archived())


def test_every_function_logs_to_its_own_group(deployment):
    """Each function's lines are in the log group that the template makes for it, and no secret is among them."""
    logs, resources = deployment.cloud.client("logs"), deployment.resources()
    for name in ("Collect", "Archive", "ForwardMixpanel"):
        events = logs.filter_log_events(logGroupName=resources[f"{name}LogGroup"])["events"]
        text = "\n".join(each["message"] for each in events)
        assert '"service":"switchyard-deploy-test' in text
        assert "eu-token" not in text
        assert "demo-write-key" not in text


def test_only_its_own_api_may_call_collect(deployment):
    """The function's own policy lets this API call it, and nobody else."""
    client, api = deployment.cloud.client("lambda"), deployment.resources()["Api"]
    policy = json.loads(client.get_policy(FunctionName=deployment.outputs["CollectFunctionName"])["Policy"])
    assert len(policy["Statement"]) == 3
    for statement in policy["Statement"]:
        assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
        (source,) = statement["Condition"]["ArnLike"].values()
        assert source.startswith(f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/")


def test_a_changed_configuration_takes_effect(deployment, updated, sandbox):
    """A source and a destination are added: after the next deployment its key is known and its events arrive."""
    assert updated.answer_before.status_code == 400
    event = {"userId": "u-2", "event": "From A New Source", "messageId": "new-source"}
    assert deployment.post("/v1/track", event, key=updated.write_key).status_code == 200
    eventually(lambda: delivered(sandbox, "From A New Source"))
    (stored,) = sandbox.project("us-token").events
    assert stored["properties"]["$insert_id"] == "new-source"
    assert not [each for each in sandbox.project("eu-token").events if each["event"] == "From A New Source"]


def test_only_the_configuration_was_uploaded(updated):
    """A change of the configuration makes a new version of its own layer and leaves the core layer as it was."""
    kept = {name for name in updated.before if name.startswith("CoreLayer")}
    replaced = {name for name in updated.before if name.startswith("ConfigLayer")}
    assert kept <= updated.after
    assert not replaced & updated.after


def test_a_bad_configuration_does_not_deploy(project, updated):
    """``sam build`` ends with the configuration's own message (promise 8)."""
    good = project.config.read_text()
    project.config.write_text(good.replace("apiRegion: EU", "apiRegion: Mars"))
    try:
        with pytest.raises(AssertionError, match=r"switchyard\.yaml:\d+: .*apiRegion"):
            project.build()
    finally:
        project.config.write_text(good)
        project.build()


def test_the_deployed_kinds_are_what_the_project_copies(root):
    """The copy that is deployed has all that the template refers to."""
    text = (root / "template.yaml").read_text()
    folders = {line.split(":")[1].strip().split("/")[0] for line in text.splitlines() if "Uri: " in line}
    assert folders <= set(DEPLOYED)
