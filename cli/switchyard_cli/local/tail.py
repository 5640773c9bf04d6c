"""A line for each request to the local stack, who sends what, and for what a destination did not take."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from rich.console import Console
from rich.text import Text

from switchyard.collect.routes import Use, find_route
from switchyard.observability import FAILED, RETRIED
from switchyard_cli.local.gateway import REQUEST_ID, Exchange
from switchyard_cli.terminal import plain

MAX_PATH: Final = 60
"""Characters of a path that are shown."""

_TOLD_OF_REQUESTS: Final = frozenset({"request collected", "request refused", "events not stored"})
_NOT_DELIVERED: Final = {FAILED: "refused", RETRIED: "put off"}
_COLUMNS: Final = (8, 3, 14, 32, 28)


class Line(NamedTuple):
    """What is shown of a request, in the order of the columns."""

    time: str
    status: str
    source: str
    library: str
    calls: str
    outcome: str


class Tail:
    """Prints a line when a request is answered, from the answer and from what collect logged about it.

    What is not delivered has lines of its own, when forward logs it.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._logged: dict[str, dict[str, Any]] = {}

    def hear(self, line: str) -> None:
        """Take a line of the functions' log; what tells of a request is kept until that is answered."""
        with contextlib.suppress(orjson.JSONDecodeError):
            record = orjson.loads(line) if '"request_id"' in line else {}
            if record.get("message") in _TOLD_OF_REQUESTS:
                self._logged[record["request_id"]] = record
            for each in describe_ends(record, _now()):
                self._print(each)

    def answered(self, exchange: Exchange) -> None:
        """Print the line of a request."""
        record = self._logged.pop(exchange.headers.get(REQUEST_ID, ""), {})
        self._print(describe(exchange, record, _now()))

    def _print(self, line: Line) -> None:
        self._console.print(_drawn(line), soft_wrap=True)


def _now() -> datetime:
    return datetime.now().astimezone()


def describe(exchange: Exchange, record: Mapping[str, Any], now: datetime) -> Line:
    """Return the line of a request, of which collect logged ``record``, or nothing."""
    return Line(
        time=f"{now:%H:%M:%S}",
        status=str(exchange.status),
        source=record.get("source", "-"),
        library=record.get("library") or "-",
        calls=_calls(exchange, record),
        outcome=_outcome(exchange, record),
    )


def describe_ends(record: Mapping[str, Any], now: datetime) -> Iterator[Line]:
    """Yield a line for the events of a message that were refused, and one for those put off, if forward logged any."""
    for end, word in _NOT_DELIVERED.items():
        if ids := record.get(end) if record.get("message") == "message forwarded" else ():
            why = "; ".join(record["why"])
            yield Line(
                f"{now:%H:%M:%S}", "-", record["source"], f"→ {record['destination']}", f"{len(ids)} {word}", why
            )


def _calls(exchange: Exchange, record: Mapping[str, Any]) -> str:
    """Return the events' types and numbers, else the path as it was asked for, cut; one with a key in it as a route."""
    if calls := record.get("calls"):
        return ", ".join(call if number == 1 else f"{call} x{number}" for call, number in calls.items())
    found = find_route(exchange.path)
    return f"{exchange.method} {found.route.path if found and '{' in found.route.path else exchange.path[:MAX_PATH]}"


def _outcome(exchange: Exchange, record: Mapping[str, Any]) -> str:
    match record.get("message"):
        case "request collected":
            return _collected(record)
        case "request refused":
            return f"refused: {record['code']}{_words(exchange)}"
        case "events not stored":
            return f"not stored: {record['why']}"
    return _unlogged(exchange)


def _collected(record: Mapping[str, Any]) -> str:
    parts = [f"{record['accepted']} accepted"]
    parts += [f"{number} refused: {code}" for code, number in record["refused"].items()]
    parts += [f"try {record['retries'] + 1}"] if record["retries"] else []
    return ", ".join(parts)


def _words(exchange: Exchange) -> str:
    """Return what the client is told, where it is told anything."""
    if not exchange.headers.get("Content-Type", "").startswith("application/json"):
        return ""
    return f" ({orjson.loads(exchange.body)['message']})"


def _unlogged(exchange: Exchange) -> str:
    if exchange.method == "OPTIONS":
        return "a browser asked first"
    if exchange.status >= 400:  # noqa: PLR2004 - where errors begin
        return f"refused{_words(exchange)}"
    found = find_route(exchange.path)
    return f"{found.route.use}" if found and found.route.use is not Use.EVENT else ""


def _drawn(line: Line) -> Text:
    style = {"2": "green", "4": "yellow", "5": "red"}.get(line.status[:1], "")
    if "refused" in line.outcome or line.calls.endswith(tuple(_NOT_DELIVERED.values())):
        style = "yellow"
    text = plain(line.time.ljust(_COLUMNS[0]), "dim")
    for value, width in zip(line[1:-1], _COLUMNS[1:], strict=True):
        text.append("  ").append(plain(value.ljust(width), style if value == line.status else ""))
    return text.append("  ").append(plain(line.outcome, style))
