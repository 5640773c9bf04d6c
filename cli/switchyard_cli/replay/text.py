"""A replay for people."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.console import Console

from switchyard_cli.replay.counts import Counts
from switchyard_cli.replay.routes import Routes
from switchyard_cli.terminal import open_table, plain

MAX_ROWS: Final = 20
"""Names of events that are shown; `--json` has more."""

_DAY: Final = len("2026-01-15")
_MOST_HOURS: Final = 48


def print_counts(console: Console, counts: Counts, routes: Routes) -> None:
    """Show what would be replayed."""
    console.print(plain(f"{counts.meant:,} of {counts.read:,} archived event(s), in {counts.objects:,} object(s)"))
    if not counts.meant:
        return
    table = open_table("source", "events", "destinations", title="")
    for source, number in counts.sources.items():
        if number:
            table.add_row(plain(source), f"{number:,}", plain(", ".join(routes.destinations_of(source))))
    console.print("", table)
    _print_counter(console, "event", counts.names.most_common(MAX_ROWS), counts.meant)
    _print_counter(console, "received (UTC)", sorted(_times(counts.hours).items()), counts.meant)
    if profiles := counts.calls["identify"] + counts.calls["group"]:
        told = f"{profiles:,} of them are identify or group calls: profiles get the values of that time again."
        console.print("", plain(told), sep="\n")


def print_days(console: Console, days: Mapping[str, Sequence[str]]) -> None:
    """Show from when to when the archive has events of each source, for who asked about another time."""
    for source, dates in days.items():
        console.print(plain(f"the archive of '{source}' has {_span(dates)}"))
    if not days:
        console.print("the archive has no events yet")


def _span(dates: Sequence[str]) -> str:
    if not dates:
        return "no events yet"
    return f"events of {dates[0]}" + (f" to {dates[-1]}" if len(dates) > 1 else "")


def _times(hours: Counter[str]) -> Counter[str]:
    """Return the numbers by hour; by day where there are too many hours."""
    times: Counter[str] = Counter()
    for hour, number in hours.items():
        times[hour[:_DAY] if len(hours) > _MOST_HOURS else f"{hour.replace('T', ' ')}:00"] += number
    return times


def _print_counter(console: Console, what: str, rows: Iterable[tuple[str, int]], total: int) -> None:
    table = open_table(what, "events", title="")
    rest = total
    for name, number in rows:
        table.add_row(plain(name), f"{number:,}")
        rest -= number
    if rest:
        table.add_row("(all others)", f"{rest:,}")
    console.print("", table)
