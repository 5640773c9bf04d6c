"""What becomes of a message that crashes the function itself, by how often it came (see also ``crash_suspects``)."""

from typing import Final

from switchyard.destinations.base import Outcome, Verdict

APART_FROM: Final = 6
"""Receives, the last ones alone: from here on each event, for each destination, gets a message of its own."""

LAST_RECEIVE: Final = 120
"""A single event that came so often is a dead letter: a day of the queue's visibility timeouts, since SQS also counts
receives of a function that could not even start. The template's maxReceiveCount is above it, as the last net."""

APART: Final = Outcome(
    Verdict.THROTTLED,
    "the function broke off again and again; each event is tried alone",
    retry_after=0,
    is_tried=False,
)


def crash_of(receives: int, ends: int) -> Outcome | None:
    """Return the end of each of a message's events if it is not to be worked on.

    ``ends`` is how many events it has, each counted for every destination.
    """
    if receives >= APART_FROM and ends > 1:
        return APART
    if receives >= LAST_RECEIVE:
        reason = f"the function crashed or ran out of time on this message {receives - 1} times"
        return Outcome(Verdict.INVALID, reason, code="crashed", is_tried=False)
    return None
