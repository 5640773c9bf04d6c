"""Unmodified Segment SDKs against the local stack, over a socket: 1,000 events each, every one of them once."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import segment.analytics as segment

from switchyard_cli.sandbox import Faults

COUNT = 1000
NODE_CLIENTS = Path(__file__).parent / "clients"
BAD_DAYS = {
    "throttle": 0.15,
    "server_error": 0.15,
    "html_error": 0.1,
    "drop_before": 0.1,
    "drop_after": 0.1,
}


def send_with_python(url, *, gzip):
    """Send a user, a group and tracks through segment-analytics-python."""
    failures = []
    client = segment.Client(
        "demo-write-key", host=url, gzip=gzip, upload_size=50, on_error=lambda error, _items: failures.append(error)
    )
    client.identify("python-user", {"email": "python@example.com", "plan": "Pro"})
    client.group("python-user", "python-org", {"name": "Python Org"})
    for number in range(COUNT - 2):
        client.track("python-user", "Python Event", {"i": number})
    client.shutdown()
    assert failures == []


def send_with_node(url):
    """Send the same through @segment/analytics-node."""
    if shutil.which("node") is None or not (NODE_CLIENTS / "node_modules" / "@segment").is_dir():
        pytest.skip("Node, or Segment's SDK for it, is not installed here")
    command = ["node", "send.mjs", url, "demo-write-key", str(COUNT)]
    subprocess.run(command, cwd=NODE_CLIENTS, check=True, timeout=120)


def assert_everything_arrived(stack, mixpanel, name):
    """Every track once in Mixpanel, the user and the group there, every call archived, and no dead letter."""
    stack.wait_until_idle()
    tracks = Counter(each["properties"]["i"] for each in mixpanel.events() if each["event"] == f"{name.title()} Event")
    assert tracks == Counter(range(COUNT - 2))
    assert mixpanel.profiles()[f"{name}-user"]["$email"] == f"{name}@example.com"
    assert mixpanel.groups()["$group_id"][f"{name}-org"]["$name"] == f"{name.title()} Org"
    archived = stack.archived()
    assert Counter(each["type"] for each in archived) == {"track": COUNT - 2, "identify": 1, "group": 1}
    assert len({each["messageId"] for each in archived}) == COUNT
    assert not any(stack.queue_depths().values())


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
def test_python_sdk(stack, sandbox, gzip):
    """segment-analytics-python, plain and gzipped."""
    send_with_python(stack.url, gzip=gzip)
    assert_everything_arrived(stack, sandbox[0], "python")


def test_node_sdk(stack, sandbox):
    """@segment/analytics-node."""
    send_with_node(stack.url)
    assert_everything_arrived(stack, sandbox[0], "node")


def test_python_sdk_on_a_bad_day_of_mixpanel(stack, sandbox):
    """With a Mixpanel that throttles, fails, answers HTML and drops connections, still everything arrives, once."""
    faults = Faults(seed=7, rates=BAD_DAYS)
    sandbox[0].faults = faults
    send_with_python(stack.url, gzip=True)
    assert_everything_arrived(stack, sandbox[0], "python")
    assert sum(faults.injected.values()) > 0


def test_node_sdk_on_a_bad_day_of_mixpanel(stack, sandbox):
    """The same for the Node SDK."""
    faults = Faults(seed=11, rates=BAD_DAYS)
    sandbox[0].faults = faults
    send_with_node(stack.url)
    assert_everything_arrived(stack, sandbox[0], "node")
    assert sum(faults.injected.values()) > 0
