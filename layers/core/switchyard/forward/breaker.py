"""A destination in trouble is probed, not hammered: which of its endpoints are left alone, and until when.

Pure: what is known and what was answered → what is known then. The forward function keeps it in memory, so each of
its instances learns for itself, and sends at most one probe when a pause is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from switchyard.destinations.base import Outcome, Verdict
from switchyard.forward.settle import RetryPolicy

_TROUBLE = (Verdict.THROTTLED, Verdict.TRANSIENT, Verdict.SETUP)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an endpoint's last reply was, how many in a row were like it, and when it may be asked again (epoch s)."""

    outcome: Outcome
    failures: int
    until: float


def is_trouble(outcome: Outcome) -> bool:
    """Tell whether the outcome is about the destination. Who may come back at once was not turned away."""
    return outcome.verdict in _TROUBLE and outcome.retry_after != 0


def put_off(outcome: Outcome, retry_after: float | None = None) -> Outcome:
    """Return the end of what was not sent because of that outcome: the same, but it counts as no attempt."""
    return outcome._replace(is_tried=False, retry_after=outcome.retry_after if retry_after is None else retry_after)


def pauses(known: Mapping[str, Trouble], now: float) -> dict[str, Outcome]:
    """Return the endpoints that are to be left alone for now, with the outcome of what would go there."""
    return {
        endpoint: put_off(trouble.outcome, trouble.until - now)
        for endpoint, trouble in known.items()
        if now < trouble.until
    }


def learn(
    known: Mapping[str, Trouble], answers: Mapping[str, Outcome], policy: RetryPolicy, now: float
) -> dict[str, Trouble]:
    """Return what is known after the last outcome of each endpoint; what was not asked stays as it was."""
    learnt = dict(known)
    for endpoint, outcome in answers.items():
        if outcome.is_tried:
            before = learnt.pop(endpoint, None)
            if is_trouble(outcome):
                learnt[endpoint] = _trouble(outcome, (before.failures if before else 0) + 1, policy, now)
    return learnt


def _trouble(outcome: Outcome, failures: int, policy: RetryPolicy, now: float) -> Trouble:
    pause = policy.pause(failures) if outcome.retry_after is None else outcome.retry_after
    return Trouble(outcome, failures, now + pause)
