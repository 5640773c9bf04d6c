"""The functions, loaded as Lambda loads them: what they import, and what a run leaves in their memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from switchyard_cli.config.compiler import compile_config, to_json

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "POWERTOOLS_SERVICE_NAME": "switchyard-test",
    "POWERTOOLS_METRICS_NAMESPACE": "Switchyard",
    "QUEUE_URL_ARCHIVE": "https://sqs.example/archive",
    "QUEUE_URL_MIXPANEL": "https://sqs.example/mixpanel",
    "QUEUE_URL": "https://sqs.example/mixpanel",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.example/dead",
    "ARCHIVE_BUCKET": "archive",
    "ARCHIVE_QUEUE": "https://sqs.example/archive",
    "DESTINATION_TYPE": "mixpanel",
    "SECRETS_PREFIX": "switchyard/",
    "RETRY_WINDOW_HOURS": "24",
    "RETRY_BASE_SECONDS": "1",
}
NEVER = {
    *("boto3", "s3transfer", "multiprocessing", "aws_xray_sdk", "moto"),
    *("pydantic", "yaml", "liquid", "babel", "typer", "rich", "switchyard_cli"),
}


@pytest.mark.parametrize(
    ("function", "unwanted"),
    [
        ("collect", {"requests", "switchyard.mapping", "switchyard.fql", "switchyard.forward", "switchyard.archive"}),
        ("archive", {"requests", "switchyard.mapping", "switchyard.fql", "switchyard.forward", "switchyard.collect"}),
        ("forward", {"switchyard.collect", "switchyard.archive"}),
    ],
)
def test_a_function_imports_only_what_it_runs(tmp_path, function, unwanted):
    """Every module costs milliseconds of each cold start: neither the build's libraries nor another function's code."""
    (tmp_path / "config.json").write_bytes(to_json(compile_config(ROOT / "layers" / "config")))
    program = "import sys, app; print('\\n'.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "functions" / function,
        env=ENVIRONMENT | {"SWITCHYARD_CONFIG": str(tmp_path / "config.json")},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = result.stdout.split()
    assert "switchyard" in loaded
    assert (NEVER | unwanted).intersection(loaded) == set()


UNREACHABLE = """
import app, gc
from dataclasses import replace
from switchyard.envelope import Envelope, Item, seal
from switchyard.forward.plan import Delivery

class Anywhere:
    def send(self, envelopes):
        assert not list(envelopes)
    def send_later(self, envelopes):
        self.sent = list(envelopes)

class Context:
    def get_remaining_time_in_millis(self):
        return 300_000

app.forwarder = replace(app.forwarder, queue=Anywhere(), dead_letters=Anywhere())
event = {"type": "track", "event": "E", "userId": "u", "messageId": "m", "timestamp": "2026-01-15T10:00:00.000Z"}
(body,) = seal(Envelope("web", "2026-01-15T10:00:00.000Z", "r", (Item.of(event),)))
record = {"messageId": "m", "body": body, "attributes": {"SentTimestamp": "1768471211000"}}
app.handler({"Records": [record]}, Context())
print(len(app.forwarder.queue.sent), sum(isinstance(each, Delivery) for each in gc.get_objects()))
"""


def test_a_run_that_failed_leaves_nothing_behind(tmp_path):
    """A refused connection leaves a cycle from which the whole run hangs; in an outage they would fill the memory."""
    shipped = (ROOT / "layers" / "config" / "switchyard.yaml").read_text()
    (tmp_path / "switchyard.yaml").write_text(shipped.replace("{secret: mixpanel-eu/project-token}", "a-token"))
    (tmp_path / "config.json").write_bytes(to_json(compile_config(tmp_path)))
    variables = {"SWITCHYARD_CONFIG": str(tmp_path / "config.json"), "MIXPANEL_URL": "http://127.0.0.1:9"}
    command = [sys.executable, "-c", UNREACHABLE]
    folder = ROOT / "functions" / "forward"
    run = subprocess.run(command, cwd=folder, env=ENVIRONMENT | variables, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "1 0"
