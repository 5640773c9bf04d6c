"""``switchyard local`` as a user meets it: what it prints, refuses and leaves behind."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
import requests
from tests.e2e.conftest import start, stop

ROOT = Path(__file__).parents[2]
SWITCHYARD = Path(sys.executable).with_name("switchyard")
PROJECT = ("--template", str(ROOT / "template.yaml"), "--config", str(ROOT / "layers" / "config"))


def run(*arguments, **options):
    """Run the command and return what it printed."""
    return subprocess.run(
        [str(SWITCHYARD), *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_a_mended_configuration_applies_at_once(tmp_path, run_stack, sandbox, switchyard):
    """What Mixpanel refuses goes there after the mapping is mended and the letter redriven, with no new start."""
    file = tmp_path / "config" / "switchyard.yaml"
    file.parent.mkdir()
    shipped = (ROOT / "layers" / "config" / "switchyard.yaml").read_text()
    file.write_text(shipped)
    event = {"userId": "undefined", "event": "Bought", "messageId": "refused"}
    mapping = "{distinct_id: nobody, user_id: null}"
    mended = f"[{{partnerAction: trackEvent, name: Track Calls, subscribe: 'type = \"track\"', mapping: {mapping}}}]"
    with run_stack(tmp_path, "--config", str(file.parent)) as stack:
        requests.post(f"{stack.url}/v1/track", json=event, auth=("demo-write-key", ""), timeout=5).raise_for_status()
        stack.wait(lambda: stack.queue_depths()["MixpanelDeadLetterQueue"] == 1)
        file.write_text(shipped.replace("presets", "preset"))
        assert "stays in force" in stack.process.stdout.readline()
        assert f"{file}:" in stack.process.stdout.readline()
        file.write_text(shipped.replace("subscriptions: presets", f"subscriptions: {mended}"))
        assert "applies to every event from now on" in stack.process.stdout.readline()
        assert switchyard(stack.folder, "dlq", "redrive", "--yes").returncode == 0
        stack.wait(sandbox[0].events)
        assert stack.queue_depths()["MixpanelDeadLetterQueue"] == 0
    (delivered,) = sandbox[0].events()
    assert (delivered["event"], delivered["properties"]["distinct_id"]) == ("Bought", "nobody")


def test_a_taken_port_is_a_one_line_error(tmp_path):
    """A port that is in use is named in one line, with the way out; the exit code tells."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("local", "--port", str(port), "--log", str(tmp_path / "log"))
    assert result.returncode == 2
    told = f"port {port} cannot be used (Address already in use); choose another with --port, as in make run PORT=3001"
    assert result.stderr.splitlines() == [f"switchyard: {told}"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["local", "--port", "99999"], "less than or equal to 65535"),
        (["local", "--prot", "3000"], "No such option: --prot"),
        (["local", "--config", "nowhere"], "nowhere: there is no such folder: run this in Switchyard's folder"),
        (["local", "--samples", "nowhere"], "nowhere: there are no sample payloads (*.json) here"),
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


def test_a_request_to_nowhere_is_answered_for_everybody(stack):
    """What is no call is answered as JSON with CORS headers, by collect or by the template's own gateway responses."""
    for method, path, status in (("GET", "/v1/track", 405), ("POST", "/v1/no/such", 404), ("DELETE", "/", 404)):
        reply = requests.request(method, stack.url + path, timeout=5)
        assert reply.status_code == status
        assert reply.json()["code"] in ("not_found", "method_not_allowed")
        assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_is_answered(stack):
    """A browser's OPTIONS is answered with the headers that it asks for."""
    reply = requests.options(stack.url + "/v1/t", timeout=5)
    assert reply.status_code == 200
    assert "authorization" in reply.headers["Access-Control-Allow-Headers"]


def test_settings_lead_back_to_the_stack(stack):
    """What an SDK is told to post to is the address that it asked, port and protocol included."""
    reply = requests.get(stack.url + "/v1/projects/demo-write-key/settings", timeout=5)
    segment = reply.json()["integrations"]["Segment.io"]
    assert f"{segment['protocol']}://{segment['apiHost']}" == stack.url + "/v1"
    event = {"userId": "u", "event": "Led Back", "writeKey": segment["apiKey"]}
    there = f"{segment['protocol']}://{segment['apiHost']}/t"
    assert requests.post(there, data=orjson.dumps(event), timeout=5).json() == {"success": True}


def test_any_character_of_a_path_reaches_the_function(stack):
    """A line break in a path is no reason for the gateway to answer by itself."""
    reply = requests.get(f"{stack.url}/v1/projects/no%0Akey/settings", timeout=5)
    assert (reply.status_code, reply.json()["code"]) == (404, "unknown_source")


def test_a_pixel_is_an_image(stack):
    """Its bytes arrive as bytes, and its event in the archive."""
    query = {"writeKey": "demo-write-key", "userId": "u", "event": "Email Opened"}
    reply = requests.get(stack.url + "/v1/pixel/track", params=query, timeout=5)
    assert (reply.status_code, reply.headers["Content-Type"], reply.content[:6]) == (200, "image/gif", b"GIF89a")
    stack.wait(lambda: [event["event"] for event in stack.archived()] == ["Email Opened"])


@pytest.mark.parametrize("path", ["/v1/import/", "//v1/batch", "/b", "/v1/batch?a=b"])
def test_every_form_of_a_path_arrives(stack, path):
    """A slash at the end, two at the beginning, without the version: nothing in between loses them."""
    body = {"batch": [{"type": "track", "event": "e", "userId": "u"}], "writeKey": "demo-write-key"}
    with requests.Session() as session:
        request = session.prepare_request(requests.Request("POST", stack.url, json=body))
        request.url = stack.url + path  # as it stands: requests would take one of two slashes away
        assert session.send(request, timeout=5).json() == {"success": True}


def test_every_request_is_shown_on_demand(tmp_path, sandbox):
    """``--tail``: a line for each, with source, library, calls and end, as plain text where nobody is at a terminal."""
    running = start(tmp_path, "--tail", "--mixpanel-url", sandbox[1])
    library = {"name": "my-sdk", "version": "1.0"}
    batch = [{"type": "track", "userId": "u", "event": "e", "context": {"library": library}}, {"type": "track"}]
    requests.post(running.url + "/v1/batch", json={"batch": batch}, auth=("demo-write-key", ""), timeout=5)
    requests.post(running.url + "/v1/track", json={}, auth=("another-key", ""), timeout=5)
    requests.options(running.url + "/v1/t", timeout=5)
    assert stop(running) == 0
    assert running.process.stdout is not None
    lines = [re.split(r"\s{2,}", line.strip()) for line in running.process.stdout]
    assert [line[1:] for line in lines] == [
        ["200", "web", "my-sdk 1.0", "track x2", "1 accepted, 1 refused: no_user_anon_id"],
        ["400", "-", "-", "POST /v1/track", "refused: unknown_source (No source has this write key.)"],
        ["200", "-", "-", "OPTIONS /v1/t", "a browser asked first"],
    ]


def test_one_request_can_be_followed_by_its_id(stack, sandbox):
    """A correlation id runs from request to delivery, and a messageId finds the lines that tell of it."""
    event = {"userId": "u", "event": "Followed", "messageId": "follow-me-1"}
    requests.post(stack.url + "/v1/track", json=event, auth=("demo-write-key", ""), timeout=5)
    stack.wait_until_idle()
    stack.wait(lambda: stack.log.read_text().count("follow-me-1") >= 2)
    lines = [orjson.loads(line) for line in stack.log.read_text().splitlines() if "follow-me-1" in line]
    assert {line["message"] for line in lines} == {"request collected", "message forwarded"}
    assert len({line["request_id"] for line in lines}) == 1
