"""Nothing is lost, whatever happens on the way (promises 1 to 7): hundreds of seeded storms through the whole system.

After each storm comes a calm, and then, for every destination: accepted = delivered ⊎ dead-lettered ⊎ filtered; nothing
is twice in Mixpanel after its own deduplication; every record is as planned; profiles are right; the archive has every
event; a new event flows. ``laws.py`` has it in full, ``make chaos SEEDS=…`` plays more, and any seed again.
"""

import pytest
from tests.delivery.chaos.chance import AMBIGUOUS, PLAIN
from tests.delivery.chaos.figures import play, play_all


@pytest.mark.parametrize("seeds", [range(100), range(100, 200)], ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_whatever_happens_nothing_is_lost(seeds):
    """Every law holds after every storm, and every kind of fault did occur: the storms are about something."""
    figures = play_all(seeds)
    assert figures.violations == {}
    assert (AMBIGUOUS | PLAIN) - set(+figures.faults) == set()
    assert figures.outage_hours > 100


def test_a_seed_plays_again():
    """What went wrong once can be looked at: the same seed has the same faults."""
    assert play(3) == play(3)
