"""Simulated time: it passes when something takes time, and hours of outage pass in milliseconds."""

from datetime import UTC, datetime
from typing import Final

START: Final = datetime(2026, 1, 15, 10, 0, tzinfo=UTC).timestamp()


class Clock:
    """Seconds since 1970."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        """Return the present moment."""
        return self.time

    def now(self) -> datetime:
        """Return the same for ``switchyard.clock.now``."""
        return datetime.fromtimestamp(self.time, UTC)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds
