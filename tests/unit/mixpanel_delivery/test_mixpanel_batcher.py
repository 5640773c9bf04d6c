"""The batcher: every operation in exactly one batch, under Mixpanel's limits, in an order that is safe to send in."""

from dataclasses import replace
from itertools import pairwise

import orjson
from hypothesis import given
from hypothesis import strategies as st

from switchyard.destinations.base import Operation
from switchyard.destinations.mixpanel.batcher import ENDPOINTS, MAX_RECORD_BYTES, MAX_RECORDS, batches
from switchyard.destinations.mixpanel.settings import MixpanelSettings

SETTINGS = MixpanelSettings(projectToken="a1b2c3d4e5f60718")

operations = st.lists(
    st.builds(
        Operation,
        st.sampled_from(ENDPOINTS),
        st.dictionaries(st.text(max_size=5), st.text(max_size=40) | st.integers(0, 9), max_size=4).map(orjson.dumps),
    ),
    max_size=40,
)


def body_of(batch):
    """The request body that a batch becomes."""
    return b"[" + b",".join(batch.records) + b"]"


@given(operations, st.integers(10, 300))
def test_every_operation_is_in_one_batch_once(made, max_bytes):
    """Positions lead back from every record to its operation, and none is left out or sent twice."""
    made_batches = batches(made, replace(SETTINGS, batchBytes=max_bytes))
    numbered = [pair for batch in made_batches for pair in zip(batch.positions, batch.records, strict=True)]
    assert sorted(position for position, _ in numbered) == list(range(len(made)))
    assert all(record == made[position].record for position, record in numbered)
    assert all(made[position].endpoint == batch.endpoint for batch in made_batches for position in batch.positions)


@given(operations, st.integers(10, 300))
def test_a_body_is_over_the_limit_only_with_a_single_record(made, max_bytes):
    """``batchBytes`` counts the whole body, brackets and commas included."""
    for batch in batches(made, replace(SETTINGS, batchBytes=max_bytes)):
        assert len(body_of(batch)) <= max_bytes or len(batch.records) == 1


@given(operations, st.integers(10, 300))
def test_batches_are_filled(made, max_bytes):
    """A batch ends only where the next record of its endpoint would not have fitted."""
    made_batches = batches(made, replace(SETTINGS, batchBytes=max_bytes))
    for batch, following in pairwise(made_batches):
        if batch.endpoint == following.endpoint:
            assert len(body_of(batch)) + 1 + len(following.records[0]) > max_bytes


def test_a_body_may_be_just_as_long_as_the_limit():
    """``[{"n":1},{"n":2}]`` has 17 bytes."""
    made = [Operation("/import", b'{"n":1}'), Operation("/import", b'{"n":2}')]
    assert [body_of(batch) for batch in batches(made, replace(SETTINGS, batchBytes=17))] == [b'[{"n":1},{"n":2}]']
    assert len(batches(made, replace(SETTINGS, batchBytes=16))) == 2


@given(operations, st.integers(10, 300))
def test_operations_of_an_endpoint_keep_their_order(made, max_bytes):
    """Sent one after the other, the batches apply one user's updates in the order in which they were made."""
    made_batches = batches(made, replace(SETTINGS, batchBytes=max_bytes))
    for endpoint in ENDPOINTS:
        sent = [position for batch in made_batches if batch.endpoint == endpoint for position in batch.positions]
        assert sent == sorted(sent)


@given(operations, st.integers(10, 300))
def test_identity_calls_go_first_and_profiles_last(made, max_bytes):
    """``/track`` links the ids before ``/engage`` writes to the user, whose ``$add`` is the last thing to be sent."""
    sent = [batch.endpoint for batch in batches(made, replace(SETTINGS, batchBytes=max_bytes))]
    assert sent == sorted(sent, key=["/track", "/import", "/groups", "/engage"].index)


def test_a_batch_has_at_most_2000_records():
    """Mixpanel's limit for one request, at every endpoint."""
    for endpoint in ENDPOINTS:
        made = batches([Operation(endpoint, b"{}")] * (2 * MAX_RECORDS + 1), SETTINGS)
        assert [len(batch.records) for batch in made] == [2000, 2000, 1]


def test_a_record_over_mixpanels_limit_travels_alone():
    """A record of more than 1 MB is refused, so it shares no request; the order stays."""
    small, large = (Operation("/engage", orjson.dumps(text)) for text in ("", "x" * MAX_RECORD_BYTES))
    made = batches([small, small, large, small], replace(SETTINGS, batchBytes=10_000_000))
    assert [batch.positions for batch in made] == [[0, 1], [2], [3]]


def test_nothing_makes_no_batch():
    """No operations, no requests."""
    assert batches([], SETTINGS) == []
