"""Faults on purpose: what Mixpanel and the network have been seen to do, by a seeded schedule.

``throttle``      429 without ``Retry-After``
``server_error``  500, 502 or 503 with JSON
``html_error``    502 with a page for people
``unauthorized``  401
``drop_before``   the connection closes, nothing was stored
``drop_after``    the connection closes, everything was stored
``truncate``      the reply is cut short, everything was stored
``wrong_count``   ``num_records_imported`` (or ``num_good_events``) is off by one, everything was stored
"""

import json
import threading
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Final

from switchyard_cli.sandbox import replies
from switchyard_cli.sandbox.replies import Reply

KINDS: Final = (
    "throttle",
    "server_error",
    "html_error",
    "unauthorized",
    "drop_before",
    "drop_after",
    "truncate",
    "wrong_count",
)

_COUNTS: Final = ("num_records_imported", "num_good_events")


class ConnectionDropped(ConnectionResetError):
    """The schedule closes the connection instead of answering."""


class Faults:
    """A schedule that picks at most one fault for each ingestion request.

    ``rates`` gives a probability for each kind; together they are at most 1. ``injected`` counts what did happen: a
    ``wrong_count`` for a reply without a count does not. Raises ``ValueError`` for rates that make no sense.
    """

    def __init__(self, seed: int = 0, rates: Mapping[str, float] | None = None) -> None:
        self.seed = seed
        self.rates = dict(rates or {})
        self.injected: Counter[str] = Counter()
        self._random = Random(seed)  # noqa: S311 a schedule, not a secret
        self._lock = threading.Lock()
        _check(self.rates)

    def draw(self) -> str | None:
        """Pick the fault for the next request, None for most."""
        with self._lock:
            point = self._random.random()
        for kind, rate in self.rates.items():
            if point < rate:
                return kind
            point -= rate
        return None

    def before(self, kind: str | None, endpoint: str) -> Reply | None:
        """Answer instead of Mixpanel if this fault does; raises ``ConnectionDropped``."""
        if kind == "drop_before":
            self._count(kind)
            raise ConnectionDropped(kind)
        reply = self._error(kind, endpoint)
        if reply:
            self._count(kind)
        return reply

    def after(self, kind: str | None, reply: Reply) -> Reply:
        """Spoil Mixpanel's answer if this fault does; raises ``ConnectionDropped``."""
        if kind == "drop_after":
            self._count(kind)
            raise ConnectionDropped(kind)
        spoilt = _spoil(kind, reply)
        if spoilt != reply:
            self._count(kind)
        return spoilt

    def _error(self, kind: str | None, endpoint: str) -> Reply | None:
        match kind:
            case "throttle":
                return replies.throttled()
            case "server_error":
                with self._lock:
                    status = self._random.choice((500, 502, 503))
                return replies.failure(status, "the server could not answer")
            case "html_error":
                return replies.gateway_page()
            case "unauthorized":
                return replies.unauthorized(endpoint)
        return None

    def _count(self, kind: str | None) -> None:
        with self._lock:
            self.injected[str(kind)] += 1


def _check(rates: Mapping[str, float]) -> None:
    if unknown := rates.keys() - set(KINDS):
        raise ValueError(f"no such fault: {min(unknown)}; there are {', '.join(KINDS)}")
    if any(rate < 0 for rate in rates.values()) or sum(rates.values()) > 1:
        raise ValueError("rates must not be negative and together at most 1")


def _spoil(kind: str | None, reply: Reply) -> Reply:
    if kind == "truncate":
        return reply._replace(body=reply.body[: len(reply.body) // 2])
    return _miscounted(reply) if kind == "wrong_count" else reply


def _miscounted(reply: Reply) -> Reply:
    content = json.loads(reply.body) if reply.headers["Content-Type"] == "application/json" else {}
    if not (name := next((name for name in _COUNTS if name in content), None)):
        return reply
    return replies.as_json(reply.status, content | {name: content[name] - 1 if content[name] else 1})
