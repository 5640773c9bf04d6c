"""How often Python searches a function's memory for reference cycles.

An event is a tree: each part of it is freed as soon as nothing refers to it, search or no search. At Python's default
the search goes through every event under way, again and again, and takes a fifth of the time (docs/performance.md).
"""

import gc
from typing import Final

NEW_CONTAINERS: Final = 50_000
"""Between two searches, where Python has 700: about what a thousand events and their records are made of. So cycles,
which exceptions and HTTP clients leave behind, can hold some ten megabytes before they are found."""


def search_seldom() -> None:
    """Set the process up for events; call it last in a cold start, as what is in memory by then is never searched."""
    gc.freeze()
    gc.set_threshold(NEW_CONTAINERS)
