"""``switchyard local`` as a user meets it: what it prints, refuses and leaves behind."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
import requests

ROOT = Path(__file__).parents[2]
SWITCHYARD = Path(sys.executable).with_name("switchyard")
PROJECT = ("--template", str(ROOT / "template.yaml"), "--config", str(ROOT / "layers" / "config"))


def run(*arguments, **options):
    """Run the command and return what it printed."""
    return subprocess.run(
        [str(SWITCHYARD), *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_a_taken_port_is_a_one_line_error(tmp_path):
    """A port that is in use is named in one line, with the way out; the exit code tells."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("local", "--port", str(port), "--log", str(tmp_path / "log"))
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        f"switchyard: port {port} cannot be used (Address already in use); choose another with --port"
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["local", "--port", "99999"], "less than or equal to 65535"),
        (["local", "--prot", "3000"], "No such option: --prot"),
        (["local", "--config", "nowhere"], "nowhere:1: there is no configuration here"),
        (["local", "--template", "nowhere.yaml"], "nowhere.yaml: No such file or directory"),
    ],
)
def test_a_bad_option_is_a_clear_error(tmp_path, arguments, complaint):
    """A bad option is refused in one line that says what is wrong about it."""
    result = run(*arguments, "--log", str(tmp_path / "log"))
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert complaint in result.stderr


def test_the_samples_are_shown_and_the_stack_ends_at_once(tmp_path):
    """``make run``'s command: tables of what was sent, where it went and what Mixpanel holds; then Ctrl-C ends it."""
    process = subprocess.Popen(
        [str(SWITCHYARD), "local", "--port", "0", *PROJECT, "--samples", str(ROOT / "events")],
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        env={"COLUMNS": "200", "PATH": ""},
    )
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if "Ctrl-C" in line:
            break
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=5) == 0
    for table in ("Sent", "The way of the events", "Mixpanel: events", "user profiles", "groups", "Dead letters"):
        assert table in printed
    for part in ("Signed Up", "Viewed Pricing", "Order Completed", "$email=ada@example.com", "Example Ltd"):
        assert part in printed
    assert "event_not_defined" in printed
    assert "distinct_id" in printed


def test_a_request_to_nowhere_is_answered_as_by_the_gateway(stack):
    """What no route takes is answered as JSON with CORS headers, by the template's own gateway responses."""
    for method, path in (("GET", "/v1/track"), ("POST", "/v1/no/such"), ("DELETE", "/")):
        reply = requests.request(method, stack.url + path, timeout=5)
        assert reply.status_code == 404
        assert reply.json()["code"] == "not_found"
        assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_is_answered(stack):
    """A browser's OPTIONS is answered with the headers that it asks for."""
    reply = requests.options(stack.url + "/v1/track", timeout=5)
    assert reply.status_code == 200
    assert "authorization" in reply.headers["Access-Control-Allow-Headers"]


def test_one_request_can_be_followed_by_its_id(stack, sandbox):
    """A correlation id runs from request to delivery, and a messageId finds the lines that tell of it."""
    event = {"userId": "u", "event": "Followed", "messageId": "follow-me-1"}
    requests.post(stack.url + "/v1/track", json=event, auth=("demo-write-key", ""), timeout=5)
    stack.wait_until_idle()
    stack.wait(lambda: stack.log.read_text().count("follow-me-1") >= 2)
    lines = [orjson.loads(line) for line in stack.log.read_text().splitlines() if "follow-me-1" in line]
    assert {line["message"] for line in lines} == {"request collected", "message forwarded"}
    assert len({line["request_id"] for line in lines}) == 1
