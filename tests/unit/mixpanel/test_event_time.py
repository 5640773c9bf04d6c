"""``time``: what is a date, and what is taken where there is none. The whole corpus is in the conformance tests."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.destinations.mixpanel.event_time import event_time, read_time
from switchyard.events import Json

JANUARY_2 = 1704164645000  # 2024-01-02T03:04:05Z
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2999, 12, 31))  # noqa: DTZ001 - hypothesis wants naive limits
VALUES: st.SearchStrategy[Json] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none()) | st.just({})
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-02T03:04:05Z",
        "2024-01-02T03:04:05.000Z",
        "2024-01-02t03:04:05z",
        "2024-01-02T03:04:05",
        "2024-01-02 03:04:05",
        "2024-01-02 03:04:05 UTC",
        "2024-01-02 03:04:05 +0000 UTC",
        "2024-01-02 03:04:05 -0800 PST".replace("03", "19").replace("01-02", "01-01"),
        "2024-01-02T08:34:05+05:30",
        "2024-01-02T08:34:05+0530",
        "2024/01/02 03:04:05",
        "20240102T030405",
        "Tue, 02 Jan 2024 03:04:05 GMT",
        "Tue Jan 02 2024 04:04:05 GMT+0100 (Central European Standard Time)",
        "January 2, 2024 03:04:05",
        "02-Jan-2024 03:04:05",
        "1/2/2024, 3:04:05 AM",
        "01/02/2024 03:04:05",
        "1704164645",
        "1704164645000",
    ],
)
def test_a_date_in_any_usual_form_is_read(text: str) -> None:
    """ISO 8601, RFC 1123, SQL, what browsers print and epoch digits are the same moment; no zone means UTC."""
    assert read_time(text) == JANUARY_2


@pytest.mark.parametrize(
    ("text", "hour"), [("1/2/2024, 12:00:00 AM", 0), ("1/2/2024, 12:00:00 PM", 12), ("1/2/2024, 1:00:00 PM", 13)]
)
def test_half_days_are_counted_from_twelve(text: str, hour: int) -> None:
    """Twelve is the first hour of both halves."""
    assert read_time(text) == datetime(2024, 1, 2, hour, tzinfo=UTC).timestamp() * 1000


@pytest.mark.parametrize(
    ("number", "time"), [(1704164645, JANUARY_2), (1704164645000, JANUARY_2), (1704164645.25, JANUARY_2 + 250)]
)
def test_epoch_seconds_and_milliseconds_are_both_understood(number: float, time: int) -> None:
    """Below 100 thousand million it is seconds; as milliseconds those were before March 1973."""
    assert read_time(number) == time


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "5",
        "2024-01-02T25:00:00Z",
        "2024-01-02T24:00:01Z",
        "2024-01-32T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-01-02T03:04:05+24:00",
        "13/01/2024",
        "1704164645000000",
        "9" * 15,
        "9999-99-99",
        10**20,
        -(10**20),
        10**400,
        float("inf"),
        float("nan"),
        True,
        None,
        {},
        [],
    ],
)
def test_anything_else_is_no_date(value: Json) -> None:
    """What nobody can mean is not guessed at."""
    assert read_time(value) is None


@given(MOMENTS, ZONES)
def test_an_iso_date_is_the_moment_that_python_reads(moment: datetime, zone: timezone) -> None:
    """Every offset is heeded, and fractions are cut to milliseconds."""
    moment = moment.replace(tzinfo=zone)
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert read_time(moment.isoformat()) == (cut - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(VALUES)
def test_whatever_is_given_there_is_a_time(value: Json) -> None:
    """Nothing is raised, and the result is a whole number of milliseconds (promise 4)."""
    assert type(event_time(value, {"receivedAt": value}, lambda _: None)) is int


def test_without_a_date_the_event_happened_when_it_was_received() -> None:
    """``receivedAt`` is archived with the event, so the time is the same whenever it is delivered (promise 3)."""
    assert event_time(None, {"receivedAt": "2024-01-02T03:04:05Z"}, pytest.fail) == JANUARY_2


def test_a_date_that_cannot_be_read_costs_a_warning() -> None:
    """A bad optional field costs only itself, and says so without its value (promises 4 and 7)."""
    warnings: list[str] = []
    assert event_time("secret", {"receivedAt": "2024-01-02T03:04:05Z"}, warnings.append) == JANUARY_2
    assert warnings == ["time: no date that can be read; receivedAt is used instead"]


def test_an_event_without_any_date_gets_the_time_that_mixpanel_refuses() -> None:
    """0 is before 1971, so the event becomes a dead letter instead of a wrong fact; the clock is not asked."""
    warnings: list[str] = []
    assert event_time(None, {}, warnings.append) == 0
    assert warnings == ["time: neither a date nor receivedAt; 0 is used, which Mixpanel refuses"]
