"""A function that searches for reference cycles seldom, and still finds them."""

import subprocess
import sys

PROGRAM = """
import gc
from switchyard.garbage_collection import NEW_CONTAINERS, search_seldom

class Cycle:
    alive = 0
    def __init__(self):
        self.me = self
        Cycle.alive += 1
    def __del__(self):
        Cycle.alive -= 1

search_seldom()
most = 0
for _ in range(3 * NEW_CONTAINERS):
    Cycle()
    most = max(most, Cycle.alive)
print(gc.get_freeze_count() > 1000, NEW_CONTAINERS // 4 < most <= NEW_CONTAINERS + 1)
"""


def test_cycles_are_searched_seldom_but_for_ever() -> None:
    """What the cold start made is left alone; cycles pile up as far as is allowed, and no further."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert run.stdout == "True True\n"
