"""One seed: a storm, a calm, and what is left then."""

import io
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

from tests.delivery.chaos import clients, operator
from tests.delivery.chaos.chance import Chance, Crash
from tests.delivery.chaos.clients import Clients
from tests.delivery.chaos.clock import Clock
from tests.delivery.chaos.flaky import Flaky
from tests.delivery.chaos.lambdas import Inline, Lambdas, create_resources, template
from tests.delivery.chaos.mixpanel import WEATHER, Mixpanel
from tests.delivery.chaos.s3 import SimulatedS3
from tests.delivery.chaos.sqs import SimulatedSqs

import switchyard.clients
import switchyard.config
import switchyard.forward.plan
import switchyard.forward.run
from switchyard import clock as times
from switchyard import memory, secret_settings
from switchyard.config import Config, SubscriptionConfig
from switchyard.destinations.base import DestinationType
from switchyard.events import Event
from switchyard.forward.plan import plan
from switchyard.subscriptions import Subscription, compile_subscription
from switchyard_cli.config.compiler import compile_config

FORWARD: Final = "ForwardMixpanelFunction"
ARCHIVE: Final = "ArchiveFunction"
QUEUE: Final = "MixpanelQueue"
ARCHIVE_QUEUE: Final = "ArchiveQueue"
DEAD: Final = "MixpanelDeadLetterQueue"
DEAD_ARCHIVE: Final = "ArchiveDeadLetterQueue"
WEEK: Final = 7 * 86_400
_WAITS: Final = (5, 60, 600, 3600, 6 * 3600)
_MAX_POLLS: Final = 3000
_SLOWEST_PACE: Final = 120
"""Seconds between two polls of a queue in which nothing but what comes again and again is left."""

_RARE: Final = {clients.POISON: 0.015, clients.CURSED: 0.01}
"""They come again for hours, so a few of them are enough."""

_COMPILED: Final[dict[str, Subscription]] = {}


class World:
    """Everything between an SDK and Mixpanel, for one seed; use it ``within``.

    ``entered`` has every message that collect, or a replay, got into a queue: what must not be lost from then on.
    """

    def __init__(self, seed: int, *, honest: bool = False) -> None:
        self.seed = seed
        self.log = io.StringIO()
        self.clock = Clock()
        self.chance = Chance(seed, honest=honest)
        self.sqs = SimulatedSqs(self.clock, self.chance.random.shuffle)
        self.s3 = SimulatedS3()
        self.mixpanel = Mixpanel(self.clock, self.chance)
        self.lambdas = Lambdas(self.clock, self.chance, self.sqs, self.log)
        self.clients = Clients(self.clock, self.chance, self.lambdas)
        self.mixpanel.overtake = lambda: self.lambdas.overtake(FORWARD)
        self.entered: list[tuple[str, str]] = []
        self.sent_back: list[str] = []
        self.replays = 0

    @contextmanager
    def within(self) -> Iterator["World"]:
        """Put this world in the place of AWS, the network, the clock and chance."""
        before = random.getstate()
        with ExitStack() as stack:
            stack.enter_context(redirect_stdout(self.log))
            for target, name, value in self._patches():
                stack.enter_context(patch.object(target, name, value))
            stack.enter_context(self.mixpanel.in_place())
            stack.enter_context(patch.dict("os.environ"))
            stack.callback(random.setstate, before)
            random.seed(self.seed)
            create_resources(template(), {"sqs": self.sqs, "s3": self.s3})
            yield self

    def url(self, name: str) -> str:
        """Return the URL of a queue of the template's."""
        return template().physical[name].ref

    def storm(self, steps: int) -> None:
        """Let things happen, most of them bad."""
        happenings = (self._send, self._send, self._poll, self._poll, self._poll, self._poll_archive, self._change)
        for _ in range(steps):
            self.chance.random.choice((*happenings, self._wait, self._operate))()

    def calm(self) -> None:
        """Let all be well until nothing is left to do, at most for a few weeks."""
        self.chance.calm = True
        for name in self.mixpanel.projects:
            self.mixpanel.set_weather(name, "calm")
        self.lambdas.scale_in()
        self.clients.send_again()
        self.settle()
        operator.redrive(self.sqs, self.url(DEAD), self.url(QUEUE), self.chance)
        self.settle()

    def settle(self) -> None:
        """Poll until the queues are empty; a bound on time and polls makes what never ends a failure."""
        started = self.clock.time
        for _ in range(_MAX_POLLS):
            visible = self.sqs.next_visible()
            if visible is None or self.clock.time > started + WEEK:
                return
            pace = min(5 + (self.clock.time - started) / 60, _SLOWEST_PACE)
            self.clock.advance(max(0.0, visible - self.clock.time) + pace)
            self.lambdas.poll(ARCHIVE)
            self.lambdas.poll(FORWARD)

    def poisoned_plan(self, item: Any, *rest: Any) -> Any:
        """Plan an event as ever, but for those that crash the process."""
        if is_poison(item.event):
            self.chance.counts["poison"] += 1
            raise Crash
        return plan(item, *rest)

    def _patches(self) -> list[tuple[Any, str, Any]]:
        run = switchyard.forward.run
        return [
            (switchyard.clients, "create_client", self._client),
            (switchyard.config, "load", lambda _file: config()),
            (times, "now", self.clock.now),
            (secret_settings, "time", SimpleNamespace(monotonic=self.clock)),
            (run, "ThreadPoolExecutor", lambda max_workers: Inline(self.clock, self.chance)),
            (run, "plan", self.poisoned_plan),
            (switchyard.forward.plan, "compile_subscription", _compiled_once),
            (memory, "settle_in", lambda: None),  # it is for processes that handle nothing but events
        ]

    def _client(self, service: str, *_: Any) -> Flaky:
        if service == "s3":
            return Flaky(self.s3, self.chance)
        return Flaky(self.sqs, self.chance, self._note)

    def _note(self, url: str, body: str) -> None:
        """Tell what enters a queue for the first time from what forward sends back."""
        if self.lambdas.at_work == FORWARD:
            self.sent_back.append(body)
        else:
            self.entered.append((url, body))

    def _send(self) -> None:
        kinds = clients.kinds(self.chance.random)
        if not self.chance.honest:
            kinds += [kind for kind, rate in _RARE.items() if self.chance.random.random() < rate]
        self.clients.send_new(kinds)

    def _poll(self) -> None:
        self.lambdas.poll(FORWARD)

    def _poll_archive(self) -> None:
        self.lambdas.poll(ARCHIVE)

    def _change(self) -> None:
        name = self.chance.random.choice(list(self.mixpanel.projects))
        self.mixpanel.set_weather(name, self.chance.random.choice(list(WEATHER)))

    def _wait(self) -> None:
        """Let time pass, with a few polls in it."""
        wait = self.chance.random.choice(_WAITS)
        for _ in range(4):
            self.clock.advance(wait / 4)
            self.lambdas.poll(self.chance.random.choice((FORWARD, FORWARD, ARCHIVE)))
        if self.chance.random.random() < 0.5:
            self.clients.send_again()

    def _operate(self) -> None:
        draw = self.chance.random.random()
        if draw < 0.3:
            operator.redrive(self.sqs, self.url(DEAD), self.url(QUEUE), self.chance)
        elif draw < 0.4:
            self._replay()

    def _replay(self) -> None:
        if self.chance.happens("replay", 1):
            for body in operator.replay(self.s3, self.sqs, self.url(QUEUE)):
                self.entered.append((self.url(QUEUE), body))


def is_poison(event: Event) -> bool:
    """Tell whether the event crashes the function."""
    properties = event.get("properties")
    return isinstance(properties, dict) and bool(properties.get("poison"))


def _compiled_once(config: SubscriptionConfig, destination_type: DestinationType[Any]) -> Subscription:
    """Compile a subscription; being pure, it may serve all worlds."""
    key = repr(config)
    if key not in _COMPILED:
        _COMPILED[key] = compile_subscription(config, destination_type)
    return _COMPILED[key]


@cache
def config() -> Config:
    """Compile the configuration of this folder, once."""
    return compile_config(Path(__file__).parent)
