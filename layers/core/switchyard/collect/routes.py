"""Which path is which call: the one table that collect, its OpenAPI file and its tests read.

Paths may begin with ``/v1`` or not: on API Gateway's own host the stage is the ``/v1``, and some SDKs are given it
besides. Slashes at the end and doubled ones count for nothing.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from switchyard.events import CALLS


class Use(StrEnum):
    """What a path is there for."""

    EVENT = "one event"
    BATCH = "a batch of events"
    METRICS = "what SDKs count about themselves"
    PIXEL = "one event, from an image in an e-mail"
    SETTINGS = "what SDKs ask before they send"
    WEBHOOK = "events that Segment collected"


class Route(NamedTuple):
    """A path, in which ``{name}`` stands for any one part, and what is sent to it: a type of event, or a batch."""

    method: str
    path: str
    use: Use
    call: str = ""
    is_client_side: bool = False


ROUTES: Final = (
    *(Route("POST", f"/{call}", Use.EVENT, call) for call in CALLS),
    # The browser's SDK posts to the first letter of the type.
    *(Route("POST", f"/{call[0]}", Use.EVENT, call, is_client_side=True) for call in CALLS),
    Route("POST", "/batch", Use.BATCH, "batch"),
    Route("POST", "/import", Use.BATCH, "batch"),
    Route("POST", "/b", Use.BATCH, "batch", is_client_side=True),
    Route("POST", "/m", Use.METRICS),
    *(Route("GET", f"/pixel/{call}", Use.PIXEL, call, is_client_side=True) for call in CALLS),
    # React Native puts either "/projects/{writeKey}/settings" or "/{writeKey}/settings" behind the address it is given.
    Route("GET", "/projects/{writeKey}/settings", Use.SETTINGS),
    Route("GET", "/projects/projects/{writeKey}/settings", Use.SETTINGS),
    Route("GET", "/{writeKey}/settings", Use.SETTINGS),
    Route("POST", "/webhooks/segment/{source}", Use.WEBHOOK),
)


class Found(NamedTuple):
    """A path's route, and the part of the path that ``{name}`` stands for."""

    route: Route
    argument: str = ""


def find_route(path: str) -> Found | None:
    """Return the route of a request's path, whatever its method."""
    parts = [part for part in path.split("/") if part]
    while parts[:1] == ["v1"]:
        del parts[0]
    if route := _PLAIN.get("/" + "/".join(parts)):
        return Found(route)
    return next((Found(each, parts[place]) for each, place in _PATTERNS if _fits(each, parts, place)), None)


def _place(route: Route) -> int:
    return next(number for number, part in enumerate(route.path[1:].split("/")) if part.startswith("{"))


def _fits(route: Route, parts: list[str], place: int) -> bool:
    pattern = route.path[1:].split("/")
    return len(parts) == len(pattern) and [*parts[:place], pattern[place], *parts[place + 1 :]] == pattern


_PLAIN: Final = {route.path: route for route in ROUTES if "{" not in route.path}
_PATTERNS: Final = tuple((route, _place(route)) for route in ROUTES if "{" in route.path)
