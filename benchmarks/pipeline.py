"""JSON of events in, the body of Mixpanel's request out: forward's own functions, with nothing left out but HTTP."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import orjson

from switchyard.config import DestinationConfig, SubscriptionConfig
from switchyard.destinations.base import Batch, Outcome, Verdict
from switchyard.destinations.mixpanel import DESTINATION_TYPE
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.envelope import Item
from switchyard.forward.deliver import deliver
from switchyard.forward.plan import compile_destination, plan

BATCH: Final = 1000
"""Events that are read, mapped and sent together."""

Lines: TypeAlias = Sequence[bytes]
"""Events, each as JSON."""

_SENT: Final = Outcome(Verdict.DELIVERED)


def in_batches(lines: Lines) -> list[Lines]:
    """Split the events into batches."""
    return [lines[start : start + BATCH] for start in range(0, len(lines), BATCH)]


def compile_pipeline() -> Callable[[Lines], list[bytes]]:
    """Return a function that makes the bodies for one batch, by Segment's presets."""
    bodies: list[bytes] = []

    def keep(batch: Batch, _settings: object, _has_time: object) -> list[Outcome]:
        bodies.append(b"[" + b",".join(batch.records) + b"]")
        return [_SENT] * len(batch.records)

    presets = tuple(SubscriptionConfig(**preset) for preset in DESTINATION_TYPE.presets)
    config = DestinationConfig("benchmark", "mixpanel", {"projectToken": "token"}, presets)
    destination = compile_destination(config, replace(DESTINATION_TYPE, send=keep), dict)
    settings = MixpanelSettings("token")

    def run(lines: Lines) -> list[bytes]:
        bodies.clear()
        deliveries = [plan(item, item.event, destination, settings, _ignore) for item in map(Item, lines)]
        deliver(deliveries, destination, settings, lambda: True)
        return bodies.copy()

    return run


def json_alone(lines: Lines, records: Sequence[object]) -> bytes:
    """Read the events and write the records that became of them, and do nothing in between."""
    events = [orjson.loads(line) for line in lines]
    assert len(events) == len(records)  # noqa: S101 - all are held until here, as they are by who maps them
    return b"[" + b",".join([orjson.dumps(record) for record in records]) + b"]"


def _ignore(_message_id: str, _sentence: str) -> None:
    """Take a warning, of which these events give none."""
