"""`sam local` on the running local stack: all of it but the container, which needs Docker.

The environment is what SAM's own code makes of the template and the file; the events are the files of events/lambda.
"""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import ROOT, start, stop

from switchyard_cli.config.compiler import compile_config, to_json
from switchyard_cli.local.sam_environment import from_a_container

SAM_PYTHON = ROOT / ".venv-sam/bin/python"
SAM = ROOT / ".venv-sam/bin/sam"
EVENTS = sorted((ROOT / "events/lambda").glob("*.json"))
FUNCTIONS = {"collect": "CollectFunction", "archive": "ArchiveFunction", "forward": "ForwardMixpanelFunction"}

# What `sam local invoke` does until it needs the container: read the template and the file, and put them together.
ENVIRONMENT_BY_SAM = """
import json, sys
from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
stacks, _ = SamLocalStackProvider.get_stacks(sys.argv[1])
provider = SamFunctionProvider(stacks)
runner = LocalLambdaRunner(None, provider, ".", ".", env_vars_values=json.load(open(sys.argv[2])))
made = {each.name: runner._make_env_vars(each).resolve() for each in provider.get_all()}
print(json.dumps(made))
"""

SETTINGS_OF_SAM = """
import json, sys
from samcli.lib.config.samconfig import SamConfig
config = SamConfig(sys.argv[1])
print(json.dumps([dict(config.get_all(["local", each], "parameters", "default")) for each in ("invoke", "start-api")]))
"""

# Docker resolves the machine's name in a container; here the machine is this one.
AS_IN_A_CONTAINER = """
import json, socket, sys
resolve = socket.getaddrinfo
def getaddrinfo(host, *rest, **named):
    return resolve("127.0.0.1" if host == "host.docker.internal" else host, *rest, **named)
socket.getaddrinfo = getaddrinfo
import app
class Context:
    aws_request_id = "request"
    def get_remaining_time_in_millis(self):
        return 120_000
answer = app.handler(json.load(open(sys.argv[1])), Context())
sys.stderr.write("answer: " + json.dumps(answer))
"""


@pytest.fixture(scope="module")
def by_sam(sam_stack) -> dict[str, dict[str, str]]:
    """Give each function's environment as SAM makes it."""
    made: dict[str, dict[str, str]] = run_in_sam(ENVIRONMENT_BY_SAM, ROOT / "template.yaml", sam_stack)
    return made


def run_in_sam(program: str, *arguments: Path) -> Any:
    """Return what a program prints that uses SAM's own code."""
    return run_sam(SAM_PYTHON, "-c", program, *arguments)


def run_sam(*command: str | Path) -> Any:
    """Return the JSON that a command of SAM's environment prints."""
    if not SAM_PYTHON.exists():
        pytest.skip("there is no .venv-sam (make validate)")
    settings = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-central-1", "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def sam_stack(tmp_path_factory):
    """Start a local stack; give the file that it writes for SAM."""
    folder = tmp_path_factory.mktemp("sam")
    stack = start(folder, "--sam-env", str(folder / "made/sam-env.json"))
    yield folder / "made/sam-env.json"
    assert stop(stack) == 0


def test_the_file_has_every_variable_of_every_function(sam_stack, by_sam):
    """SAM takes every variable of the file, and the template names no other that the functions are given."""
    written = json.loads(sam_stack.read_text())
    assert written.keys() == by_sam.keys() == set(FUNCTIONS.values())
    for function, variables in written.items():
        assert variables.items() <= by_sam[function].items()
        rest = {name for name in by_sam[function].keys() - variables if not name.startswith("AWS_")}
        assert not rest, function


def test_addresses_are_those_that_a_container_sees(sam_stack):
    """A container's 127.0.0.1 is its own: what listens on this machine has the name that Docker gives it."""
    text = sam_stack.read_text()
    assert "127.0.0.1" not in text
    assert "localhost" not in text
    assert from_a_container("http://127.0.0.1:8080/x") == "http://host.docker.internal:8080/x"
    assert from_a_container("https://api-eu.mixpanel.com") == "https://api-eu.mixpanel.com"


@pytest.mark.parametrize("file", EVENTS, ids=lambda file: file.stem)
def test_every_event_is_answered(by_sam, tmp_path, file):
    """Each function, with SAM's environment, answers each of its events, and S3, SQS and Mixpanel take part."""
    kind = file.stem.split("-")[0]
    answer = invoke(kind, by_sam[FUNCTIONS[kind]], file, tmp_path)
    if kind == "collect":
        assert (answer["statusCode"], answer["body"]) == (200, '{"success":true}')
    else:
        assert answer == {"batchItemFailures": []}


def invoke(kind: str, environment: dict[str, str], event: Path, folder: Path) -> Any:
    """Return what a function answers, run in a process of its own."""
    (folder / "config.json").write_bytes(to_json(compile_config(ROOT / "layers/config")))
    variables = {name: value.replace("/opt/switchyard", str(folder)) for name, value in environment.items()}
    done = subprocess.run(
        [sys.executable, "-c", AS_IN_A_CONTAINER, event],
        cwd=ROOT / "functions" / kind,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stderr.rpartition("answer: ")[2])


def test_the_events_are_those_of_the_payloads():
    """The files are what `python events/lambda/generate.py` makes."""
    generate = importlib.import_module("events.lambda.generate")
    made = {name: generate.to_text(event).decode() for name, event in generate.lambda_events()}
    assert {file.name: file.read_text() for file in EVENTS} == made


@pytest.mark.parametrize(
    ("kind", "file"), [("sqs receive-message", "archive"), ("apigateway aws-proxy", "collect-track")]
)
def test_the_events_have_the_shape_of_sams_own(kind, file):
    """They have every field of what `sam local generate-event` makes, of the same type."""
    theirs = run_sam(SAM, "local", "generate-event", *kind.split())
    ours = json.loads((ROOT / f"events/lambda/{file}.json").read_text())
    if kind.startswith("sqs"):
        theirs, ours = theirs["Records"][0], ours["Records"][0]
        assert ours["attributes"].keys() == theirs["attributes"].keys()
    assert theirs.keys() <= ours.keys()
    assert all(type(ours[name]) is type(value) for name, value in theirs.items() if ours[name] is not None)


def test_samconfig_names_the_file_and_the_region():
    """Both commands find the environment and the stack's region without being told."""
    told = {"env_vars": ".switchyard/sam-env.json", "region": "eu-central-1"}
    assert run_in_sam(SETTINGS_OF_SAM, ROOT) == [told, told]
