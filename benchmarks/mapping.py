"""How many track events a second one core maps: alone, beside what JSON costs anyway, and beside Segment's own code."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import orjson
from benchmarks import segment
from benchmarks.events import track_events
from benchmarks.measuring import Options, rate, read_options, show
from benchmarks.pipeline import Lines, compile_pipeline, in_batches, json_alone

from switchyard import memory

_SAMPLES: Final = 3
"""Of ours, just before and again just after Segment's three."""


class Round(NamedTuple):
    """What is compared, in events a second, measured at the same time as nearly as can be."""

    ours: float
    json: float
    segment: float | None


def main() -> None:
    """Print the results."""
    options = read_options(__doc__)
    rounds = _rounds(options, segment.folder())
    show("mapping.track_to_mixpanel", median(each.ours for each in rounds), "events/s")
    show("floor.json", median(each.json for each in rounds), "events/s")
    show("mapping.share_of_floor", median(each.ours / each.json for each in rounds), "ratio")
    compared = [(each.ours, each.segment) for each in rounds if each.segment]
    if compared:
        show("segment.on_batch", median(theirs for _, theirs in compared), "events/s")
        show("mapping.ratio_to_segment", median(ours / theirs for ours, theirs in compared), "ratio")


def _rounds(options: Options, oracle: Path | None) -> list[Round]:
    lines = track_events(options.events)
    batches = in_batches(lines)
    run = compile_pipeline()
    records = [orjson.loads(b"".join(run(batch))) for batch in batches]  # warms up, too
    memory.settle_in()

    def ours() -> list[float]:
        return [rate(lambda: [run(batch) for batch in batches], len(lines)) for _ in range(_SAMPLES)]

    def measure() -> Round:
        before = ours()
        theirs = segment.rate(oracle, len(lines)) if oracle else None
        return Round(median(before + ours()), _json_rate(batches, records), theirs)

    return [measure() for _ in range(options.runs)]


def _json_rate(batches: Sequence[Lines], records: Sequence[Sequence[object]]) -> float:
    pairs = list(zip(batches, records, strict=True))
    return rate(lambda: [json_alone(*pair) for pair in pairs], sum(len(batch) for batch in batches))


if __name__ == "__main__":
    main()
