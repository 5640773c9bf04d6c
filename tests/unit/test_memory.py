"""A function that searches for reference cycles seldom, still finds them, and keeps its memory to itself."""

import subprocess
import sys

import pytest

CYCLES = """
import gc
from switchyard.memory import NEW_CONTAINERS, settle_in

class Cycle:
    alive = 0
    def __init__(self):
        self.me = self
        Cycle.alive += 1
    def __del__(self):
        Cycle.alive -= 1

settle_in()
most = 0
for _ in range(3 * NEW_CONTAINERS):
    Cycle()
    most = max(most, Cycle.alive)
print(gc.get_freeze_count() > 1000, NEW_CONTAINERS // 4 < most <= NEW_CONTAINERS + 1)
"""

KEPT = """
import ctypes, sys
from switchyard.memory import settle_in

if "settle" in sys.argv:
    settle_in()
end_of_memory = ctypes.CDLL(None).sbrk
end_of_memory.restype = ctypes.c_void_p
texts = [bytes(10_000) for _ in range(1000)]
full = end_of_memory(0)
del texts
print(full - end_of_memory(0) < 1_000_000)
"""


def output_of(program: str, *arguments: str) -> str:
    """Run a program in a process of its own, where nothing else has touched the memory."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_cycles_are_searched_seldom_but_for_ever() -> None:
    """What the cold start made is left alone; cycles pile up as far as is allowed, and no further."""
    assert output_of(CYCLES) == "True True"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems keep their memory in other ways")
def test_memory_that_is_free_is_kept() -> None:
    """What a batch of events needed is there for the next one, where the C library would give it back."""
    assert (output_of(KEPT, "settle"), output_of(KEPT)) == ("True", "False")
