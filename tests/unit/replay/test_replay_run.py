"""A replay: the events on their queues as collect would put them there, how far it came, and where it goes on."""

from datetime import UTC, datetime

import orjson
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from switchyard.archive import Archive
from switchyard.config import Config, DestinationConfig, Source
from switchyard.envelope import Envelope, Item
from switchyard.errors import QueueUnavailable
from switchyard_cli.main import app
from switchyard_cli.rate_limit import Pace
from switchyard_cli.replay import record as records
from switchyard_cli.replay.archive_walk import walk
from switchyard_cli.replay.record import FINISHED, INTERRUPTED, Record
from switchyard_cli.replay.routes import Route, Routes, find_routes
from switchyard_cli.replay.run import Replayer
from switchyard_cli.replay.selection import Asked, BadReplay

ASKED = Asked(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
CONFIG = Config(
    (
        Source("web", writeKeys=("k-1",), destinations=("mixpanel-eu", "mixpanel-us")),
        Source("idle", writeKeys=("k-2",)),
    ),
    tuple(DestinationConfig(name, "mixpanel", {}, ()) for name in ("mixpanel-eu", "mixpanel-us")),
)


def replayer(yard, record=None, destination=None):
    """Return a replayer of the source web, and the walk from where the record says."""
    record = record or Record.begin(ASKED, "somebody")
    routes = Routes({"web": [Route("mixpanel", ("mixpanel-eu",), destination)]})
    portions = walk(yard.archive, routes.by_source, ASKED, size=2, after=record.lastObject)
    return Replayer(yard.deployment, yard.s3, record, routes, Pace(10**9)), portions


def replay(yard, record=None, destination=None):
    """Replay the day; return the record."""
    made, portions = replayer(yard, record, destination)
    list(made.replay(portions))
    return made.record


def raising(error):
    """Return a method that raises the error."""

    def method(*_):
        raise error

    return method


@pytest.fixture
def command(yard, monkeypatch):
    """Give what runs the command on the yard, with the configuration of this repository."""
    monkeypatch.setattr("switchyard_cli.commands.replay.find_deployment", lambda *_: yard.deployment)
    return lambda *options: CliRunner().invoke(app, ["replay", *options], catch_exceptions=False)


def hours(event, *hours):
    """Return an event in each of these hours, named after it."""
    return [event(f"at {hour}", f"2026-01-15T{hour:02}:00:00.000Z") for hour in hours]


def test_events_are_queued_as_from_collect(yard, event):
    """The envelope is of the normal schema: the source, the time of arrival, no tries, and the event to the letter."""
    (original,) = hours(event, 10)
    yard.put("web", original)
    record = replay(yard)
    (envelope,) = yard.queued()
    assert (envelope.source, envelope.received_at) == ("web", "2026-01-15T10:00:00.000Z")
    assert envelope.request_id == f"replay-{record.id}"
    assert (envelope.destination, envelope.attempts, envelope.failure) == (None, 0, None)
    assert [item.event for item in envelope.items] == [original]


def test_a_destination_that_was_asked_for_is_the_only_one(yard, event):
    """The envelope names it, so forward asks no other."""
    yard.put("web", *hours(event, 10))
    replay(yard, destination="mixpanel-us")
    assert [envelope.destination for envelope in yard.queued()] == ["mixpanel-us"]


def test_a_run_is_written_down_beside_the_archive(yard, event):
    """What was asked for, by whom, when, and what came of it."""
    yard.put("web", *hours(event, 10, 11))
    record = replay(yard)
    written = yard.record(record.id)
    assert written["filter"] == {
        "from": "2026-01-15T00:00:00.000Z",
        "to": "2026-01-16T00:00:00.000Z",
        **dict.fromkeys(("source", "event", "user", "where", "destination")),
    }
    assert (written["by"], written["state"]) == ("somebody", FINISHED)
    assert (written["objects"], written["read"], written["events"]) == (2, 2, 2)
    assert written["startedAt"] <= written["updatedAt"]
    assert written["lastObject"].startswith("archive/source=web/date=2026-01-15/hour=11/")


def test_an_interrupted_run_goes_on_where_it_stopped(yard, event, monkeypatch):
    """Whole objects are not replayed again; the one in which it stopped is."""
    yard.put("web", *hours(event, 8, 9, 10, 11, 12))
    made, portions = replayer(yard)
    walked = made.replay(portions)
    for _ in range(2):
        next(walked)
    monkeypatch.setattr(Replayer, "_envelope", raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        next(walked)
    record = records.load(yard.s3, "archive-bucket", made.record.id)
    assert (record.state, record.objects, record.events) == (INTERRUPTED, 2, 2)
    monkeypatch.undo()
    replay(yard, record)
    assert yard.queued_ids() == [f"at {hour}" for hour in (8, 9, 10, 11, 12)]
    assert yard.record(record.id)["events"] == 5


def test_an_object_is_done_when_all_of_it_is(yard, event):
    """Interrupted within an object, the run begins with it again: what was not sent yet of it is not passed over."""
    items = tuple(map(Item.of, hours(event, 10, 10, 10)))
    Archive(yard.s3, "archive-bucket").write({"m": Envelope("web", "2026-01-15T10:00:00.000Z", "r", items)})
    made, portions = replayer(yard)
    walked = made.replay(portions)
    next(walked)
    walked.close()
    written = yard.record(made.record.id)
    assert (written["state"], written["events"], written["lastObject"]) == (INTERRUPTED, 2, "")


def test_a_queue_that_takes_nothing_stops_the_run(yard, event, monkeypatch):
    """What SQS does not confirm is not counted as replayed, and the run can be resumed."""
    yard.put("web", *hours(event, 10))
    made, portions = replayer(yard)
    monkeypatch.setattr("switchyard_cli.replay.run.Queue.send", raising(QueueUnavailable("no")))
    with pytest.raises(QueueUnavailable):
        list(made.replay(portions))
    written = yard.record(made.record.id)
    assert (written["state"], written["events"], written["lastObject"]) == (INTERRUPTED, 0, "")


def test_a_crash_repeats_a_few_seconds_at_most(yard, event):
    """How far it came is written down while it runs: a process that is killed repeats what came after the last note."""
    yard.put("web", *hours(event, 8, 9, 10, 11))
    made, portions = replayer(yard)
    clock = iter([0.0, 3.0, 6.0, 6.0, 7.0, 8.0, 8.0])
    made.now = lambda: next(clock)
    walked = made.replay(portions)
    for _ in range(3):
        next(walked)
    written = yard.record(made.record.id)
    assert (written["state"], written["objects"]) == ("running", 2)
    walked.close()


def test_a_run_ends_with_the_moment_at_which_it_began(yard, event, command):
    """What arrives later may lie before the object at which a resumed run goes on, so it is not asked for at all."""
    yard.put("web", event("now", "2026-01-15T10:00:00.000Z"), event("later", "2999-01-01T10:00:00.000Z"))
    record = orjson.loads(command("--from", "2026-01-15", "--to", "2999-01-02", "--json").stdout)
    assert record["filter"]["to"] <= record["startedAt"]
    assert yard.queued_ids() == ["now"]


@pytest.mark.parametrize(("started_at", "is_warned"), [("12:04", True), ("12:06", False)])
def test_a_resumed_run_warns_of_what_was_not_archived_when_it_began(yard, command, started_at, is_warned):
    """It does not go back for it, however much later it is resumed."""
    asked = Asked(ASKED.start, ASKED.start.replace(hour=12))
    record = Record("id", "somebody", asked.document(), f"2026-01-15T{started_at}:00.000Z", "", INTERRUPTED)
    records.save(yard.s3, "archive-bucket", record)
    assert ("may not be in the archive yet" in command("--resume", "id").stderr) == is_warned


def test_a_run_that_nobody_knows_is_told(yard):
    """A typing mistake in the id says where the runs are."""
    with pytest.raises(BadReplay, match=r"no run 'nothing' .*aws s3 ls s3://archive-bucket/replays/"):
        records.load(yard.s3, "archive-bucket", "nothing")


def test_who_replays_is_known(yard):
    """The identity that AWS knows stands in the record; without one, this machine's user."""
    assert records.who(yard.deployment.client("sts")).startswith("arn:aws:sts::")

    class Denied:
        """An endpoint that does not say."""

        def get_caller_identity(self):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetCallerIdentity")

    assert "arn:" not in records.who(Denied())


# ---- where events go -------------------------------------------------------------------------------------------------


def routes(yard, archived=("web",), **asked):
    """Return the routes for what is asked."""
    return find_routes(Asked(ASKED.start, ASKED.end, **asked), list(archived), CONFIG, yard.deployment)


def test_events_go_to_the_types_of_their_source(yard):
    """Without a destination, one message serves all of a source's destinations of a type, as from collect."""
    both, one = ("mixpanel-eu", "mixpanel-us"), "mixpanel-us"
    assert routes(yard).by_source == {"web": [Route("mixpanel", both)]}
    assert routes(yard, destination=one).by_source == {"web": [Route("mixpanel", (one,), one)]}


def test_a_source_that_is_gone_is_left_out_and_told(yard):
    """Its events have nowhere to go, unless a destination is named; the others are replayed."""
    found = routes(yard, archived=("gone", "web", "idle"))
    assert list(found.by_source) == ["web"]
    gone, idle = found.left_out
    assert "'gone' is in the archive but not in the configuration any more" in gone
    assert "'idle' has no destinations" in idle
    assert list(routes(yard, archived=("gone", "web"), destination="mixpanel-eu").by_source) == ["gone", "web"]


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"source": "wbe"}, "neither the archive nor the configuration has a source 'wbe'; did you mean 'web'"),
        (
            {"source": "gone"},
            "not in the configuration any more, so it has no destinations: name one with --destination",
        ),
        ({"destination": "mixpanel-in"}, "the configuration has no destination 'mixpanel-in'; did you mean"),
    ],
)
def test_what_does_not_exist_is_named(yard, asked, complaint):
    """A name that is wrong, or gone, is an error that says what to write instead."""
    with pytest.raises(BadReplay, match=complaint):
        routes(yard, archived=("web", "gone"), **asked)


def test_a_type_without_a_queue_is_told(yard):
    """A configuration that the stack does not have yet is noticed before anything is sent."""
    yard.deployment.queues.pop("mixpanel")
    with pytest.raises(BadReplay, match="the stack 'test' has no queue for the destination type 'mixpanel'"):
        routes(yard)
