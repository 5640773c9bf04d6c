"""What people and tests see of a sandbox over HTTP, below ``/sandbox``.

``GET /sandbox`` has the counts, ``GET /sandbox/events``, ``/sandbox/profiles`` and ``/sandbox/groups`` have the data
(``?token=`` picks one project), ``DELETE /sandbox`` empties it.
"""

from collections import Counter

from switchyard.events import Json
from switchyard_cli.sandbox import replies
from switchyard_cli.sandbox.bodies import Request, parse
from switchyard_cli.sandbox.faults import Faults
from switchyard_cli.sandbox.replies import Reply
from switchyard_cli.sandbox.rules import is_number
from switchyard_cli.sandbox.store import Store


def answer(request: Request, store: Store, faults: Faults) -> Reply:
    """Answer a request that is not for Mixpanel's own endpoints; 404 for an unknown path."""
    token = request.params.get("token")
    match request.method, request.path:
        case "GET", "/sandbox":
            return replies.as_json(200, _summary(store, faults, token))
        case "GET", "/sandbox/events":
            return replies.as_json(200, store.snapshot(token).events)
        case "GET", "/sandbox/profiles":
            return replies.as_json(200, store.snapshot(token).profiles)
        case "GET", "/sandbox/groups":
            return replies.as_json(200, store.snapshot(token).groups)
        case "DELETE", "/sandbox":
            store.clear()
            return replies.as_json(200, {"status": "OK"})
    return replies.failure(404, "no such endpoint")


def read_faults(body: bytes) -> Faults:
    """Read a schedule from ``{"seed": 1, "rates": {"throttle": 0.1}}``; raises ``ValueError``."""
    content = parse(body.decode())
    if not _is_schedule(content):
        raise ValueError('faults are configured by {"seed": 1, "rates": {"throttle": 0.1}}')
    return Faults(content.get("seed", 0), content["rates"])


def _is_schedule(content: Json) -> bool:
    match content:
        case {"rates": dict(rates)}:
            return isinstance(content.get("seed", 0), int) and all(map(is_number, rates.values()))
    return False


def _summary(store: Store, faults: Faults, token: str | None) -> Json:
    snapshot = store.snapshot(token)
    return {
        "events": Counter(event["event"] for event in snapshot.events),
        "profiles": len(snapshot.profiles),
        "groups": {key: len(profiles) for key, profiles in snapshot.groups.items()},
        "aliases": snapshot.aliases,
        **store.log(),
        "faults": {"seed": faults.seed, "rates": faults.rates, "injected": faults.injected},
    }
