"""Against Segment's own destination on generated events: equal records, whichever of its values an event has."""

from collections.abc import Iterable
from typing import Any

import pytest
from tests.contract.generate_events import Sample, generate
from tests.contract.mixpanel_records import compile_all, our_records, run
from tests.contract.segment_oracle import SETTINGS, SUBSCRIPTIONS, ask, oracle_folder, read_recorded

from switchyard.destinations.mixpanel.settings import MixpanelSettings

COUNT = 3000
SEED = 7


def differing(answered: Iterable[tuple[Sample, list[Any]]]) -> list[Any]:
    """Return the events, plain or spoiled, whose records are not Segment's for the plain one."""
    subscriptions, settings = compile_all(SUBSCRIPTIONS), MixpanelSettings(**SETTINGS)
    return [
        (event, ours, theirs)
        for sample, theirs in answered
        for event in sample
        if (ours := our_records(run(subscriptions, event, settings)[0])) != theirs
    ]


def test_recorded_events_become_segments_records() -> None:
    """Events become Segment's records, and a wrong value in an optional field changes nothing (promise 4)."""
    assert differing(read_recorded()) == []


@pytest.mark.skipif(oracle_folder() is None, reason="ORACLE_DIR names no folder, or Node is missing")
def test_thousands_of_new_events_become_segments_records() -> None:
    """The same for more events than are recorded, with Segment's code at work."""
    folder = oracle_folder()
    assert folder
    samples = list(generate(SEED, COUNT))
    assert differing(zip(samples, ask(folder, samples), strict=True)) == []


def test_the_recorded_events_are_of_every_kind() -> None:
    """The recording reaches all four endpoints, so that it can fail for each of them."""
    endpoints = {endpoint for _, records in read_recorded() for endpoint, _ in records}
    assert endpoints == {"/import", "/track", "/engage", "/groups"}
