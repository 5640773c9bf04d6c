"""``switchyard dlq``: the same on the local stack and on a deployed one, and as its page shows it."""

import json
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from tests.e2e.pages import blocks, check_page

from switchyard.envelope import Envelope, Failure, Item, seal
from switchyard_cli.local.samples import read_samples, send_samples

ROOT = Path(__file__).parents[2]


def samples(stack):
    """Send the sample events; two of them come to grief."""
    assert all(sent.status == 200 for sent in send_samples(stack.url, read_samples(ROOT / "events")))
    stack.wait_until_idle()


def lines(result):
    """Return the JSON lines that a command printed."""
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def put(deployed, name, *envelopes):
    """Put envelopes into a queue of the deployed stack."""
    for body in (body for each in envelopes for body in seal(each)):
        deployed.client("sqs").send_message(QueueUrl=deployed.outputs[f"{name}Url"], MessageBody=body)


def dead(message_id, destination="mixpanel-eu"):
    """Return a dead letter of forward's."""
    event = {
        "type": "track",
        "event": "Paid",
        "userId": "u",
        "messageId": message_id,
        "timestamp": "2026-01-15T10:00:00.000Z",
    }
    failure = Failure("invalid", "Mixpanel's own words", "event", 400, 1, "2026-01-15T10:00:11.000Z")
    return Envelope("web", "2026-01-15T10:00:10.000Z", "r", (Item.of(event),), destination, failure=failure)


def test_the_page_shows_what_is_printed(stack, switchyard):
    """Every command of the page is run, in order, on the events of ``events/``; each prints what is shown."""
    samples(stack)
    commands = {shlex.split(command)[2] for command, _ in blocks("dead-letters.md")}
    assert commands == {"list", "show", "redrive", "export", "purge"}
    check_page("dead-letters.md", stack.folder, switchyard, stack.wait_until_idle)
    exported = (stack.folder / "letters.ndjson").read_text().splitlines()
    assert {json.loads(line)["code"] for line in exported} == {"event_not_defined", "invalid"}


def test_a_redriven_letter_is_delivered_once_the_cause_is_mended(stack, sandbox, switchyard):
    """A destination that refused for a time: the letters are redriven, arrive once, and the queue is empty again."""
    mixpanel, _ = sandbox
    requests.post(
        f"{stack.url}/v1/track",
        json={"userId": "u", "event": "Paid", "messageId": "m-1"},
        auth=("demo-write-key", ""),
        timeout=5,
    )
    stack.wait(lambda: len(mixpanel.events()) == 1)
    url = next(url for url in stack.sqs.list_queues()["QueueUrls"] if "MixpanelDeadLetterQueue" in url)
    stack.sqs.send_message(QueueUrl=url, MessageBody=seal(dead("m-2"))[0])
    assert switchyard(stack.folder, "dlq", "redrive", "--yes").stdout.endswith("1 event(s) redriven\n")
    stack.wait(lambda: len(mixpanel.events()) == 2)
    assert lines(switchyard(stack.folder, "dlq", "list", "--json")) == []


def test_a_deployed_stack_is_served_alike(deployed, switchyard):
    """Through boto3 alone: list, show, export, redrive and purge work on a stack by its name."""
    put(deployed, "MixpanelDeadLetterQueue", dead("m-1"), dead("m-2", "mixpanel-us"))
    put(deployed, "ArchiveDeadLetterQueue", Envelope("web", "2026-01-15T10:00:10.000Z", "r", dead("a-1").items))

    def dlq(*arguments):
        return switchyard(deployed.folder, "dlq", *arguments, "--stack", deployed.name, **deployed.environment)

    groups = lines(dlq("list", "--json"))
    assert [(group["code"], group["events"]) for group in groups] == [("crashed", 1), ("invalid", 1), ("invalid", 1)]
    assert lines(dlq("show", "m-1", "--json", "--queue", "mixpanel"))[0]["reason"] == "Mixpanel's own words"
    assert [letter["messageId"] for letter in lines(dlq("export", "--queue", "archive"))] == ["a-1"]
    redriven = dlq("redrive", "--destination", "mixpanel-eu", "--queue", "mixpanel", "--yes")
    assert redriven.stdout.endswith("1 event(s) redriven\n")
    purged = dlq("purge", "--destination", "mixpanel-us", "--queue", "mixpanel", "--yes")
    assert purged.stdout.endswith("1 event(s) deleted\n")
    assert deployed.ids("MixpanelDeadLetterQueue") == []
    assert deployed.ids("MixpanelQueue") == ["m-1"]


def test_scripts_must_say_yes(deployed, switchyard):
    """Without a terminal to ask at, nothing is moved or deleted unless --yes is said; the exit code is 2."""
    put(deployed, "MixpanelDeadLetterQueue", dead("m-1"))
    options = ("--stack", deployed.name, "--queue", "mixpanel")
    for command in ("redrive", "purge"):
        result = switchyard(deployed.folder, "dlq", command, *options, **deployed.environment)
        assert result.returncode == 2
        assert "nothing was done: say --yes" in result.stderr
    result = switchyard(deployed.folder, "dlq", "redrive", "--dry-run", *options, **deployed.environment)
    assert "Dead letters: 1 event(s)" in result.stdout
    assert deployed.ids("MixpanelDeadLetterQueue") == ["m-1"]


@pytest.mark.parametrize(("answer", "left"), [(b"n\n", 1), (b"y\n", 0)])
def test_at_a_terminal_it_is_asked(deployed, answer, left):
    """A person is asked, told the number, and may say no; while letters move, their progress is shown."""
    put(deployed, "MixpanelDeadLetterQueue", dead("m-1"))
    terminal, side = pty.openpty()
    os.write(terminal, answer)
    result = subprocess.run(
        [Path(sys.executable).with_name("switchyard"), "dlq", "purge", "--queue", "mixpanel", "--stack", deployed.name],
        cwd=deployed.folder,
        env=os.environ | deployed.environment,
        stdin=side,
        stdout=subprocess.PIPE,
        stderr=side,
        timeout=60,
        check=False,
    )
    told = os.read(terminal, 100_000).decode()
    assert "Delete 1 event(s) for good? [y/N]" in told
    assert result.returncode == left
    assert deployed.ids("MixpanelDeadLetterQueue") == ["m-1"][:left]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["list"], "no local stack runs here"),
        (["list", "--stack", "nowhere"], "the stack 'nowhere' cannot be read"),
        (["list", "--stack", "switchyard-test", "--queue", "mixpannel"], "did you mean 'mixpanel'?"),
        (["list", "--from", "yesterday"], "'yesterday' is no time; write 2026-01-15"),
        (["redrive", "--rate", "0"], "Invalid value for '--rate'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(deployed, switchyard, arguments, complaint):
    """A mistake is told in one line that says what to do."""
    result = switchyard(deployed.folder, "dlq", *arguments, **deployed.environment)
    assert (result.returncode, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_name_that_no_letter_has_is_told(deployed, switchyard):
    """A mistyped name is no empty queue: what letters have is said. Where there are none, nothing is."""
    mistyped = ("dlq", "list", "--stack", deployed.name, "--source", "wep", "--code", "other")
    result = switchyard(deployed.folder, *mistyped, **deployed.environment)
    assert (result.returncode, result.stderr) == (0, "")
    put(deployed, "MixpanelDeadLetterQueue", dead("m-1"))
    result = switchyard(deployed.folder, *mistyped, **deployed.environment)
    assert (result.returncode, result.stdout) == (0, "Dead letters: 0 event(s)\n")
    assert "no dead letter here has the source 'wep'; did you mean 'web'?" in result.stderr
    assert "no dead letter here has the code 'other'; known are invalid" in result.stderr


def test_a_letter_that_is_not_there_is_told(deployed, switchyard):
    """``show`` of an unknown id is exit code 1."""
    result = switchyard(deployed.folder, "dlq", "show", "nothing", "--stack", deployed.name, **deployed.environment)
    assert result.returncode == 1
    assert "there is no dead letter 'nothing'" in result.stderr
