"""Which archived events are meant: by the time of their arrival and by what they are, in bounded memory."""

import gzip
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.errors import FqlError
from switchyard_cli.replay.archive_reader import ArchivedEvents
from switchyard_cli.replay.archive_walk import Portion, walk
from switchyard_cli.replay.counts import OTHER_EVENTS, Counts
from switchyard_cli.replay.routes import Route, Routes
from switchyard_cli.replay.selection import Asked

TEN = datetime(2026, 1, 15, 10, tzinfo=UTC)
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
DAYS = st.floats(-1, 32).map(lambda days: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days))
HOURS = [(day, hour) for day in range(1, 32) for hour in range(24)]
KEYS = [f"archive/source=web/date=2026-01-{day:02}/hour={hour:02}/x.ndjson.gz" for day, hour in HOURS]


def found(yard, asked, sources=("web",), **options):
    """Return the messageIds that a walk finds."""
    portions = walk(yard.archive, sources, asked, **({"size": 100} | options))
    return [each["messageId"] for portion in portions for each in portion.events]


def test_times_are_those_of_arrival_the_end_excluded(yard, event):
    """``--from`` and ``--to`` mean ``receivedAt``, to the millisecond, and not the event's own time."""
    yard.put(
        "web",
        event("too early", "2026-01-15T09:59:59.999Z"),
        event("first", "2026-01-15T10:00:00.000Z", timestamp="2020-01-01T00:00:00.000Z"),
        event("last", "2026-01-15T11:59:59.999Z"),
        event("too late", "2026-01-15T12:00:00.000Z", timestamp="2026-01-15T11:00:00.000Z"),
    )
    assert found(yard, Asked(TEN, NOON)) == ["first", "last"]
    assert found(yard, Asked(TEN, NOON - timedelta(milliseconds=1))) == ["first"]


def test_only_the_hours_that_are_meant_are_listed_and_read(yard, event, monkeypatch):
    """A year of archive costs nothing when an hour is asked for."""
    hours = [f"2026-01-{day:02}T{hour:02}:30:00.000Z" for day in (14, 15, 16) for hour in (0, 9, 10, 11, 12, 23)]
    yard.put("web", *(event(each, each) for each in hours))
    real, read = yard.s3.get_object, []

    def get_object(**asked):
        read.append(asked["Key"])
        return real(**asked)

    monkeypatch.setattr(yard.s3, "get_object", get_object)
    assert found(yard, Asked(TEN, NOON)) == ["2026-01-15T10:30:00.000Z", "2026-01-15T11:30:00.000Z"]
    assert len(read) == 2


@given(start=DAYS, end=DAYS)
def test_any_range_finds_what_is_in_it(start, end):
    """Whatever the range, pruning by the keys' hours never loses an event that its times have."""

    class S3:
        """A bucket with an object in each hour of a month."""

        def get_paginator(self, _):
            return self

        def paginate(self, *, Bucket, Prefix, StartAfter):  # noqa: N803 - boto3's
            yield {"Contents": [{"Key": key} for key in KEYS if key.startswith(Prefix) and key > StartAfter]}

    wanted = [
        key
        for key in KEYS
        if start < datetime.fromisoformat(f"{key[24:34]}T{key[40:42]}:59:59.999+00:00")
        and datetime.fromisoformat(f"{key[24:34]}T{key[40:42]}:00:00+00:00") < end
    ]
    if start < end:
        listed = list(ArchivedEvents(S3(), "b").keys("web", start, end))
        assert set(wanted) <= set(listed)
        assert len(listed) <= len(wanted) + 1


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"event": "Paid"}, ["a", "b"]),
        ({"event": "page"}, ["c"]),
        ({"user": "u-2"}, ["b", "c"]),
        ({"where": "properties.total > 10"}, ["b"]),
        ({"where": 'type = "page"', "user": "u-1"}, []),
    ],
)
def test_filters_must_all_hold(yard, event, filters, ids):
    """By name or call, by userId or anonymousId, and by a condition as in a subscription."""
    yard.put(
        "web",
        event("a", "2026-01-15T10:00:00.000Z", properties={"total": 1}),
        event("b", "2026-01-15T10:00:01.000Z", userId="u-2", properties={"total": 20}),
        event("c", "2026-01-15T10:00:02.000Z", type="page", event=None, userId=None, anonymousId="u-2"),
    )
    assert sorted(found(yard, Asked(TEN, NOON, **filters))) == ids


def test_a_mistake_in_the_condition_is_told_before_anything_is_read():
    """A bad condition is an error with its position."""
    with pytest.raises(FqlError):
        Asked(TEN, NOON, where="type = ").condition()


def test_what_was_asked_is_read_as_it_was_written():
    """The record of a run says the same as the command did."""
    asked = Asked(TEN, NOON, "web", "Paid", "u", 'type = "track"', "mixpanel-eu")
    assert Asked.of(orjson.loads(orjson.dumps(asked.document()))) == asked


def test_sources_are_found_with_odd_names(yard, event):
    """A source's name may hold anything; each source is walked in its turn."""
    yard.put("web", event("a", "2026-01-15T10:00:00.000Z"))
    yard.put("a/b ü=1", event("b", "2026-01-15T10:00:00.000Z"))
    assert sorted(yard.archive.sources()) == ["a/b ü=1", "web"]
    assert found(yard, Asked(TEN, NOON), yard.archive.sources()) == ["b", "a"]


def test_what_cannot_be_read_costs_only_itself(yard, event):
    """Promise 4: a bad line, an event without its time and a damaged object are named; all others are found."""
    good = orjson.dumps(event("good", "2026-01-15T10:00:00.000Z"))
    prefix = "archive/source=web/date=2026-01-15/hour=10/"
    yard.put_object(f"{prefix}1.ndjson.gz", gzip.compress(b"nonsense\n" + good + b'\n{"type":"track"}\n[1]\n'))
    yard.put_object(f"{prefix}2.ndjson.gz", gzip.compress(good)[:-9])
    yard.put("web", event("later", "2026-01-15T11:00:00.000Z"))
    portions = list(walk(yard.archive, ["web"], Asked(TEN, NOON), size=100))
    assert [each["messageId"] for portion in portions for each in portion.events][-1] == "later"
    problems = [problem for portion in portions for problem in portion.problems]
    assert [problem.partition(": ")[2][:9] for problem in problems[:3]] == ["not JSON ", "an event ", "not a JSO"]
    assert "damaged or incomplete" in problems[3]
    assert all(problem.startswith(prefix) for problem in problems)


def test_memory_does_not_depend_on_the_object(yard, event, peak_of):
    """However large an object is, it streams: only a portion of it is held."""
    line = orjson.dumps(event("x" * 1000, "2026-01-15T10:00:00.000Z")) + b"\n"
    yard.put_object("archive/source=web/date=2026-01-15/hour=10/big.ndjson.gz", gzip.compress(line * 40_000))

    def count():
        return sum(len(portion.events) for portion in walk(yard.archive, ["web"], Asked(TEN, NOON), size=100))

    assert count() == 40_000
    assert peak_of(count) < 10_000_000 < 40_000 * len(line)


def test_a_portion_is_no_larger_than_asked(yard, event):
    """Each object ends with a portion that says so."""
    lines = b"".join(orjson.dumps(event(str(n), "2026-01-15T10:00:00.000Z")) + b"\n" for n in range(7))
    yard.put_object("archive/source=web/date=2026-01-15/hour=10/x.ndjson.gz", gzip.compress(lines))
    portions = list(walk(yard.archive, ["web"], Asked(TEN, NOON), size=3))
    assert [(len(each.events), each.read, each.is_last) for each in portions] == [
        (3, 3, False),
        (3, 3, False),
        (1, 1, True),
    ]


def test_what_would_be_replayed_is_counted(event, monkeypatch):
    """By source, name, call and hour of arrival; names without end are counted together."""
    monkeypatch.setattr("switchyard_cli.replay.counts.MAX_NAMES", 2)
    events = [event(str(n), f"2026-01-15T1{n}:00:00.000Z", event=f"E{n}") for n in range(4)]
    counts = Counts()
    counts.add(Portion("web", "k", events[:3], read=5, problems=["a line"]))
    counts.add(Portion("web", "k", events[3:], read=1, is_last=True))
    counts.add(Portion("ios", "k2", [], read=4, is_last=True))
    routes = Routes({each: [Route("mixpanel", ("eu", "us"))] for each in ("web", "ios")}, ["a source"])
    assert counts.document(routes) == {
        "objects": 2,
        "read": 10,
        "unreadable": 1,
        "events": 4,
        "bySource": {"web": 4},
        "byEvent": {OTHER_EVENTS: 2, "E0": 1, "E1": 1},
        "byCall": {"track": 4},
        "byDestination": {"eu": 4, "us": 4},
        "byHour": {f"2026-01-15T1{n}": 1 for n in range(4)},
        "leftOut": ["a source"],
    }
