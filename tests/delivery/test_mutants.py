"""The proof of conservation can fail: with each of these mistakes in our code, it does, within its ordinary seeds."""

import pytest
from tests.delivery.chaos.figures import play
from tests.delivery.chaos.mutants import MUTANTS

SEEDS = range(60)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_is_found_out(name):
    """Some seed breaks a law, and not for a mistake in the mistake itself."""
    played = (play(seed, MUTANTS[name]()).violations for seed in SEEDS)
    (sentences,) = next(filter(None, played), {0: []}).values()
    assert sentences
    assert not [each for each in sentences if " raised " in each or "unexpectedly" in each]
