"""How long an unfinished event waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.destinations.base import Outcome, Verdict
from switchyard.forward.settle import RetryPolicy
from switchyard.queues import MAX_DELAY_SECONDS

POLICY = RetryPolicy(window_seconds=86_400)


@given(st.sampled_from(list(Verdict)), st.integers(0, 10_000), st.none() | st.floats(0, 1e9))
def test_a_delay_is_one_that_sqs_takes(verdict, attempts, retry_after):
    """Whatever happened, the delay is a whole number of seconds from 0 to SQS's 900."""
    delay = POLICY.delay(Outcome(verdict, retry_after=retry_after), attempts)
    assert isinstance(delay, int)
    assert 0 <= delay <= MAX_DELAY_SECONDS


@pytest.mark.parametrize("attempts", [0, 1, 5])
def test_a_transient_failure_waits_exponentially_longer(attempts):
    """The longest wait doubles with each attempt, and full jitter spreads the waits from none to that."""
    delays = {POLICY.delay(Outcome(Verdict.TRANSIENT), attempts) for _ in range(500)}
    assert max(delays) <= 2**attempts
    assert min(delays) == 0
    assert len(delays) > 1


def test_the_destinations_own_wish_is_heeded():
    """``Retry-After`` wins over what we would have chosen: nothing comes before it, and not all at once."""
    delays = {POLICY.delay(Outcome(Verdict.THROTTLED, retry_after=42), 0) for _ in range(200)}
    assert 42 <= min(delays) < max(delays) <= 42 * 1.5
    assert POLICY.delay(Outcome(Verdict.THROTTLED, retry_after=0), 0) == 0


def test_throttling_is_over_within_a_minute():
    """After 429 without ``Retry-After`` the next try comes within Mixpanel's own minute."""
    assert max(POLICY.delay(Outcome(Verdict.THROTTLED), 9) for _ in range(200)) <= 64


def test_a_wrong_setup_is_tried_slowly():
    """Until somebody mends the key there is no use in hurrying."""
    delays = {POLICY.delay(Outcome(Verdict.SETUP), 0) for _ in range(100)}
    assert min(delays) >= MAX_DELAY_SECONDS // 2
    assert len(delays) > 1


def test_what_was_not_tried_waits_as_long_as_it_has_waited():
    """A new event comes back soon, and the backlog of a long outage does not go round and round."""
    paused = Outcome(Verdict.TRANSIENT, retry_after=4, is_tried=False)
    fresh = [POLICY.delay_of_untried(paused, 10) for _ in range(200)]
    old = [POLICY.delay_of_untried(paused, 86_400) for _ in range(200)]
    assert 4 <= min(fresh) <= max(fresh) <= 10
    assert 4 <= min(old) < 450 < max(old) <= MAX_DELAY_SECONDS


def test_a_pause_is_a_minute_at_most():
    """An event that makes its destination fail each time holds its neighbours up no longer."""
    assert max(POLICY.pause(failures) for failures in (1, 6, 60) for _ in range(200)) <= 64
