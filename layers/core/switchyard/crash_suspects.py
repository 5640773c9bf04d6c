"""Messages that may crash the function: worked on last and each alone, so that they take no neighbour along.

A crash (out of memory, out of time, a fault below Python) fails every message of its run, and SQS counts one more
receive for each of them. So a message that comes again and again is suspected. By the time it is touched all others of
the run are acknowledged; of several suspects chance decides which comes first, and whoever comes before the one that
crashes is through.
"""

import random
from collections.abc import Callable, Iterable
from typing import Final

from switchyard.errors import QueueUnavailable
from switchyard.queues import Queue, Received

SUSPECT_FROM: Final = 3
"""Receives: twice may be bad luck."""


def work_apart(received: Iterable[Received], work: Callable[[list[Received]], list[str]], queue: Queue) -> list[str]:
    """Let ``work``, which returns the ids that must come again, have the suspects last. Returns all those ids."""
    portions = _portions(list(received))
    failed: list[str] = []
    for number, portion in enumerate(portions, start=1):
        again = work(portion)
        failed += again
        if number < len(portions) and not _acknowledge([each for each in portion if each.id not in again], queue):
            return failed + [each.id for rest in portions[number:] for each in rest]
    return failed


def _portions(received: list[Received]) -> list[list[Received]]:
    suspects = [[each] for each in received if each.receives >= SUSPECT_FROM]
    random.shuffle(suspects)
    others = [each for each in received if each.receives < SUSPECT_FROM]
    return [others, *suspects] if others else suspects


def _acknowledge(settled: Iterable[Received], queue: Queue) -> bool:
    try:
        queue.acknowledge(each.receipt for each in settled)
    except QueueUnavailable:
        return False
    return True
