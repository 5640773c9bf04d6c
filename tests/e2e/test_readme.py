"""The README is true: every command in it is run, and what it shows is what is printed."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
import yaml

from switchyard_cli.config.compiler import compile_config
from switchyard_cli.local.samples import read_samples, send_samples

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BIN = Path(sys.executable).parent


def commands():
    """Return every command of the README's console blocks; continued lines are joined."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    text = "\n".join(blocks).replace("\\\n", " ")
    return [line[2:] for line in text.splitlines() if line.startswith("$ ")]


def shown_after(command):
    """Return what a console block shows below a command."""
    block = next(each for each in re.findall(r"```console\n(.*?)```", README, re.DOTALL) if command in each)
    return block.replace("\\\n", " ").split("\n", 1)[1].strip() if "\\\n" not in block else block.splitlines()[-1]


def test_every_command_is_known_to_a_test():
    """No command stands in the README that none of these tests has run."""
    known = (
        "make ",
        ".venv/bin/switchyard ",
        "curl -u demo-write-key:",
        "aws secretsmanager create-secret",
    )
    assert [each for each in commands() if not each.startswith(known)] == []


@pytest.mark.parametrize("command", [each for each in commands() if each.startswith("make ")])
def test_make_targets_exist(command):
    """Each ``make`` command names targets that exist, and whose recipes make can read."""
    subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("words", "recipe"),
    [
        (("run", "PORT=3001"), ".venv/bin/switchyard local --samples events --port 3001"),
        (("build",), 'echo "Next: make deploy ENV=dev (not sam deploy: docs/deploy.md)"'),
    ],
)
def test_make_passes_on_what_is_meant(words, recipe):
    """``make run`` takes a port, and what ``make build`` says last is our way to go on and not SAM's."""
    printed = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", *words], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert printed.splitlines()[-1] == recipe


def test_the_configuration_is_checked_as_shown():
    """``switchyard config check`` prints what the README shows."""
    command = ".venv/bin/switchyard config check"
    result = subprocess.run(
        [BIN / "switchyard", "config", "check"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == shown_after(command)


def test_the_preview_is_a_line_for_each_event():
    """The README's preview command prints a line of JSON for each archived sample."""
    (command,) = [each for each in commands() if "preview" in each]
    result = subprocess.run(shlex.split(command), cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == len((ROOT / "events" / "archived.ndjson").read_text().splitlines())
    assert all(line["operations"] or line["filtered"] for line in lines)


def test_the_configuration_that_is_shown_is_valid(tmp_path):
    """The README's configuration compiles, and says what the one that is shipped says."""
    text = next(block for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL))
    (tmp_path / "switchyard.yaml").write_text(text)
    shown, shipped = compile_config(tmp_path), compile_config(ROOT / "layers" / "config")
    assert shown.sources == shipped.sources
    assert shown.destinations[0].subscriptions == shipped.destinations[0].subscriptions


def test_an_event_sent_by_hand_is_answered_as_shown(stack):
    """The README's curl command, at this stack's address, is answered as shown."""
    (command,) = [each for each in commands() if each.startswith("curl")]
    words = shlex.split(command.replace("http://127.0.0.1:3000", stack.url))
    result = subprocess.run([*words, "--silent"], capture_output=True, text=True, check=True)
    assert result.stdout == shown_after("curl -u demo-write-key:")


def test_dead_letters_are_told_as_promised(stack, switchyard):
    """The README's commands about dead letters run on a stack that has some, and name them."""
    list(send_samples(stack.url, read_samples(ROOT / "events")))
    stack.wait_until_idle()
    for command in (each for each in commands() if " dlq " in each):
        result = switchyard(stack.folder, *shlex.split(command)[1:])
        assert result.returncode == 0
        assert "4d1f9a7c-6b1e-4d4b-9c57-3e8a2f6b5c99" in result.stdout


def test_an_event_is_followed_as_promised(stack, switchyard):
    """The README's command tells the way of a sample that Mixpanel refuses, to its end."""
    (command,) = [each for each in commands() if " where " in each]
    list(send_samples(stack.url, read_samples(ROOT / "events")))
    stack.wait_until_idle()
    told = switchyard(stack.folder, *shlex.split(command)[1:])
    assert (told.returncode, told.stderr) == (0, "")
    assert [word for word in ("collected", "archived", "dead letter", "mixpanel-eu") if word not in told.stdout] == []


def test_a_replay_is_counted_as_promised(stack):
    """The README's replay counts what was received today, once that is a second ago."""
    (command,) = [each for each in commands() if " replay " in each]
    (stack.folder / "layers").symlink_to(ROOT / "layers")
    (stack.folder / ".venv").symlink_to(BIN.parent)
    list(send_samples(stack.url, read_samples(ROOT / "events")))
    stack.wait_until_idle()
    time.sleep(1)
    result = subprocess.run(command, cwd=stack.folder, shell=True, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("10 of 10 archived event(s)")


def test_make_run_prints_what_is_shown(tmp_path):
    """Every row of every table in the README is printed by the command behind ``make run``."""
    recipe = subprocess.run(["make", "--dry-run", "run"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ".venv/bin/switchyard local --samples events" in recipe
    project = ("--template", ROOT / "template.yaml", "--config", ROOT / "layers" / "config")
    process = subprocess.Popen(
        [BIN / "switchyard", "local", "--samples", ROOT / "events", "--port", "0", *project],
        cwd=tmp_path,
        env=os.environ | {"COLUMNS": "118"},
        text=True,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line.rstrip())
        if "Ctrl-C" in line:
            break
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=5) == 0
    (block,) = re.findall(r"<!-- make run -->\n```text\n(.*?)```", README, re.DOTALL)
    shown = block.splitlines()
    # An hour may end between two events, and then there are two objects.
    rows = [line for line in shown if line.startswith("│") and "object(s)" not in line]
    assert len(rows) > 25
    assert [row for row in rows if row not in printed] == []


def test_health_is_answered(stack):
    """``/health`` tells that the stack is up."""
    assert requests.get(f"{stack.url}/health", timeout=5).json() == {"status": "ok"}


def test_every_link_leads_somewhere():
    """Every relative link of the README and of the docs leads to a file or a folder."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_sample_configurations_in_the_docs_are_yaml():
    """Each YAML block in the docs can be read."""
    for page in sorted((ROOT / "docs").glob("*.md")):
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
            assert yaml.safe_load(block)
