"""How many events a second a mapping of one's own makes, in which each of ten directives does something."""

from statistics import median
from typing import Final

import orjson
from benchmarks.events import track_events
from benchmarks.measuring import rate, read_options, show

from switchyard import memory
from switchyard.events import Json
from switchyard.mapping import compile_mapping

PAGE: Final = {"@path": "$.context.page"}

MAPPING: Final[Json] = {
    "event": {"@template": "{{event}} ({{context.app.name}})"},
    "user": {
        "@if": {"exists": {"@path": "$.userId"}, "then": {"@path": "$.userId"}, "else": {"@path": "$.anonymousId"}}
    },
    "language": {"@case": {"operator": "lower", "value": {"@path": "$.context.locale"}}},
    "slug": {"@replace": {"pattern": "/", "replacement": "-", "value": {"@path": "$.context.page.path"}}},
    "brands": {"@arrayPath": ["$.context.userAgentData.brands", {"name": {"@path": "$.brand"}}]},
    "page": {"@merge": {"direction": "right", "objects": [{"title": "untitled"}, PAGE]}},
    "experiment": {"@flatten": {"separator": ".", "value": {"@path": "$.properties.experiment"}}},
    "device": {"@json": {"mode": "encode", "value": {"@path": "$.context.screen"}}},
    "ids": {"@excludeWhenNull": {"user": {"@path": "$.userId"}, "group": {"@path": "$.context.groupId"}}},
    "version": {"@literal": "2"},
}
"""``@path`` stands inside most of the others, and is not counted once more."""


def main() -> None:
    """Print the result."""
    options = read_options(__doc__)
    evaluate = compile_mapping(MAPPING)
    events = [orjson.loads(line) for line in track_events(options.events)]
    memory.settle_in()

    def run() -> None:
        for event in events:
            evaluate(event)

    run()  # warms up
    show("mapping.custom", median(rate(run, len(events)) for _ in range(options.runs)), "events/s")


if __name__ == "__main__":
    main()
