"""Play schedules on demand: ``python -m tests.delivery.chaos 0-999``, or one seed to see what it breaks."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from time import monotonic
from typing import Final

from tests.delivery.chaos.figures import Figures, play

_MAX_SHOWN: Final = 5


def main(argument: str) -> int:
    """Play the seeds ``first-last``, or one; return the exit code."""
    first, _, last = argument.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    figures, started = Figures(), monotonic()
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as processes:
        for each in processes.map(play, seeds, chunksize=4):
            figures.add(each)
            _show_progress(figures, len(seeds))
    for seed, violations in list(figures.violations.items())[:_MAX_SHOWN]:
        _say(f"seed {seed}: play it again with make chaos SEEDS={seed}", *(f"  {each}" for each in violations))
    _say(str(figures), f"seeds {argument}, {monotonic() - started:.0f} s")
    return 1 if figures.violations else 0


def _show_progress(figures: Figures, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if figures.schedules == total else ""
        sys.stderr.write(f"\r{figures.schedules} of {total} schedules, {len(figures.violations)} broken{end}")


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "0-999"))
