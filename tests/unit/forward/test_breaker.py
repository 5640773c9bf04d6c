"""A destination that is down is probed, not hammered."""

from hypothesis import given
from hypothesis import strategies as st

from switchyard.destinations.base import Outcome, Verdict
from switchyard.forward.breaker import Trouble, learn, pauses
from switchyard.forward.settle import RetryPolicy

POLICY = RetryPolicy(window_seconds=86_400)
DOWN = Outcome(Verdict.TRANSIENT, "not now", status=503)
DELIVERED = Outcome(Verdict.DELIVERED)


def asked(known, outcome, now=0.0):
    """Return what is known after this outcome of ``/import``."""
    return learn(known, {"/import": outcome}, POLICY, now)


def test_a_destination_that_works_is_never_paused():
    """Without trouble nothing is remembered; one refused record is no trouble."""
    assert asked({}, DELIVERED) == {}
    assert asked({}, Outcome(Verdict.INVALID, "bad")) == {}


def test_trouble_pauses_its_endpoint_alone():
    """During a pause the endpoint is not asked, and what would go there counts as no attempt."""
    known = {"/import": Trouble(DOWN, 1, until=10.0)}
    assert pauses(known, 4.0) == {"/import": DOWN._replace(is_tried=False, retry_after=6.0)}


def test_a_probe_follows_the_pause():
    """When the pause is over the endpoint may be asked again; one good reply and all is forgotten."""
    known = {"/import": Trouble(DOWN, 5, until=10.0)}
    assert pauses(known, 10.0) == {}
    assert asked(known, DELIVERED) == {}


def test_pauses_grow_with_each_failed_probe():
    """From a second or two to a minute: an outage of a day costs a probe a minute, in each instance."""
    longest = []
    for failures in (0, 3, 20):
        known = {"/import": Trouble(DOWN, failures, until=0.0)} if failures else {}
        longest.append(max(asked(known, DOWN)["/import"].until for _ in range(300)))
    assert longest[0] <= 2 < longest[1] <= 16 < longest[2] <= 64


def test_what_was_not_asked_teaches_nothing():
    """An endpoint that was put off stays as it was, and its count of failures, too."""
    known = {"/import": Trouble(DOWN, 2, until=10.0)}
    assert asked(known, DOWN._replace(is_tried=False), now=5.0) == known


def test_the_destinations_own_pause_is_kept():
    """``Retry-After`` is the pause, also where it is longer than any delay of SQS's."""
    known = asked({}, Outcome(Verdict.THROTTLED, retry_after=3000), now=100.0)
    assert pauses(known, 3099.0)["/import"].retry_after == 1.0
    assert pauses(known, 3100.0) == {}


def test_who_may_come_at_once_is_not_paused():
    """A run that ended, or records still to be asked about, are no trouble of the destination's."""
    assert asked({}, Outcome(Verdict.THROTTLED, retry_after=0)) == {}


@given(st.sampled_from(list(Verdict)), st.none() | st.floats(0, 3600), st.integers(0, 100), st.floats(0, 1e9))
def test_a_pause_ends(verdict, retry_after, failures, now):
    """No starvation: whatever was answered, the endpoint is asked again within the hour."""
    known = {"/import": Trouble(DOWN, failures, until=now)}
    known = asked(known, Outcome(verdict, retry_after=retry_after), now)
    assert pauses(known, now + 3601) == {}
