"""``switchyard where``: for every event one can say where it is, from the logs alone."""

import json

import pytest
import requests

from switchyard_cli.sandbox.faults import Faults


@pytest.fixture
def where(stack, switchyard):
    """The command, in the stack's folder: messageId → exit code, and its stations as (function, what, at, why)."""

    def ask(message_id):
        result = switchyard(stack.folder, "where", message_id, "--json")
        found = [json.loads(line) for line in result.stdout.splitlines()]
        assert [each["time"] for each in found] == sorted(each["time"] for each in found)
        return result.returncode, [tuple(each.values())[1:] for each in found]

    return ask


def send(stack, *events):
    """Send events in a batch, each with the defaults of a track call."""
    batch = [{"type": "track", "userId": "u-1", "event": "Sent"} | each for each in events]
    answer = requests.post(f"{stack.url}/v1/batch", json={"batch": batch}, auth=("demo-write-key", ""), timeout=5)
    assert answer.status_code == 200


ARRIVED = [("collect", "collected", "web", ""), ("archive", "archived", None, "")]


def test_every_end_is_told(stack, where, switchyard):
    """Promise 2, for one who asks: delivered, filtered, or a dead letter with its reason, each of one request."""
    send(
        stack,
        {"messageId": "good"},
        {"messageId": "no-thanks", "integrations": {"All": False}},
        {"messageId": "nobody", "userId": "undefined"},
        {"messageId": "unheard-of", "event": None},
        {"messageId": 'odd "id" ü'},
    )
    stack.wait_until_idle()
    assert where("good") == (0, [*ARRIVED, ("forward", "delivered", "mixpanel-eu", "")])
    assert where("no-thanks") == (0, [*ARRIVED, ("forward", "filtered", "mixpanel-eu", "")])
    assert where('odd "id" ü') == (0, [*ARRIVED, ("forward", "delivered", "mixpanel-eu", "")])
    code, (*arrived, (function, what, at, why)) = where("nobody")
    assert (code, arrived, function, what, at) == (0, ARRIVED, "forward", "dead letter", "mixpanel-eu")
    assert "distinct_id" in why
    assert where("unheard-of") == (0, [("collect", "dead letter", "web", "event_not_defined")])
    told = switchyard(stack.folder, "where", "nobody").stdout
    assert "The way of nobody" in told
    assert "switchyard dlq show nobody" in told


def test_an_event_that_waits_is_found(stack, sandbox, where):
    """While the destination throttles, the event was put off, and the way so far is there."""
    sandbox[0].faults = Faults(seed=1, rates={"throttle": 1.0})
    send(stack, {"messageId": "patient"})
    stack.wait(lambda: any(what.startswith("put off") for _, what, *_ in where("patient")[1]))
    sandbox[0].faults = Faults(seed=1, rates={})
    stack.wait_until_idle()
    assert where("patient")[1][-1] == ("forward", "delivered", "mixpanel-eu", "")


def test_one_that_never_came_is_not_found(stack, where, switchyard):
    """It says so, and a script sees it by the exit code."""
    assert where("never-sent") == (1, [])
    assert "names never-sent" in switchyard(stack.folder, "where", "never-sent").stdout
