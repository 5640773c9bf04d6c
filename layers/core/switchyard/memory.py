"""How a process that handles nothing but events keeps its memory; measured in docs/performance.md.

An event is a tree: each part of it is freed as soon as nothing refers to it. Python would search it for reference
cycles again and again, and the C library would give its memory back to the system after each event, to ask for it
anew for the next one.
"""

import ctypes
import gc
from typing import Final

NEW_CONTAINERS: Final = 50_000
"""Between two searches, where Python has 700: more than a run of some thousand events leaves at once, so that there is
none while it works. What a run leaves in cycles is found after it, by ``clear_up``."""

_KEPT_BYTES: Final = 32 * 1024 * 1024
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3  # a body of some megabytes would have pages of its own, to be asked for each time


def clear_up() -> None:
    """Free what a run has left in reference cycles; call it when the run is over.

    A request that fails leaves one, by way of its exception's traceback, and on it hangs all that the run had in hand.
    What was there before the run, and survived the search after the last one, is not searched again.
    """
    gc.collect(1)


def settle_in() -> None:
    """Set the process up for events; call it last in a cold start, as what is in memory by then is never searched."""
    gc.freeze()
    gc.set_threshold(NEW_CONTAINERS)
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):  # glibc's, and so Lambda's
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
