"""How often a second a preset's condition is evaluated, on events that it holds for."""

from statistics import median

import orjson
from benchmarks.events import track_events
from benchmarks.measuring import rate, read_options, show

from switchyard import memory
from switchyard.destinations.mixpanel import DESTINATION_TYPE
from switchyard.fql import compile_fql


def main() -> None:
    """Print the result."""
    options = read_options(__doc__)
    holds = compile_fql(DESTINATION_TYPE.presets[0]["subscribe"])
    events = [orjson.loads(line) for line in track_events(options.events)]
    memory.settle_in()

    def run() -> None:
        for event in events:
            holds(event)

    run()  # warms up
    show("fql.eval", median(rate(run, len(events)) for _ in range(options.runs)), "evaluations/s")


if __name__ == "__main__":
    main()
