"""Events, and SDKs that send them until they are told 200."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final

import orjson
from tests.delivery.chaos.chance import Chance, Crash
from tests.delivery.chaos.clock import Clock
from tests.delivery.chaos.lambdas import Lambdas

from switchyard import clock as times

KEYS: Final = ("web-key", "app-key")
GOOD: Final = ("track", "track", "large", "page", "order", "user", "steps", "group", "count", "count", "alias")
BAD: Final = ("placeholder user", "too deep", "no such number", "bad member")
ODD: Final = ("says no", "unnamed")
POISON: Final = "poison"
CURSED: Final = "cursed"

Event = dict[str, Any]


@dataclass(slots=True)
class Request:
    """One batch of an SDK's; ``id`` is API Gateway's of the last try, ``body`` is what it sent then."""

    key: str
    events: list[Event]
    body: Event = field(default_factory=dict)
    accepted: bool = False


class Clients:
    """Every SDK there is. ``new_event`` makes events by kind; each has a user of its own but those of one batch."""

    def __init__(self, clock: Clock, chance: Chance, lambdas: Lambdas) -> None:
        self.requests: list[Request] = []
        self._clock = clock
        self._chance = chance
        self._lambdas = lambdas
        self._numbers = count(1)
        self._ids = count(1)

    def send_new(self, kinds: list[str]) -> None:
        """Send a new batch."""
        events = [event for kind in kinds for event in _events(kind, next(self._numbers), self._clock.time - 5)]
        self.requests.append(Request(self._chance.random.choice(KEYS), events))
        self.send(self.requests[-1])

    def send_again(self) -> None:
        """Send every request again that was not told 200."""
        for request in [request for request in self.requests if not request.accepted]:
            self.send(request)

    def send(self, request: Request) -> None:
        """Send a request; a second try is the same body, or one with a new ``sentAt``, as SDKs differ in that."""
        if request.body:
            self._chance.counts["request sent again"] += 1
        if not request.body or self._chance.random.random() < 0.5:
            request.body = {"batch": request.events, "sentAt": times.to_iso(self._clock.now())}
        try:
            answer = self._lambdas.invoke("CollectFunction", self._proxy_event(request))
        except Crash:
            return
        request.accepted = answer["statusCode"] == 200

    def _proxy_event(self, request: Request) -> dict[str, Any]:
        self._clock.advance(self._chance.random.uniform(0.01, 0.2))
        basic = base64.b64encode(f"{request.key}:".encode()).decode()
        return {
            "httpMethod": "POST",
            "path": "/v1/batch",
            "headers": {"Authorization": f"Basic {basic}", "Content-Type": "application/json"},
            "body": orjson.dumps(request.body).decode(),
            "isBase64Encoded": False,
            "requestContext": {"requestId": f"request-{next(self._ids)}"},
        }


def kinds(random: Random) -> list[str]:
    """Return the kinds of one batch: mostly good events."""
    pool = random.choices((GOOD, BAD, ODD), weights=(10, 2, 1), k=random.choice((1, 2, 3, 5, 8)))
    return [random.choice(each) for each in pool]


def _events(kind: str, number: int, at: float) -> list[Event]:
    mark = f"{number}-{kind.replace(' ', '-')}"
    steps = range(3) if kind == "steps" else range(1)
    return [_event(kind, mark, f"{mark}-{step}", at + step, step) for step in steps]


def _event(kind: str, mark: str, message_id: str, at: float, step: int) -> Event:
    common: Event = {
        "messageId": message_id,
        "timestamp": times.to_iso(times.parse(at) or times.now()),
        "userId": f"user-{mark}",
        "properties": {"mark": mark},
    }
    return common | _KINDS[kind](mark, step)


def _track(name: str, **properties: Any) -> Callable[[str, int], Event]:
    return lambda mark, _step: {"type": "track", "event": name, "properties": {"mark": mark, **properties}}


def _nested(depth: int) -> Event:
    return {"a": _nested(depth - 1)} if depth else {}


_KINDS: Final[dict[str, Callable[[str, int], Event]]] = {
    "track": _track("Good"),
    "large": _track("Good", text="x" * 2000),
    "order": _track("Order Completed", products=[{"sku": "s", "price": 3}] * 3, revenue=9),
    "count": _track("Counted", increment={"visits": 1}),
    "page": lambda mark, _step: {"type": "page", "name": "Good"},
    "user": lambda mark, _step: {
        "type": "identify",
        "anonymousId": f"anonymous-{mark}",
        "traits": {"email": f"{mark}@example.com", "plan": "pro"},
    },
    "steps": lambda mark, step: {"type": "identify", "traits": {"plan": f"step {step}", f"seen {step}": True}},
    "group": lambda mark, _step: {"type": "group", "groupId": mark, "traits": {"name": mark}},
    "alias": lambda mark, _step: {"type": "alias", "previousId": f"before-{mark}"},
    "placeholder user": lambda mark, _step: _track("Bad")(mark, 0) | {"userId": "undefined"},
    "too deep": _track("Bad", deep=_nested(30)),
    "no such number": lambda mark, _step: {
        "type": "track",
        "event": "Counted",
        "properties": {"increment": {"n": "x"}},
    },
    "bad member": lambda mark, _step: {"type": "identify", "userId": f"user-{mark}", "traits": {"deep": _nested(30)}},
    "says no": lambda mark, _step: _track("Good")(mark, 0) | {"integrations": {"All": False}},
    "unnamed": lambda mark, _step: {"type": "track"},
    POISON: _track("Good", poison=True),
    CURSED: _track("Good", text="cursed"),
}
