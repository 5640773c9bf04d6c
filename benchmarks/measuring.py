"""What the benchmarks share: their options, the clock, and the form of a result."""

import argparse
import json
import time
from collections.abc import Callable
from typing import NamedTuple


class Options(NamedTuple):
    """How many events are made, and how often everything is measured; a result is the median."""

    events: int
    runs: int


def read_options(description: str | None, *, events: int = 10_000, runs: int = 5) -> Options:
    """Read the command line; the numbers are what counts when it says nothing."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--events", type=int, default=events, help="events in a run (%(default)s)")
    parser.add_argument("--runs", type=int, default=runs, help="runs, of which the median counts (%(default)s)")
    arguments = parser.parse_args()
    return Options(arguments.events, arguments.runs)


def rate(work: Callable[[], object], count: int) -> float:
    """Return how many things a second are done by ``work``, which does ``count`` of them."""
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def show(name: str, value: float, unit: str) -> None:
    """Print a result as a line of JSON."""
    digits = 0 if value >= 1000 else 3  # noqa: PLR2004 - beyond a thousand, nothing behind the point is true
    print(json.dumps({"name": name, "value": round(value, digits or None), "unit": unit}), flush=True)
