"""Mixpanel: a strict sandbox for each project, and the weather between it and us.

It is an adapter of ``requests``, so the real transport, sender and batcher are what is tried.
"""

import gzip
import io
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from tests.delivery.chaos.chance import AMBIGUOUS, Chance, Crash
from tests.delivery.chaos.clock import Clock
from urllib3 import HTTPResponse

from switchyard.destinations.mixpanel import transport
from switchyard.destinations.mixpanel.replies import Reply
from switchyard.destinations.mixpanel.transport import Request
from switchyard_cli.sandbox import ConnectionDropped, Faults, Sandbox, replies
from switchyard_cli.sandbox import Reply as SandboxReply

PROJECTS: Final[Mapping[str, str]] = {
    "api.mixpanel.com": "us",
    "api-eu.mixpanel.com": "eu",
    "api-in.mixpanel.com": "in",
}
CURSED: Final = b"cursed"
"""Whatever holds this word makes Mixpanel fail, every time."""

_FLAKY: Final = {
    "throttle": 0.05,
    "server_error": 0.06,
    "html_error": 0.05,
    "drop_before": 0.06,
    "drop_after": 0.06,
    "truncate": 0.06,
    "wrong_count": 0.06,
    "unauthorized": 0.03,
}
WEATHER: Final[Mapping[str, Mapping[str, float]]] = {
    "calm": {},
    "flaky": _FLAKY,
    "small": {},  # 413 for whatever is larger than a few events
    "down": {"server_error": 0.3, "html_error": 0.3, "drop_before": 0.4},
    "unauthorized": {"unauthorized": 1.0},
    "throttled": {"throttle": 1.0},
    "wait in seconds": {},  # 429 with Retry-After, in both of its forms
    "wait until": {},
}
OUTAGES: Final = ("down", "unauthorized", "throttled", "wait in seconds", "wait until")
_SMALL_BYTES: Final = 6000
_LARGE_BYTES: Final = 10 * 1024 * 1024
_LONG_WAIT: Final = 1800


@dataclass(slots=True)
class Project:
    """One project, and what the weather is on the way to it."""

    sandbox: Sandbox
    weather: str = "calm"
    since: float = 0.0
    schedules: list[Faults] = field(default_factory=list)
    requests: int = 0


class Mixpanel(BaseAdapter):
    """Answers every request of the transport's."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        super().__init__()
        self.projects = {name: _project(name, clock) for name in PROJECTS.values()}
        self.outage_seconds = 0.0
        self.overtake: Callable[[], object] = lambda: None
        self._clock = clock
        self._chance = chance

    def set_weather(self, name: str, weather: str) -> None:
        """Change the weather of a project."""
        project = self.projects[name]
        if project.weather in OUTAGES:
            self.outage_seconds += self._clock.time - project.since
        project.weather, project.since = weather, self._clock.time
        rates = {
            kind: rate for kind, rate in WEATHER[weather].items() if not (self._chance.honest and kind in AMBIGUOUS)
        }
        project.sandbox.faults = Faults(self._chance.random.getrandbits(32), rates)
        project.sandbox.max_request_bytes = _SMALL_BYTES if weather == "small" else _LARGE_BYTES
        project.schedules.append(project.sandbox.faults)

    def injected(self) -> Counter[str]:
        """Count what the sandboxes did on purpose."""
        return sum((each.injected for project in self.projects.values() for each in project.schedules), Counter())

    def in_place(self) -> AbstractContextManager[object]:
        """Put this Mixpanel at the end of the transport's connections."""
        return patch.object(transport._SESSION, "adapters", {"https://": self})

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answer a request, or do what happens instead."""
        project = self.projects[PROJECTS[str(urlsplit(request.url).hostname)]]
        project.requests += 1
        self._chance.crash("crash before post", 0.01)
        self.overtake()
        self._time_out("before")
        reply = self._reply(project, request)
        self._clock.advance(self._chance.random.uniform(0.05, 1))
        self._time_out("after")
        self._chance.crash("crash after post", 0.01)
        if self._chance.happens("reply times out", 0.01):
            self._clock.advance(15)
            raise requests.ReadTimeout
        return _response(reply)

    def close(self) -> None:
        """Nothing is open."""

    def post(self, request: Request) -> Reply:
        """Answer a request of the sender's without HTTP, and without accidents."""
        project = self.projects[PROJECTS[str(urlsplit(request.url).hostname)]]
        reply = self._answer(project, request.url, request.headers, request.body)
        return Reply(reply.status, reply.body, reply.headers)

    def _time_out(self, when: str) -> None:
        if self._chance.happens(f"function times out {when} post", 0.005):
            self._clock.advance(130)
            raise Crash

    def _reply(self, project: Project, request: requests.PreparedRequest) -> SandboxReply:
        if project.weather.startswith("wait"):
            self._chance.counts[f"429, {project.weather}"] += 1
            return self._wait(project.weather)
        body = request.body if isinstance(request.body, bytes) else b""
        try:
            reply = self._answer(project, str(request.url), request.headers, body)
        except ConnectionDropped as error:
            raise requests.ConnectionError from error
        self._chance.counts["413"] += reply.status == 413
        self._chance.counts["partial 400"] += b"failed_records" in reply.body
        return reply

    def _answer(self, project: Project, url: str, headers: Mapping[str, str], body: bytes) -> SandboxReply:
        if CURSED in (gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body):
            self._chance.happens("cursed", 1)
            return replies.failure(500, "this one does not go down well")
        return project.sandbox.handle("POST", "/" + url.split("/", 3)[3], dict(headers), body)

    def _wait(self, weather: str) -> SandboxReply:
        reply = replies.throttled()
        seconds = self._chance.random.randrange(1, _LONG_WAIT)
        until = formatdate(self._clock.time + seconds, usegmt=True)
        headers = {"Retry-After": str(seconds) if weather == "wait in seconds" else until}
        return reply._replace(headers=reply.headers | headers | {"Date": formatdate(self._clock.time, usegmt=True)})


def _project(name: str, clock: Clock) -> Project:
    return Project(Sandbox(project_token=f"token-{name}", clock=clock))


def _response(reply: SandboxReply) -> requests.Response:
    response = requests.Response()
    response.status_code = reply.status
    response.headers = CaseInsensitiveDict(reply.headers)
    response.raw = HTTPResponse(
        io.BytesIO(reply.body), reply.headers, reply.status, preload_content=False, request_method="POST"
    )
    return response
