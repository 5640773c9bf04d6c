"""Comparisons as tables for people."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console

from switchyard_cli.preview.diff import CHANGES, RECORD_CHANGES, Comparison, Example, Tally
from switchyard_cli.preview.excerpt import shorten
from switchyard_cli.terminal import open_table, plain, plain_lines

_LENGTH: Final = 40
_NOTHING: Final = "(nothing)"


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Show what differs, from the whole to the single values; tables that would be empty are left out."""
    counts = f"{comparison.events:,} event(s), {comparison.changed_events:,} of them differ"
    console.print(plain(f"From {comparison.before} to {comparison.after}: {counts}"), soft_wrap=True)
    if comparison.settings:
        console.print(plain(f"Settings that differ: {', '.join(comparison.settings)}"))
    if comparison.ends:
        _print_ends(console, comparison)
    if comparison.records:
        _print_records(console, comparison)
    if comparison.fields:
        _print_fields(console, comparison)


def _print_ends(console: Console, comparison: Comparison) -> None:
    table = open_table("before", "after", "events", title="Events with another end")
    for (before, after), number in comparison.ends.items():
        table.add_row(plain(before), plain(after), str(number))
    console.print("", table)


def _print_records(console: Console, comparison: Comparison) -> None:
    table = open_table("action", *RECORD_CHANGES, "for example", title="Records")
    for action, tally in comparison.records.items():
        examples = dict.fromkeys(f"{example.change}: {_id(example)}" for example in tally.examples)
        table.add_row(action, *_counts(tally, RECORD_CHANGES), plain_lines(examples))
    console.print("", table)


def _print_fields(console: Console, comparison: Comparison) -> None:
    table = open_table("action", "field", *CHANGES, "for example", title="Fields of changed records")
    for (action, path), tally in comparison.fields.items():
        examples = plain_lines(_example(each) for each in tally.examples)
        table.add_row(action, plain(path), *_counts(tally, CHANGES), examples)
    console.print("", table)


def _counts(tally: Tally, changes: Iterable[str]) -> Iterable[str]:
    return (str(tally.counts[change]) for change in changes)


def _example(example: Example) -> str:
    return f"{_id(example)}: {_side(example.before)} → {_side(example.after)}"


def _side(json: bytes | None) -> str:
    return _NOTHING if json is None else shorten(json.decode(), _LENGTH)


def _id(example: Example) -> str:
    return shorten(str(example.message_id), _LENGTH)
