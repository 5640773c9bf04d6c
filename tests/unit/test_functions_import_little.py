"""What a function need not import, it does not import: every module costs milliseconds of each cold start."""

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
    """A function, loaded as Lambda loads it, brings in neither the build's libraries nor another function's code."""
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
