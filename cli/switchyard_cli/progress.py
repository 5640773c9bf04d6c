"""How far it has come, for whoever waits at a terminal."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_Item = TypeVar("_Item")


def show_progress(
    items: Iterable[_Item], what: str = "lines", *, show: bool = True, weigh: Callable[[_Item], int] = lambda _: 1
) -> Iterator[_Item]:
    """Yield the items, and count them on standard error while it is a terminal; ``show`` switches that off.

    An item counts for as many as ``weigh`` says.
    """
    console = Console(stderr=True)
    if not (show and console.is_terminal):
        yield from items
        return
    columns = (SpinnerColumn(), TextColumn(f"{{task.completed:,.0f}} {what}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        for item in items:
            yield item
            progress.advance(task, weigh(item))
