"""``switchyard preview`` and ``switchyard fql`` as programs: their streams, their exit codes, their documentation."""

import gzip
import os
import pty
import re
import shlex
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import orjson
import pytest
import yaml

from switchyard.collect.intake import take_in
from switchyard.collect.normalise import Arrival
from switchyard_cli.local.samples import call_of, read_samples

ROOT = Path(__file__).parents[2]
SWITCHYARD = Path(sys.executable).with_name("switchyard")
PREVIEW = ("preview", "--destination", "mixpanel-eu")
ARCHIVED = ROOT / "events" / "archived.ndjson"
EVENT = b'{"type":"track","messageId":"m-1","userId":"u","event":"E","timestamp":"2026-01-15T10:00:00.000Z"}\n'
SECRET = "SWITCHYARD_SECRET_MIXPANEL_EU_PROJECT_TOKEN"
DOCUMENTATION = (ROOT / "docs" / "preview.md").read_text()


def switchyard(*arguments, stdin=b"", **environment):
    """Run the command in the project's folder; the variables go over this process's own."""
    return subprocess.run(
        [SWITCHYARD, *arguments],
        input=stdin,
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "118"} | environment,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_the_sample_archive_is_what_collect_makes_of_the_samples():
    """The archived sample events are those that collect accepts of ``events/``, received when they were sent."""
    accepted = [
        event
        for name, payload in read_samples(ROOT / "events").items()
        for arrival in [Arrival(datetime.fromisoformat(payload["sentAt"]))]
        for event in take_in(call_of(name, payload), payload, arrival).accepted
    ]
    assert ARCHIVED.read_bytes() == b"".join(orjson.dumps(event) + b"\n" for event in accepted)


def test_events_come_out_in_order_line_by_line():
    """There is one line of JSON for each event, in order; the exit code is 0 and nothing else is said."""
    result = switchyard(*PREVIEW, stdin=ARCHIVED.read_bytes())
    ids = [orjson.loads(line)["messageId"] for line in ARCHIVED.read_bytes().splitlines()]
    assert [orjson.loads(line)["messageId"] for line in result.stdout.splitlines()] == ids
    assert (result.returncode, result.stderr) == (0, b"")


def test_gzip_and_files_are_read_like_plain_lines(tmp_path):
    """The archive's gzip, piped in or named, makes the same lines as the plain text."""
    packed = tmp_path / "an-hour.ndjson.gz"
    packed.write_bytes(gzip.compress(ARCHIVED.read_bytes()))
    plain = switchyard(*PREVIEW, stdin=ARCHIVED.read_bytes()).stdout
    assert switchyard(*PREVIEW, stdin=packed.read_bytes()).stdout == plain
    assert switchyard(*PREVIEW, str(packed)).stdout == plain
    assert switchyard(*PREVIEW, str(packed), str(ARCHIVED)).stdout == 2 * plain


def test_lines_are_answered_at_once():
    """A line is answered while the input is still open, so that a stream can be watched."""
    command = [str(SWITCHYARD), *PREVIEW]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write(EVENT)
            process.stdin.flush()
            assert orjson.loads(process.stdout.readline())["messageId"] == "m-1"
        process.stdin.close()
        assert process.wait(timeout=10) == 0


def test_a_bad_line_is_answered_and_makes_the_exit_code_1():
    """Promise 4: a line that is no event costs only itself; it is named, and the exit code is 1 at the end."""
    result = switchyard(*PREVIEW, stdin=EVENT + b"nonsense\n\n[]\n" + EVENT)
    lines = [orjson.loads(line) for line in result.stdout.splitlines()]
    assert [len(line["operations"]) for line in lines] == [1, 0, 0, 1]
    assert [line["errors"][0].partition(":")[0] for line in lines[1:3]] == ["line 2", "line 4"]
    assert (result.returncode, result.stderr) == (1, b"")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--destination", "mixpanel-us"), "layers/config: there is no destination 'mixpanel-us'; did you mean"),
        (
            ("--destination", "mixpanel-eu", "--config", "nowhere"),
            "nowhere: there is no such folder: run this in Switchyard's folder",
        ),
        (
            ("--destination", "mixpanel-eu", "--diff", "nowhere"),
            "nowhere: there is no such folder: run this in Switchyard's folder",
        ),
        (("--destination", "mixpanel-eu", "nothing.ndjson"), "Invalid value for 'files'"),
        (("--destination", "mixpanel-eu", "--explain", "--diff", "layers/config"), "Invalid value: choose one of"),
        ((), "Missing option '--destination'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, complaint):
    """A mistake in the command is told in one line on standard error; the exit code is 2."""
    result = switchyard("preview", *arguments)
    assert result.stderr.decode().startswith(f"switchyard: {complaint}")
    assert (result.returncode, result.stderr.count(b"\n"), result.stdout) == (2, 1, b"")


def test_damaged_gzip_is_a_mistake():
    """What could be read is answered; then the damage is told in a line, and the exit code is 2."""
    packed = gzip.compress(os.urandom(50_000).hex().encode() + b"\n" + EVENT)
    result = switchyard(*PREVIEW, stdin=gzip.compress(EVENT) + packed[:-20_000])
    assert result.stdout.startswith(b'{"messageId":"m-1"')
    assert result.stderr == b"switchyard: after line 1: the gzip data is damaged or incomplete\n"
    assert result.returncode == 2


@pytest.mark.parametrize("options", [(), ("--explain",), ("--explain", "--json")])
def test_whoever_stops_reading_ends_it_quietly(options):
    """When the reader of the lines has gone, the command ends without a word, though there are more events to come."""
    pipe = (
        f"yes {shlex.quote(EVENT.decode().strip())} | {shlex.join([str(SWITCHYARD), *PREVIEW, *options])} | head -n 1"
    )
    result = subprocess.run(["bash", "-c", pipe], cwd=ROOT, capture_output=True, timeout=60, check=True)
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr == b""


@pytest.fixture
def other(tmp_path):
    """A folder with the same configuration, but one subscription in place of the presets."""
    written = yaml.safe_load((ROOT / "layers" / "config" / "switchyard.yaml").read_text())
    presets = {"name": "Track Calls", "partnerAction": "trackEvent", "subscribe": 'type = "track"'}
    written["destinations"][0]["subscriptions"] = [presets | {"mapping": {"app_name": "Shop"}}]
    (tmp_path / "switchyard.yaml").write_text(yaml.safe_dump(written))
    return tmp_path


def test_secrets_are_shown_where_they_are_set_and_never_compared(other):
    """A secret from the environment is in the records that need it; a comparison shows its name instead (promise 7)."""
    event = b'{"type":"identify","messageId":"m-1","userId":"u","traits":{"a":1}}\n'
    placeholder = b'"$token":"<mixpanel-eu/project-token>"'
    assert placeholder in switchyard(*PREVIEW, stdin=event, **{SECRET: ""}).stdout
    assert b'"$token":"s3cr3t"' in switchyard(*PREVIEW, stdin=event, **{SECRET: "s3cr3t"}).stdout
    compared = switchyard(*PREVIEW, "--diff", str(other), "--json", stdin=event, **{SECRET: "s3cr3t"}).stdout
    assert placeholder in compared
    assert b"s3cr3t" not in compared


def test_a_comparison_tells_by_its_exit_code(other):
    """The exit code is 0 where nothing changes, and 1 where anything does or a line was no event."""
    assert switchyard(*PREVIEW, "--diff", "layers/config", stdin=EVENT).returncode == 0
    assert switchyard(*PREVIEW, "--diff", str(other), stdin=EVENT).returncode == 1
    result = switchyard(*PREVIEW, "--diff", "layers/config", stdin=b"nonsense\n")
    assert (result.returncode, result.stderr.startswith(b"switchyard: line 1: not JSON")) == (1, True)


def test_a_comparison_goes_from_the_other_configuration_to_this_one(other):
    """What only the configuration under ``--config`` sends was added, what only the other one sends was removed."""
    result = switchyard(*PREVIEW, "--diff", str(other), "--json", stdin=EVENT)
    document = orjson.loads(result.stdout)
    assert result.returncode == 1
    assert (document["before"], document["after"]) == (str(other), "layers/config")
    (field,) = document["fields"]
    assert (field["field"], field["added"], field["removed"]) == ("properties.$app_name", 0, 1)


def test_conditions_are_tried_line_by_line():
    """``fql`` answers true or false for each event, from standard input and from files."""
    expression = 'type = "track" and match(event, "*Paid")'
    expected = b"false\ntrue\n" + 8 * b"false\n"
    for result in (
        switchyard("fql", expression, stdin=ARCHIVED.read_bytes()),
        switchyard("fql", expression, str(ARCHIVED)),
    ):
        assert (result.stdout, result.stderr, result.returncode) == (expected, b"", 0)


def test_a_bad_line_is_false_and_named():
    """A line that is no event is false, lest the lines shift; standard error names it, and the exit code is 1."""
    result = switchyard("fql", 'type = "track"', stdin=EVENT + b"[]\n" + EVENT)
    assert result.stdout == b"true\nfalse\ntrue\n"
    assert result.stderr == b"switchyard: line 2: not a JSON object\n"
    assert result.returncode == 1


@pytest.mark.parametrize(
    ("expression", "pointed_at"),
    [('type == "track"', "=="), ('type = "track" and evnt = 1', "evnt"), ("(type = 1", ""), ("", "")],
)
def test_a_bad_condition_is_pointed_at(expression, pointed_at):
    """A mistake in a condition ends with exit code 2; an arrow stands under its first character."""
    result = switchyard("fql", expression, stdin=EVENT)
    message, condition, arrow = result.stderr.decode().splitlines()
    assert message.startswith("switchyard: ")
    assert (condition, arrow.strip()) == (expression, "^")
    assert condition[arrow.index("^") :].startswith(pointed_at)
    assert (result.returncode, result.stdout) == (2, b"")


@pytest.mark.parametrize("arguments", [PREVIEW, ("fql", 'type = "track"')])
def test_progress_is_shown_at_a_terminal(arguments):
    """While standard error is a terminal, the lines that were read are counted on it; otherwise it stays empty."""
    terminal, its_end = pty.openpty()
    result = subprocess.run(
        [SWITCHYARD, *arguments, ARCHIVED],
        cwd=ROOT,
        env=os.environ | {"TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=its_end,
        check=True,
    )
    os.close(its_end)
    assert b"10 lines" in os.read(terminal, 65_536)
    os.close(terminal)
    assert len(result.stdout.splitlines()) == 10


def blocks(language):
    """Return the documentation's blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENTATION, re.DOTALL)


@pytest.fixture
def documented_folder(tmp_path):
    """A folder in which the documentation's commands can be typed: the project's parts, and the proposed change."""
    for name in ("layers", "events"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "switchyard").symlink_to(SWITCHYARD)
    (tmp_path / "proposed").mkdir()
    (text,) = blocks("yaml")
    (tmp_path / "proposed" / "switchyard.yaml").write_text(text)
    return tmp_path


@pytest.mark.parametrize("block", blocks("console"))
def test_the_documentation_shows_what_is_printed(documented_folder, block):
    """Each command in docs/preview.md prints what is shown below it; "…" stands for lines that are left out."""
    ((command, shown),) = re.findall(r"\A\$ ((?:[^\n]*\\\n)*[^\n]*)\n(.*)\Z", block, re.DOTALL)
    result = subprocess.run(
        ["bash", "-c", command],
        cwd=documented_folder,
        env=os.environ | {"COLUMNS": "118"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    printed = "\n".join(line.rstrip() for line in result.stdout.rstrip().splitlines())
    pattern = ".*".join(re.escape(part) for part in shown.rstrip().split("…\n"))
    assert re.fullmatch(pattern, printed, re.DOTALL), printed
