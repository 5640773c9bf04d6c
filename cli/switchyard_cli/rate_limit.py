"""No more than so many a second."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """Holds up whoever is faster than ``rate`` a second, counted from the first call of ``keep``."""

    rate: float
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _ready_at: float | None = None

    def keep(self, number: int) -> None:
        """Wait until it is time for what comes after these."""
        now = self.now()
        # Time that passed unused is not made up for: a burst is what the rate is there to prevent.
        self._ready_at = max(self._ready_at or now, now) + number / self.rate
        self.sleep(self._ready_at - now)
