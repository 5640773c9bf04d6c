"""Times as Segment writes them: ISO 8601 in UTC, milliseconds, a ``Z`` at the end."""

import re
from datetime import UTC, datetime
from typing import Final

from switchyard.events import Json

_DATE: Final = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?!\d)")
_SECONDS_END: Final = 100_000_000_000  # as seconds the year 5138, as milliseconds 1973: so below are seconds
_LONGEST: Final = 64


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def to_iso(moment: datetime) -> str:
    """Write ``moment`` as ``2026-11-22T16:43:00.123Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(value: Json) -> datetime | None:
    """Read what SDKs send as a time: ISO 8601 with any offset (naive = UTC), epoch seconds or milliseconds."""
    try:
        if isinstance(value, str) and len(value) <= _LONGEST:
            return _in_utc(datetime.fromisoformat(_canonical(value.strip().upper())))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value if abs(value) < _SECONDS_END else value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _canonical(text: str) -> str:
    """Return the text as fromisoformat wants it. Raises ValueError for digits alone: they may be an epoch."""
    if text.isdecimal():
        raise ValueError("not a date for sure")
    # Segment's own documentation shows 2015-2-02T…
    date = _DATE.match(text)
    return f"{date[1]}-{date[2]:0>2}-{date[3]:0>2}{text[date.end() :]}" if date else text


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
