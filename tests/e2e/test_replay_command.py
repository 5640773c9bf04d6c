"""``switchyard replay``: archived events once more through the whole system, and nothing of them doubled."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
import requests
from tests.e2e.pages import blocks, check_page

from switchyard_cli.local.samples import read_samples, send_samples

ROOT = Path(__file__).parents[2]
JANUARY = ("--from", "2026-01-01", "--to", "2026-02-01")
IMPORTED = 7
"""Records of the samples that go to /import, where Mixpanel knows an event again; an $identify goes elsewhere."""

PREFIX = "archive/source=web/date=2026-01-15/hour={:02}/"


@pytest.fixture(autouse=True)
def project(tmp_path):
    """The configuration where the commands look for it."""
    (tmp_path / "layers").symlink_to(ROOT / "layers")


def archive(s3, bucket, hour, *events):
    """Put events into the archive as of that hour."""
    body = gzip.compress(b"".join(orjson.dumps(event) + b"\n" for event in events))
    s3.put_object(Bucket=bucket, Key=f"{PREFIX.format(hour)}{events[0]['messageId']}.ndjson.gz", Body=body)


def event(message_id, hour=10, **more):
    """Return an archived event of that hour, whose device sent it with a clock of 2025."""
    times = {
        "originalTimestamp": "2025-06-01T08:00:00.000Z",
        "sentAt": "2025-06-01T08:30:00.000Z",
        "receivedAt": f"2026-01-15T{hour:02}:30:00.000Z",
        "timestamp": f"2026-01-15T{hour:02}:00:00.000Z",
    }
    return {"type": "track", "event": "Paid", "userId": "u", "messageId": message_id, **times} | more


def holds(mixpanel):
    """Return everything that Mixpanel holds; of ``$identify``, which has no time of its own, only that it is there."""
    events = [each for each in mixpanel.events() if each["event"] != "$identify"]
    identities = {each["properties"]["$identified_id"] for each in mixpanel.events() if each not in events}
    return sorted(orjson.dumps(each) for each in events), identities, mixpanel.profiles(), mixpanel.groups()


def replayed(result):
    """Return the record of a run that printed it as JSON."""
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_replay_twice_changes_nothing(stack, sandbox, switchyard):
    """Promise 3: archived events, replayed twice, are delivered again and held once: id, time and user are the same."""
    mixpanel, address = sandbox
    list(send_samples(stack.url, read_samples(ROOT / "events")))
    stack.wait_until_idle()
    before = holds(mixpanel)
    for run in (1, 2):
        record = replayed(switchyard(stack.folder, "replay", "--from", "2026-01-01", "--to", "2126-01-01", "--json"))
        assert (record["events"], record["state"]) == (10, "finished")
        stack.wait_until_idle()
        assert holds(mixpanel) == before
        counts = requests.get(f"{address}/sandbox", timeout=5).json()["counts"]
        assert counts["duplicates"] == run * IMPORTED


def test_an_old_sent_at_does_not_shift_events_to_today(stack, sandbox, switchyard):
    """What collect corrected when the event came is its time for good, however long ago and wrong its ``sentAt`` is."""
    mixpanel, _ = sandbox
    archive(stack.s3, "switchyard-local-archivebucket", 10, event("m-1"))
    for _ in range(2):
        replayed(switchyard(stack.folder, "replay", *JANUARY, "--json"))
        stack.wait_until_idle()
    (held,) = mixpanel.events()
    assert held["properties"]["time"] == 1_768_471_200_000  # 2026-01-15T10:00:00Z
    assert (held["properties"]["$insert_id"], held["properties"]["distinct_id"]) == ("m-1", "u")


def test_only_what_is_asked_for_arrives(stack, sandbox, switchyard):
    """Filters, and a destination that is named."""
    mixpanel, _ = sandbox
    bucket = "switchyard-local-archivebucket"
    archive(stack.s3, bucket, 10, event("m-1", properties={"total": 5}), event("m-2", properties={"total": 50}))
    archive(stack.s3, bucket, 11, event("m-3", 11, userId="other", properties={"total": 50}))
    asked = ("--user", "u", "--where", "properties.total > 10", "--destination", "mixpanel-eu")
    counts = json.loads(switchyard(stack.folder, "replay", *JANUARY, *asked, "--dry-run", "--json").stdout)
    assert (counts["read"], counts["events"], counts["byEvent"]) == (3, 1, {"Paid": 1})
    replayed(switchyard(stack.folder, "replay", *JANUARY, *asked, "--json"))
    stack.wait_until_idle()
    assert [each["properties"]["$insert_id"] for each in mixpanel.events()] == ["m-2"]


def test_the_page_shows_what_is_printed(stack, switchyard):
    """Every command of the page is run, in order, on the archived samples; each prints what is shown."""
    assert len(blocks("replay.md")) == 2
    events = [orjson.loads(line) for line in (ROOT / "events" / "archived.ndjson").read_bytes().splitlines()]
    archive(stack.s3, "switchyard-local-archivebucket", 10, *events)
    check_page("replay.md", stack.folder, switchyard, stack.wait_until_idle)


def test_a_deployed_stack_is_replayed_alike(deployed, switchyard):
    """Through boto3 alone: the events of the stack's archive are on the queue of its own, and the run beside them."""
    bucket = deployed.outputs["ArchiveBucketName"]
    archive(deployed.client("s3"), bucket, 10, event("m-1"), event("m-2"))
    options = ("--stack", deployed.name, "--json")
    record = replayed(switchyard(deployed.folder, "replay", *JANUARY, *options, **deployed.environment))
    assert deployed.ids("MixpanelQueue") == ["m-1", "m-2"]
    body = deployed.client("s3").get_object(Bucket=bucket, Key=f"replays/{record['id']}.json")["Body"].read()
    written = json.loads(body)
    assert written["by"].startswith("arn:aws:sts::")
    assert (written["state"], written["events"], written["filter"]["from"]) == (
        "finished",
        2,
        "2026-01-01T00:00:00.000Z",
    )


def test_an_interrupted_replay_is_resumed(deployed, switchyard):
    """Ctrl-C in the middle says how to go on; the run goes on there, and each event was queued in the end."""
    bucket = deployed.outputs["ArchiveBucketName"]
    for hour in range(6):
        archive(deployed.client("s3"), bucket, hour, event(f"m-{hour}", hour))
    process = subprocess.Popen(
        [Path(sys.executable).with_name("switchyard"), "replay", *JANUARY, "--stack", deployed.name, "--rate", "1"],
        cwd=deployed.folder,
        env=os.environ | deployed.environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    found = deployed.ids("MixpanelQueue")
    while len(found) < 2 and process.poll() is None:
        time.sleep(0.1)
        found += deployed.ids("MixpanelQueue")
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    run_id = told.partition("--resume ")[2].partition("`")[0]
    options = ("--resume", run_id, "--stack", deployed.name)
    rest = switchyard(deployed.folder, "replay", *options, "--json", **deployed.environment)
    record = replayed(rest)
    assert (record["id"], record["state"], record["objects"]) == (run_id, "finished", 6)
    later = deployed.ids("MixpanelQueue")
    assert len(later) < 6
    assert sorted({*found, *later}) == [f"m-{hour}" for hour in range(6)]
    again = switchyard(deployed.folder, "replay", *options, **deployed.environment)
    assert (again.returncode, again.stdout) == (
        0,
        f"the run {run_id} has finished: {record['events']} event(s) were replayed\n",
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "--from and --to are needed"),
        (["--from", "2026-01-02", "--to", "2026-01-01"], "--to must be later than --from"),
        (["--from", "soon", "--to", "2026-01-01"], "'soon' is no time"),
        ([*JANUARY, "--destination", "mixpanel-us"], "no destination 'mixpanel-us'; did you mean 'mixpanel-eu'?"),
        ([*JANUARY, "--source", "wbe"], "has a source 'wbe'; did you mean 'web'?"),
        ([*JANUARY, "--config", "nowhere"], "nowhere: there is no such folder: run this in Switchyard's folder"),
        (["--resume", "nothing"], "there is no run 'nothing' that can be resumed"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(deployed, switchyard, arguments, complaint):
    """A mistake is told in one line that says what to do, before anything is queued."""
    result = switchyard(deployed.folder, "replay", *arguments, "--stack", deployed.name, **deployed.environment)
    assert (result.returncode, result.stdout) == (2, "")
    assert complaint in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_mistake_in_the_condition_is_pointed_at(deployed, switchyard):
    """As everywhere, a condition's mistake is shown with its place."""
    where = ("--where", 'type = "track" && event = "Paid"')
    result = switchyard(deployed.folder, "replay", *JANUARY, *where, "--stack", deployed.name, **deployed.environment)
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1].strip() == "^"


def test_another_time_is_told_what_there_is(deployed, switchyard):
    """A count of nothing says from when to when the archive has events."""
    bucket, s3 = deployed.outputs["ArchiveBucketName"], deployed.client("s3")
    options = ("--from", "2026-02-01", "--to", "2026-02-02", "--dry-run", "--stack", deployed.name)
    result = switchyard(deployed.folder, "replay", *options, **deployed.environment)
    assert result.stdout.splitlines()[1:] == ["the archive has no events yet"]
    archive(s3, bucket, 10, event("m-1"))
    result = switchyard(deployed.folder, "replay", *options, **deployed.environment)
    told = "the archive of 'web' has events of 2026-01-15"
    assert (result.returncode, result.stdout.splitlines()[1:]) == (0, [told])
    later = PREFIX.replace("01-15", "01-17").format(10)
    s3.put_object(Bucket=bucket, Key=f"{later}m-2.ndjson.gz", Body=gzip.compress(orjson.dumps(event("m-2"))))
    result = switchyard(deployed.folder, "replay", *options, **deployed.environment)
    assert result.stdout.splitlines()[1:] == [f"{told} to 2026-01-17"]


def test_what_cannot_be_read_is_named_and_the_exit_code_is_1(deployed, switchyard):
    """Promise 4: a bad line costs only itself; the rest is replayed, and scripts are told."""
    bucket, s3 = deployed.outputs["ArchiveBucketName"], deployed.client("s3")
    good = orjson.dumps(event("m-1"))
    s3.put_object(Bucket=bucket, Key=f"{PREFIX.format(10)}x.ndjson.gz", Body=gzip.compress(b"nonsense\n" + good))
    result = switchyard(deployed.folder, "replay", *JANUARY, "--stack", deployed.name, **deployed.environment)
    assert result.returncode == 1
    assert "x.ndjson.gz, line 1: not JSON" in result.stderr
    assert deployed.ids("MixpanelQueue") == ["m-1"]
