"""A function that searches for reference cycles seldom, and still finds them."""

import subprocess
import sys

import pytest

PROGRAM = """
import gc
from switchyard import garbage

class Node:
    count = 0
    def __init__(self):
        self.me = self
        Node.count += 1
    def __del__(self):
        Node.count -= 1

kept = Node()
garbage.search_seldom()
most = 0
for _ in range(3 * garbage.NEW_CONTAINERS):
    Node()
    most = max(most, Node.count)
print(gc.get_freeze_count() > 1000, garbage.NEW_CONTAINERS // 4 < most <= garbage.NEW_CONTAINERS + 1)
"""


@pytest.mark.parametrize("said", ["True True\n"])
def test_cycles_are_searched_seldom_but_for_ever(said: str) -> None:
    """What the cold start made is left alone; cycles pile up to the limit, and no further."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert run.stdout == said
