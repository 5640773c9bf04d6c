"""The stations of one event's way, as the functions logged them."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any, Final, NamedTuple

from switchyard.observability import DELIVERED, FAILED, FILTERED, RETRIED
from switchyard_cli.deployment import Deployment
from switchyard_cli.function_log import FunctionLog


class Station(NamedTuple):
    """What became of the event in one run of a function; ``at`` is the source or the destination."""

    time: str
    function: str
    what: str
    at: str | None = None
    why: str = ""


def find_stations(deployment: Deployment, message_id: str, since: datetime) -> list[Station]:
    """Return the event's stations, the oldest first; a replayed event has those of each time.

    Raises boto3's errors where the logs cannot be read, OSError for a local one.
    """
    collected = list(_collected(FunctionLog(deployment, "collect", since), message_id))
    archive = FunctionLog(deployment, "archive", since)
    requests = dict.fromkeys(request_id for request_id, station in collected if station.what == "collected")
    archived = chain.from_iterable(_archived(archive, each) for each in requests)
    types = [FunctionLog(deployment, each, since) for each in deployment.destination_types]
    forwarded = chain.from_iterable(_forwarded(log, message_id) for log in types)
    return sorted({*(station for _, station in collected), *archived, *forwarded})


def _collected(log: FunctionLog, message_id: str) -> Iterator[tuple[str, Station]]:
    for line in log.lines(message_id):
        if not str(line.get("message")).startswith("request collected"):
            continue
        station = Station(line["timestamp"], "collect", "collected", line.get("source"))
        if message_id in line.get("message_ids", ()):
            yield line["request_id"], station
        for code, ids in line.get("refused_ids", {}).items():
            if message_id in ids:
                yield line["request_id"], station._replace(what="dead letter", why=code)


def _archived(log: FunctionLog, request_id: str) -> Iterator[Station]:
    for line in log.lines(request_id):
        if request_id in line.get("request_ids", ()):
            yield Station(line["timestamp"], "archive", "archived")


_ENDS: Final = {
    DELIVERED: "delivered",
    FILTERED: "filtered",
    RETRIED: "put off, to be tried again",
    FAILED: "dead letter",
}


def _forwarded(log: FunctionLog, message_id: str) -> Iterator[Station]:
    for line in log.lines(message_id):
        for name, end in _ENDS.items():
            if message_id in line.get(name, ()):
                yield Station(line["timestamp"], "forward", end, line.get("destination"), _why(name, line))


def _why(end: str, line: dict[str, Any]) -> str:
    """Return the reasons of a line; it is about up to a hundred events, but mostly for one reason."""
    return "; ".join(line.get("why") or ()) if end in (RETRIED, FAILED) else ""
