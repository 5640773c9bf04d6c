"""Date strings, as Segment's destination reads them: dayjs for those without a zone, else JavaScript's ``Date``.

Their oddities are kept, since the events that are in Mixpanel already were dated by them. What ``Date`` only guesses
at, such as a bare ``5`` for May 2001, is no date here.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LONGEST: Final = 100
_CENTURY: Final = 100
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_LOOSE: Final = re.compile(
    r"(?!\d{15})(?P<year>\d{4})[-/]?(?P<month>\d{1,2})?[-/]?(?P<day>\d{1,2})?[t\s]*"
    r"(?P<hour>\d{1,2})?:?(?P<minute>\d{1,2})?:?(?P<second>\d{1,2})?[.:]?(?P<fraction>\d+)?",
    re.ASCII | re.IGNORECASE,
)
"""dayjs: every part but the year may be missing, and too large a part runs over into the next."""

_YEAR, _MONTH, _DAY = r"(?P<year>\d{4})", r"(?P<month>0?[1-9]|1[0-2])", r"(?P<day>0?[1-9]|[12]\d|3[01])"
_NAME: Final = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*"
_DATES: Final = (
    rf"(?:\+00)?{_YEAR}(?:[-/]{_MONTH}(?:[-/]{_DAY})?)?",
    rf"{_MONTH}[-/]{_DAY}[-/]{_YEAR}",
    rf"(?:[a-z]+,?\s+)?{_DAY}[\s-]{_NAME}[\s-]{_YEAR}",
    rf"(?:[a-z]+,?\s+)?{_NAME}\s+{_DAY},?\s+{_YEAR}",
)
_TIME: Final = (
    r"(?:,?[t\s]\s*(?P<hour>[01]?\d|2[0-3]|24(?=:00(?::00(?:\.0+)?)?(?![:.\d])))"
    r":(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.(?P<fraction>\d+))?)?(?:\s(?P<half>[ap])m)?)?"
)
_ZONE: Final = (
    r"\s*(?:z|(?:utc|gmt)?\s*(?:(?P<sign>[+-])(?P<ahead_hours>[01]\d|2[0-3]):?(?P<ahead_minutes>[0-5]\d)"
    r"(?:\s*\(.*\)|\s[a-z]{3,4})?)?)"
)
_EXACT: Final = tuple(re.compile(_date + _TIME + _ZONE, re.ASCII | re.IGNORECASE) for _date in _DATES)
"""``Date``: ISO 8601 and the forms of RFC 1123, SQL and browsers; without a zone in UTC, as on Segment's servers."""


def read_date(text: str) -> int | None:
    """Return the milliseconds since 1970 for a date, or None for text that is none."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if loose := _LOOSE.fullmatch(text):
        return _read_loose(loose)
    matches = (form.fullmatch(text) for form in _EXACT)
    return next((_read_exact(match) for match in matches if match), None)


def _read_loose(match: re.Match[str]) -> int | None:
    year, month = int(match["year"]), int(match["month"] or 1)
    # As in Date.UTC, two digits are a year of the last century. And .5 is 5 ms, not half a second.
    return _milliseconds(year + 1900 * (year < _CENTURY), month, _clock(match), int((match["fraction"] or "0")[:3]))


def _read_exact(match: re.Match[str]) -> int | None:
    parts = match.groupdict()
    month = _MONTHS.index(parts["name"].lower()) + 1 if parts.get("name") else int(parts["month"] or 1)
    fraction = int((parts["fraction"] or "0")[:3].ljust(3, "0"))
    into_month = _clock(match) + _half_day(match) - _ahead_of_utc(match)
    return _milliseconds(int(parts["year"]), month, into_month, fraction)


def _clock(match: re.Match[str]) -> timedelta:
    """Return how far into its month a moment is, in whole seconds."""
    units = {f"{name}s": int(match[name] or 0) for name in ("hour", "minute", "second")}
    return timedelta(days=int(match["day"] or 1) - 1, **units)


def _half_day(match: re.Match[str]) -> timedelta:
    """Return what ``PM`` adds to the hour, and what ``AM`` takes from twelve."""
    if match["half"] is None:
        return timedelta()
    return timedelta(hours=12 * (match["half"] in "pP") - 12 * (int(match["hour"]) == 12))  # noqa: PLR2004 - noon


def _ahead_of_utc(match: re.Match[str]) -> timedelta:
    ahead = timedelta(hours=int(match["ahead_hours"] or 0), minutes=int(match["ahead_minutes"] or 0))
    return -ahead if match["sign"] == "-" else ahead


def _milliseconds(year: int, month: int, into_month: timedelta, fraction: int) -> int | None:
    years, months = divmod(month - 1, 12)
    try:
        first = datetime(year + years, months + 1, 1, tzinfo=UTC)
    except ValueError:
        return None
    return (first - _EPOCH + into_month) // _MILLISECOND + fraction
