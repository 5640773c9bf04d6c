"""Segment's own Mixpanel destination, run by ``bench.mjs`` in the folder that ORACLE_DIR names."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.pipeline import BATCH

LABEL: Final = "onBatch, incl"
"""The measurement that does what ours does: JSON of events in, the request's body out, its HTTP left out."""

_RUNS: Final = 3
_NUMBER: Final = re.compile(r"\d[\d,]*(?=\s)")


def folder() -> Path | None:
    """Return the folder, if it is there with its packages and Node can run them."""
    found = Path(os.environ.get("ORACLE_DIR") or "no such folder")
    runnable = shutil.which("node") and (found / "bench.mjs").is_file() and (found / "node_modules").is_dir()
    return found if runnable else None


def rate(folder: Path, events: int) -> float:
    """Return its events a second: the median of some runs in a process of their own, after one to warm up."""
    command = ["node", "--expose-gc", "bench.mjs", str(events), str(_RUNS), str(BATCH)]
    environment = {**os.environ, "ONLY": LABEL}
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return read_rate(process.stdout)


def read_rate(output: str) -> float:
    """Return the median of the figures in the measurement's line."""
    line = next(line for line in output.splitlines() if line.startswith(LABEL))
    return median(float(number.replace(",", "")) for number in _NUMBER.findall(line.removeprefix(LABEL)))
