"""What one seed comes to, and what many do."""

from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final

from tests.delivery.chaos.laws import broken
from tests.delivery.chaos.schedule import World

STEPS: Final = 40
"""Happenings in one storm."""

_EVERY_HONEST: Final = 4


@dataclass(slots=True)
class Figures:
    """Counts over schedules; ``violations`` by seed. ``outage_hours`` is simulated time with a project unreachable."""

    schedules: int = 0
    events: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    outage_hours: float = 0.0
    violations: dict[int, list[str]] = field(default_factory=dict)

    def add(self, other: "Figures") -> None:
        """Add those of other schedules."""
        self.schedules += other.schedules
        self.events += other.events
        self.faults.update(other.faults)
        self.outage_hours += other.outage_hours
        self.violations |= other.violations

    def __str__(self) -> str:
        lines = [f"  {number:>9,}  {fault}" for fault, number in self.faults.most_common()]
        total = (
            f"{self.schedules:,} schedules, {self.events:,} events, {self.faults.total():,} faults, "
            f"{self.outage_hours:,.0f} hours of outage: {self.count('lost')} lost, {self.count('twice')} twice, "
            f"{len(self.violations)} schedules with anything wrong"
        )
        return "\n".join([*lines, total])

    def count(self, word: str) -> int:
        """Count the violations that say so."""
        return sum(word in sentence for sentences in self.violations.values() for sentence in sentences)


def play(seed: int, mutant: AbstractContextManager[object] | None = None) -> Figures:
    """Play one seed, with a mutant of ours in place of what it mutates; the laws are checked without it."""
    world = World(seed, honest=seed % _EVERY_HONEST == 0)
    with world.within():
        with mutant or nullcontext():
            world.storm(STEPS)
            events = sum(len(request.events) for request in world.clients.requests)
            world.calm()
        violations = broken(world)
    faults = world.chance.counts + world.mixpanel.injected()
    found = {seed: violations} if violations else {}
    return Figures(1, events, faults, world.mixpanel.outage_seconds / 3600, found)


def play_all(seeds: Iterable[int]) -> Figures:
    """Play many."""
    figures = Figures()
    for seed in seeds:
        figures.add(play(seed))
    return figures
