"""The proof of conservation can fail: with each of these mistakes in our code, it does, within its ordinary seeds."""

import pytest
from tests.delivery.chaos.figures import play
from tests.delivery.chaos.mutants import MUTANTS

SEEDS = range(60)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mistake_is_found_out(name):
    """Some seed breaks a law."""
    assert any(play(seed, MUTANTS[name]()).violations for seed in SEEDS)
