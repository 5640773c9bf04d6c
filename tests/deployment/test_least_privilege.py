"""Least privilege, proved: each permission of each role is taken away in turn, and a named step fails without it.

A role's policy is changed through IAM and put back, so nothing is deployed anew. What Lambda itself does with a role
(it polls the queue, it writes the log) the emulator does without asking anybody: here the tests make Lambda's calls,
with the role's own credentials.
"""

import hmac
import json
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from tests.deployment.cloud import PREFIX, Deployment, eventually
from tests.deployment.permissions import Grant, Permissions, is_denied

from switchyard.envelope import Envelope, Item, seal
from switchyard_cli.sandbox import Faults, Sandbox


class Bench:
    """The steps that need a permission; each returns what came of it."""

    def __init__(self, deployment: Deployment, sandbox: Sandbox, permissions: Permissions) -> None:
        self._deployment = deployment
        self._sandbox = sandbox
        self._permissions = permissions

    def answer_to_an_event(self) -> int:
        """POST /v1/track: the status."""
        return self._deployment.post("/v1/track", _event()).status_code

    def answer_to_a_bad_event(self) -> int:
        """POST /v1/track without an event's name, which collect keeps as a dead letter: the status."""
        return self._deployment.post("/v1/track", {"userId": "u-1", "messageId": str(uuid4())}).status_code

    def answer_to_a_webhook(self, source: str) -> int:
        """A signed request of Segment's to a source whose secret is not known yet: the status."""
        self._start_cold("CollectFunctionName")
        body = json.dumps(_event()).encode()
        signature = hmac.new(b"webhooks/shared", body, "sha1").hexdigest()
        path = f"/v1/webhooks/segment/{source}"
        return self._deployment.post(path, body, **{"X-Signature": signature}).status_code

    def unarchived(self) -> int:
        """A message for the archive function: how many must come again."""
        return self._failures("ArchiveFunctionName", _event())

    def unsettled_refusal(self) -> int:
        """A message that Mixpanel refuses, so that it becomes a dead letter: how many must come again."""
        return self._failures("ForwardMixpanelFunctionName", _event() | {"userId": "undefined"})

    def unsettled_retry(self) -> int:
        """A message while Mixpanel is down, so that it goes back to the queue: how many must come again as they are."""
        self._sandbox.faults = Faults(rates={"server_error": 1.0})
        try:
            return self._failures("ForwardMixpanelFunctionName", _event())
        finally:
            self._sandbox.faults = Faults()

    def delivered_after_a_cold_start(self, source: str) -> bool:
        """A message for the source's destination, whose secret is not known yet: whether Mixpanel has the event."""
        self._start_cold("ForwardMixpanelFunctionName")
        event = _event()
        self._failures("ForwardMixpanelFunctionName", event, source)
        return any(each["properties"].get("$insert_id") == event["messageId"] for each in self._sandbox.events())

    def poll(self, role: str, action: str, queue: str) -> bool:
        """What Lambda's poller does: whether it is denied."""
        sqs, url = self._permissions.client(role, "sqs"), self._deployment.resources()[queue]
        calls: dict[str, Callable[[], Any]] = {
            "sqs:ReceiveMessage": partial(sqs.receive_message, QueueUrl=url, VisibilityTimeout=0),
            "sqs:DeleteMessage": partial(sqs.delete_message, QueueUrl=url, ReceiptHandle="none"),
            "sqs:GetQueueAttributes": partial(sqs.get_queue_attributes, QueueUrl=url),
        }
        return is_denied(calls[action])

    def log(self, role: str, action: str, group: str) -> bool:
        """What Lambda does with the lines that a function prints: whether it is denied."""
        logs, name = self._permissions.client(role, "logs"), self._deployment.resources()[group]
        stream = {"logGroupName": name, "logStreamName": f"{action.removeprefix('logs:')}-{uuid4()}"}
        calls: dict[str, Callable[[], Any]] = {
            "logs:CreateLogStream": partial(logs.create_log_stream, **stream),
            "logs:PutLogEvents": partial(logs.put_log_events, **stream, logEvents=[{"timestamp": 0, "message": "-"}]),
        }
        return is_denied(calls[action])

    def _failures(self, function: str, event: dict[str, Any], source: str = "web") -> int:
        (body,) = seal(Envelope(source, "2026-01-15T10:00:00.000Z", str(uuid4()), (Item.of(event),)))
        record = {"messageId": "message", "body": body, "attributes": {"SentTimestamp": "1768471200000"}}
        return len(self._deployment.invoke(function, {"Records": [record]})["batchItemFailures"])

    def _start_cold(self, function: str) -> None:
        # A worker that is stopped while the emulator's poller has it would take the poller's messages with it.
        eventually(lambda: not any(self._deployment.depths("MixpanelQueueUrl").values()))
        client, name = self._deployment.cloud.client("lambda"), self._deployment.outputs[function]
        client.update_function_configuration(
            FunctionName=name, Timeout=client.get_function_configuration(FunctionName=name)["Timeout"]
        )
        client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


def _event() -> dict[str, Any]:
    """Return an event as collect makes it."""
    return {
        "type": "track",
        "messageId": str(uuid4()),
        "userId": "u-1",
        "event": "Permitted",
        "timestamp": "2026-01-15T10:00:00.000Z",
        "receivedAt": "2026-01-15T10:00:00.000Z",
        "context": {},
        "properties": {},
    }


READ = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
WRITE_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
FORWARD = "ForwardMixpanelRole"

STEPS: dict[Grant, tuple[Callable[[Bench], Any], Any, Any]] = {
    Grant("CollectRole", "sqs:SendMessage", "ArchiveQueue"): (Bench.answer_to_an_event, 200, 503),
    Grant("CollectRole", "sqs:SendMessage", "MixpanelQueue"): (Bench.answer_to_an_event, 200, 503),
    Grant("CollectRole", "sqs:SendMessage", "CollectDeadLetterQueue"): (Bench.answer_to_a_bad_event, 200, 503),
    Grant("CollectRole", "secretsmanager:GetSecretValue", "secret"): (
        partial(Bench.answer_to_a_webhook, source="secret-webhook"),
        200,
        503,
    ),
    Grant("CollectRole", "ssm:GetParameter", "parameter"): (
        partial(Bench.answer_to_a_webhook, source="ssm-webhook"),
        200,
        503,
    ),
    Grant("ArchiveRole", "s3:PutObject", "ArchiveBucket"): (Bench.unarchived, 0, 1),
    Grant(FORWARD, "sqs:SendMessage", "MixpanelQueue"): (Bench.unsettled_retry, 0, 1),
    Grant(FORWARD, "sqs:SendMessage", "MixpanelDeadLetterQueue"): (Bench.unsettled_refusal, 0, 1),
    Grant(FORWARD, "secretsmanager:GetSecretValue", "secret"): (
        partial(Bench.delivered_after_a_cold_start, source="web"),
        True,
        False,
    ),
    Grant(FORWARD, "ssm:GetParameter", "parameter"): (
        partial(Bench.delivered_after_a_cold_start, source="added"),
        True,
        False,
    ),
    **{
        Grant(role, action, queue): (partial(Bench.poll, role=role, action=action, queue=queue), False, True)
        for role, queue in (("ArchiveRole", "ArchiveQueue"), (FORWARD, "MixpanelQueue"))
        for action in READ
    },
    **{
        Grant(role, action, group): (partial(Bench.log, role=role, action=action, group=group), False, True)
        for role, group in (
            ("CollectRole", "CollectLogGroup"),
            ("ArchiveRole", "ArchiveLogGroup"),
            (FORWARD, "ForwardMixpanelLogGroup"),
        )
        for action in WRITE_LOGS
    },
}
"""Each permission: the step that needs it, what comes of the step with it, and without it."""


@pytest.fixture(scope="module")
def permissions(updated: Any, deployment: Deployment) -> Permissions:
    """Give the permissions of a deployment that has a secret of each kind."""
    return Permissions(deployment)


def test_every_permission_has_a_step_that_needs_it(permissions):
    """What the deployed roles allow is exactly what the steps below need: nothing more, and nothing unproved."""
    assert permissions.granted() == STEPS.keys()


@pytest.mark.parametrize("grant", STEPS, ids=" ".join)
def test_without_it_a_step_fails(deployment, sandbox, permissions, grant):
    """A step works with a permission, and fails without it."""
    step, with_it, without_it = STEPS[grant]
    bench = Bench(deployment, sandbox, permissions)
    assert step(bench) == with_it
    with permissions.without(grant):
        assert step(bench) == without_it


def test_collect_reads_no_destinations_secret(deployment, permissions):
    """The front door knows what Segment signs with, and not where events go."""
    read = permissions.client("CollectRole", "secretsmanager").get_secret_value
    assert not is_denied(partial(read, SecretId=f"{PREFIX}webhooks/shared"))
    assert is_denied(partial(read, SecretId=f"{PREFIX}mixpanel-eu/project-token"))
