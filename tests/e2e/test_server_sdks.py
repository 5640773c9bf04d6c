"""Published SDKs for servers, unmodified, against the local stack: set up as docs/sdks.md says, every call once."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.e2e.conftest import ROOT, WRITE_KEY
from tests.e2e.sdk_table import PAGE, rows

from switchyard_cli.sandbox import Faults

COUNT = 1000
CLIENTS = Path(__file__).parent / "clients"
CALLS = json.loads((CLIENTS / "calls.json").read_text())
ROWS = rows()
BAD_DAYS = {"throttle": 0.1, "server_error": 0.1, "html_error": 0.05, "drop_before": 0.05, "drop_after": 0.1}


def python(environment):
    """Return how to send with a Python SDK, given the folder of its environment."""
    return [str(environment / "bin" / "python"), "send.py"], environment / "bin" / ".ready"


def node(package):
    """Return how to send with a Node SDK."""
    return ["node", "send.mjs", package], CLIENTS / "node_modules" / package / "package.json"


SEGMENT_PYTHON = ([sys.executable, "send.py"], Path(sys.executable))
SDKS = {
    "Python, segment-analytics-python 2.4.0": SEGMENT_PYTHON,
    "Python, gzipped 2.4.0": SEGMENT_PYTHON,
    "Python, analytics-python 1.4.post1": python(ROOT / ".venv-clients" / "analytics-python"),
    "Node, @segment/analytics-node 3.1.0": node("@segment/analytics-node"),
    "Node, @segment/analytics-node before 3 2.2.1": node("@segment/analytics-node-2"),
    "Node, analytics-node 6.2.0": node("analytics-node"),
    "RudderStack's Python, rudder-sdk-python 2.1.9": python(ROOT / ".venv-clients" / "rudder-sdk-python"),
    "RudderStack's Node, @rudderstack/rudder-sdk-node 3.0.13": node("@rudderstack/rudder-sdk-node"),
}
CURRENT = ["Python, gzipped 2.4.0", "Node, @segment/analytics-node 3.1.0"]


def send(sdk, url, count=COUNT):
    """Send through an SDK that is set up as the documentation says, and wait until it has ended."""
    command, needed = SDKS[sdk]
    if not needed.exists():
        pytest.skip(f"{sdk} is not installed: `make clients` installs it where pip and npm are at hand")
    line = ROWS[sdk].line_for(url, WRITE_KEY)
    done = subprocess.run(
        [*command, line, str(count)], cwd=CLIENTS, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def assert_everything_arrived(stack, mixpanel, count=COUNT):
    """Every call once in the archive, with its fields, and once in Mixpanel; no dead letter."""
    stack.wait_until_idle()
    archived = stack.archived()
    assert len({each["messageId"] for each in archived}) == len(archived) == count + len(CALLS)
    for call in CALLS:
        assert [each for each in archived if is_archived_form(each, call)], call
    events = mixpanel.events()
    tracks = Counter(each["properties"]["i"] for each in events if each["event"] == "Counted")
    assert tracks == Counter(range(count))
    (reviewed,) = [each["properties"] for each in events if each["event"] == "Basket Reviewed"]
    expected = next(each["properties"] for each in CALLS if each.get("event") == "Basket Reviewed")
    assert reviewed.items() >= {**expected, "distinct_id": "sdk-user", "ip": "203.0.113.9"}.items()
    (seen,) = [each["properties"] for each in events if each["event"] == "Basket Seen"]
    assert seen["distinct_id"] == "sdk-visitor"
    assert mixpanel.profiles()["sdk-user"].items() >= {"$email": "ada@example.com", "plan": "Pro", "seats": 3}.items()
    assert mixpanel.groups()["$group_id"]["sdk-org"].items() >= {"$name": "Example Ltd", "employees": 42}.items()
    assert not any(stack.queue_depths().values())


def is_archived_form(event, call):
    """Whether an archived event is that call, with exactly the fields that it was given."""
    # The timestamp is corrected; SDKs add their library to the context, and a page's name to its properties.
    special = ("timestamp", "context", "properties")
    again = {name: call[name] for name in ("name", "category") if name in event.get("properties", {}) and name in call}
    return (
        event.items() >= {name: value for name, value in call.items() if name not in special}.items()
        and event["context"].items() >= call.get("context", {}).items()
        and event.get("properties") == ({**call["properties"], **again} if "properties" in call else None)
        and event["originalTimestamp"][:19] == call.get("timestamp", event["originalTimestamp"])[:19]
    )


@pytest.mark.parametrize("sdk", SDKS)
def test_every_call_arrives_once_also_when_the_first_try_was_answered_503(stack, sandbox, relay, sdk):
    """The SDK sends as the documentation's table says, tries again after a 503 of ours, and nothing comes twice."""
    with stack.without_storage() as store_again:
        relay.after = lambda exchange: store_again() if exchange.status == 503 else None
        send(sdk, relay.url)
    assert relay.count("POST", 503) > 0
    row = ROWS[sdk]
    for sent in relay.exchanges:
        assert sent.path == row.route
        assert ", ".join(sent.key_places) == row.key
        assert sent.headers["content-type"] + ", gzip" * sent.is_gzip == row.content_type
    assert_everything_arrived(stack, sandbox[0])
    assert {each["context"]["library"]["version"] for each in stack.archived()} == {row.version}


def test_the_short_script_of_the_documentation_sends_its_event(stack, sandbox):
    """As it stands there, with an address and a write key in it; it ends when the event was taken."""
    [script] = re.findall(r"^```python\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    script = script.replace("HOST", stack.url).replace("KEY", WRITE_KEY)
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    stack.wait_until_idle()
    assert [each["event"] for each in stack.archived()] == ["Signed Up"]
    assert [each["event"] for each in sandbox[0].events()] == ["Signed Up"]


@pytest.mark.parametrize("sdk", CURRENT)
def test_every_call_arrives_once_on_a_bad_day_of_mixpanel(stack, sandbox, sdk):
    """With a Mixpanel that throttles, fails, answers HTML and drops connections, still everything arrives, once."""
    faults = Faults(seed=2938, rates=BAD_DAYS)  # a day that begins with one fault of each kind
    sandbox[0].faults = faults
    send(sdk, stack.url)
    assert_everything_arrived(stack, sandbox[0])
    assert faults.injected.keys() >= {"throttle", "drop_before"}
