"""Inputs that schemathesis makes of docs/openapi.yaml, good and bad ones, over HTTP to the local stack.

`make test` runs a few hundred; `make fuzz` runs ten thousand and prints what they were answered.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import requests
from tests.e2e.conftest import ROOT, WRITE_KEY

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
EXAMPLES = os.environ.get("OPENAPI_EXAMPLES", "10")  # for each of the calls, twenty-six of them
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)


def test_whatever_is_sent_is_answered_as_documented_and_the_next_event_arrives(stack, tmp_path):
    """No 5xx, no answer that the OpenAPI file does not know, none that keeps waiting; a good event then arrives."""
    report = tmp_path / "report.ndjson"
    options = {
        "--url": f"{stack.url}/v1",
        "--auth": f"{WRITE_KEY}:",
        "--checks": ",".join(CHECKS),
        "--phases": "fuzzing",
        "--max-examples": EXAMPLES,
        "--seed": "1",
        "--request-timeout": "20",
        "--generation-database": "none",
        "--report-ndjson-path": str(report),
    }
    words = [word for option in options.items() for word in option]
    command = [str(SCHEMATHESIS), "run", str(ROOT / "docs" / "openapi.yaml"), "--no-color", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    answers = Counter(re.findall(r'"status_code":(\d+)', report.read_text()))
    sys.stdout.write(f"{done.stdout}\nanswers: {dict(answers)}\n")
    assert done.returncode == 0
    good = {"userId": "u", "event": "After the storm"}
    assert requests.post(f"{stack.url}/v1/track", json=good, auth=(WRITE_KEY, ""), timeout=20).status_code == 200
    stack.wait_until_idle()
    assert [each for each in stack.archived() if each.get("event") == "After the storm"]
