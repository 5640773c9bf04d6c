"""One seeded source of everything that goes wrong, with a count of what did."""

from collections import Counter
from random import Random
from typing import Final


class Crash(BaseException):
    """The process is gone: nothing of ours can catch this."""


EFFECTS: Final = ("send", "put", "post", "delete")
"""What has an effect outside the process: SQS takes messages, S3 an object, Mixpanel records; SQS forgets messages."""

AMBIGUOUS: Final = frozenset(
    {
        "poison",
        *(f"crash {when} {effect}" for effect in EFFECTS for when in ("before", "after")),
        *(f"{effect} fails {when}" for effect in ("send", "put", "delete") for when in ("before", "after")),
        "send takes some",
        "message comes twice",
        "worked on twice",
        "function times out before post",
        "function times out after post",
        "reply times out",
        "drop_after",
        "truncate",
        "wrong_count",
        "redrive repeated",
        "replay",
    }
)
"""Faults after which nobody on our side can know what was done already, so that it is done again."""


PLAIN: Final = frozenset(
    {
        "413",
        "429, wait in seconds",
        "429, wait until",
        "cursed",
        "drop_before",
        "html_error",
        "partial 400",
        "redrive",
        "request sent again",
        "server_error",
        "throttle",
        "unauthorized",
    }
)
"""The others: what was not done is known."""


class Chance:
    """``happens`` decides; an ``honest`` one has no ambiguous faults, and in ``calm`` there are none at all."""

    def __init__(self, seed: int, *, honest: bool = False) -> None:
        self.random = Random(seed)
        self.honest = honest
        self.calm = False
        self.counts: Counter[str] = Counter()

    def happens(self, fault: str, probability: float) -> bool:
        """Tell whether the fault happens now, and count it."""
        if self.calm or (self.honest and fault in AMBIGUOUS) or self.random.random() >= probability:
            return False
        self.counts[fault] += 1
        return True

    def crash(self, fault: str, probability: float) -> None:
        """End the process, perhaps."""
        if self.happens(fault, probability):
            raise Crash(fault)
