"""A line for each request to the local stack: who sends what, and what becomes of it."""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from rich.console import Console
from rich.text import Text

from switchyard.collect.routes import Use, find_route
from switchyard_cli.local.gateway import REQUEST_ID, Exchange
from switchyard_cli.terminal import plain

MAX_PATH: Final = 60
"""Characters of a path that is no route's."""

_TOLD_OF_REQUESTS: Final = frozenset({"request collected", "request refused", "events not stored"})
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
    """Prints a line when a request is answered, from the answer and from what collect logged about it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._logged: dict[str, dict[str, Any]] = {}

    def hear(self, line: str) -> None:
        """Take a line of the functions' log; what tells of a request is kept until that is answered."""
        with contextlib.suppress(orjson.JSONDecodeError):
            record = orjson.loads(line) if '"request_id"' in line else {}
            if record.get("message") in _TOLD_OF_REQUESTS:
                self._logged[record["request_id"]] = record

    def answered(self, exchange: Exchange) -> None:
        """Print the line of a request."""
        record = self._logged.pop(exchange.headers.get(REQUEST_ID, ""), {})
        self._console.print(_drawn(describe(exchange, record, datetime.now().astimezone())), soft_wrap=True)


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


def _calls(exchange: Exchange, record: Mapping[str, Any]) -> str:
    """Return the events' types and numbers, else the route; its key is left out, and what no route has is cut."""
    if calls := record.get("calls"):
        return ", ".join(call if number == 1 else f"{call} x{number}" for call, number in calls.items())
    found = find_route(exchange.path)
    return f"{exchange.method} {found.route.path if found else exchange.path[:MAX_PATH]}"


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
    if "refused" in line.outcome:
        style = "yellow"
    text = plain(line.time.ljust(_COLUMNS[0]), "dim")
    for value, width in zip(line[1:-1], _COLUMNS[1:], strict=True):
        text.append("  ").append(plain(value.ljust(width), style if value == line.status else ""))
    return text.append("  ").append(plain(line.outcome, style))
