"""Times: what SDKs send is understood, what cannot be understood is None, and what is written is Segment's form."""

import re
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from switchyard import clock

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
MILLISECONDS = st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_999)


def read(value) -> datetime:
    """The moment that a value means."""
    moment = clock.parse(value)
    assert moment
    return moment


@pytest.mark.parametrize(
    ("sent", "milliseconds"),
    [
        ("2024-02-03T10:20:30.123Z", 123),
        ("2024-02-03T10:20:30.123+00:00", 123),
        ("2024-02-03T10:20:30.123456+00:00", 123),
        ("2024-02-03T10:20:30+00:00", 0),
        ("2024-02-03T10:20:30.123456789Z", 123),
        ("2024-02-03T12:20:30.1234567+02:00", 123),
        ("2024-02-03T05:20:30-0500", 0),
        ("2024-02-03 10:20:30", 0),
        ("20240203T102030Z", 0),
        ("2024-W05-6T10:20:30Z", 0),
        ("2024-2-3T10:20:30Z", 0),
        ("2024-2-3 10:20:30", 0),
        ("2024-02-03t10:20:30z", 0),
        (" 2024-02-03T10:20:30Z\n", 0),
        (1706955630, 0),
        (1706955630.123, 123),
        (1706955630123, 123),
    ],
    ids=str,
)
def test_every_shape_that_sdks_send_is_read(sent, milliseconds):
    """JavaScript, Python, Ruby, PHP, Go and .NET each write ISO 8601 in their own way; some clients send epochs."""
    expected = datetime(2024, 2, 3, 10, 20, 30, milliseconds * 1000, UTC)
    assert abs(read(sent) - expected) < timedelta(milliseconds=1)
    assert clock.to_iso(read(sent)) == f"2024-02-03T10:20:30.{milliseconds:03}Z"


def test_a_date_alone_is_its_midnight():
    """A date without a time is midnight in UTC, one-digit months and days included, as in Segment's own sample."""
    assert read("2015-2-02") == read("2015-02-02") == datetime(2015, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, "", " ", "now", "null", [], {}),
        *("2024", "2024-13-01T00:00:00Z", "2024-02-30", "2024-02-03T25:00Z", "-2024-02-03", "9" * 5000),
        *("Sat, 03 Feb 2024 10:20:30 GMT", "2024-02-03T10:20:30+25:00", "2024-02-03T10:20:30Zjunk"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-03T10:20:30Z" + " " * 50),
        *(1e308, -1e308, 2**63, -(2**63), 10**17, float("nan"), float("inf")),
    ],
    ids=repr,
)
def test_what_is_no_time_is_none(value):
    """Nothing raises: not a wrong type, not a moment outside of the years 1 to 9999, not a text without an end."""
    assert clock.parse(value) is None


@pytest.mark.parametrize("value", ["1712010112345", "1700010112", "20240203"])
def test_digits_alone_are_not_taken_for_a_date(value):
    """A text of digits could be an epoch: read as ISO 8601 in its basic form, April 2024 would become the year 1712."""
    assert clock.parse(value) is None


def test_a_time_without_a_zone_is_in_utc(monkeypatch):
    """Whatever the zone of the machine."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert clock.to_iso(read("2024-02-03T10:20:30")) == "2024-02-03T10:20:30.000Z"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_seconds_and_milliseconds_are_told_apart_by_their_size():
    """As seconds 10^11 would be the year 5138, as milliseconds it is 1973; a negative one counts back from 1970."""
    assert read(99_999_999_999).year == 5138
    assert read(100_000_000_000) == datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)
    assert read(-1) == datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_a_text_is_looked_at_up_to_64_characters():
    """A time has fewer, whatever the SDK."""
    assert read("2024-02-03".ljust(64)) == datetime(2024, 2, 3, tzinfo=UTC)
    assert clock.parse("2024-02-03".ljust(65)) is None


def test_the_first_and_the_last_moment_are_read():
    """The years 1 and 9999 are dates like any other."""
    assert clock.to_iso(read("0001-01-01T00:00:00Z")) == "0001-01-01T00:00:00.000Z"
    assert clock.to_iso(read("9999-12-31T23:59:59.999Z")) == "9999-12-31T23:59:59.999Z"


def test_times_are_written_in_utc():
    """Whatever the offset, what is written ends in Z and has milliseconds."""
    moment = datetime(2024, 2, 3, 23, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert clock.to_iso(moment) == "2024-02-04T04:00:00.000Z"


def test_now_is_in_utc():
    """The present has a zone, so that no arithmetic with it can fail."""
    assert clock.now().tzinfo is UTC


@given(MILLISECONDS)
def test_what_is_written_is_read_again(milliseconds):
    """From the year 1 to the year 9999, writing and reading are inverse to the millisecond."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", clock.to_iso(moment))
    assert clock.parse(clock.to_iso(moment)) == moment


@given(ANY_JSON | st.from_regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.{0,20}", fullmatch=True))
@example("2024-02-03T\ud800")
@example("\N{FULLWIDTH DIGIT TWO}024-02-03T10:20:30Z")
def test_nothing_raises(value):
    """Any JSON value is a time in UTC, or none."""
    parsed = clock.parse(value)
    assert parsed is None or parsed.tzinfo is UTC
