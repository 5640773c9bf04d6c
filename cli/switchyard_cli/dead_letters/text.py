"""Dead letters for people."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import orjson
from rich.console import Console

from switchyard import clock
from switchyard.events import Json
from switchyard_cli.dead_letters.groups import Group, Groups
from switchyard_cli.dead_letters.letter import Letter
from switchyard_cli.dead_letters.remedies import remedy
from switchyard_cli.preview.excerpt import json_of, shorten
from switchyard_cli.terminal import open_table, plain, plain_lines

_LONGEST_EXAMPLE: Final = 40
_LONGEST_AGE: Final = 6  # without a range
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60))


def print_groups(console: Console, groups: Groups, now: datetime) -> None:
    """Show the letters by reason."""
    title = f"Dead letters: {groups.events:,} event(s)"
    if not groups.events:
        console.print(title, highlight=False)
        return
    table = open_table("events", "at", "code", "reason", "age", "for example", title=title)
    table.columns[-2].min_width = _LONGEST_AGE
    table.columns[-1].no_wrap = True  # an id is there to be copied
    for group in groups:
        why = group.why
        at = why.destination or why.queue
        cells = (f"{group.events:,}", at, why.code, why.reason, _ages(group, now))
        table.add_row(*map(plain, cells), plain_lines(_example(group.example)))
    console.print(table)


def print_remedies(console: Console, groups: Groups) -> None:
    """Show what to do about each reason."""
    if not groups.events:
        return
    table = open_table("code", "what to do", title="What to do")
    codes: dict[str, list[str]] = {}
    for group in groups:
        named = codes.setdefault(remedy(group.why), [])
        if group.why.code not in named:
            named.append(group.why.code)
    for sentence, named in codes.items():
        table.add_row(plain_lines(named), sentence)
    console.print("", table)


def _ages(group: Group, now: datetime) -> str:
    oldest, newest = (age(moment, now) for moment in (group.oldest, group.newest))
    return oldest if oldest == newest else f"{newest} to {oldest}"


def age(moment: str, now: datetime) -> str:
    """Return how long ago an ISO 8601 time is, in its largest unit."""
    then = clock.parse(moment)
    if then is None:
        return "?"
    seconds = max(0, round((now - then).total_seconds()))
    return next((f"{seconds // size} {unit}" for unit, size in _UNITS if seconds >= size), f"{seconds} s")


def _example(letter: Letter) -> list[str]:
    return [shorten(str(each), _LONGEST_EXAMPLE) for each in (letter.name, letter.message_id) if each]


def print_letter(console: Console, letter: Letter) -> None:
    """Show one letter whole, with what to do about it."""
    known = letter.document()
    parts = {name: known.pop(name) for name in ("event", "operations", "body") if name in known}
    for name, value in known.items():
        if value is not None:
            _print_plain(console, f"{name + ':':15}{value if isinstance(value, str) else json_of(value).decode()}")
    for name, value in parts.items():
        for line in (f"{name}:", *_lines(value)):
            _print_plain(console, line)
    console.print("", plain(f"What to do: {remedy(letter.why)}"), "", sep="\n")


def _lines(value: Json) -> Iterator[str]:
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return (f"  {line}" for line in text.splitlines())


def _print_plain(console: Console, line: str) -> None:
    console.print(plain(line), soft_wrap=True)
