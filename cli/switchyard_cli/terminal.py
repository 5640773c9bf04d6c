"""What reaches a terminal: whatever customers or operators wrote is shown as text, and nothing of it is obeyed."""

import json
import os
import sys
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH_ELSEWHERE: Final = 500
"""Columns in a file or a pipe, where no line needs to fit anything; tables are as wide as what is in them."""

_REPLACED: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's categories of what a terminal obeys, of what turns the text around, and of what cannot be written."""

_JOINERS: Final = "\u200c\u200d"  # Persian and emoji are written with them
_PICTURES: Final = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}


def printable(text: str) -> str:
    """Return the text with a visible character for each that a terminal could obey; the length stays the same.

    An escape is shown as ␛, a line's end as ␊, what has no picture of its own as �.
    """
    if text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def escaped(json_text: str) -> str:
    """Return JSON of the same value, in which such characters are written as JSON's own escapes."""
    if json_text.isprintable():
        return json_text
    return "".join(json.dumps(each)[1:-1] if _is_obeyed(each) else each for each in json_text)


def _is_obeyed(character: str) -> bool:
    return unicodedata.category(character) in _REPLACED and character not in _JOINERS


def _shown(character: str) -> str:
    if not _is_obeyed(character):
        return character
    return _PICTURES.get(ord(character), "\N{REPLACEMENT CHARACTER}")


def plain(text: str, style: str = "") -> Text:
    """Return the text for rich to print as it is: no control characters, and no markup such as ``[red]``."""
    return Text(printable(text), style)


def plain_lines(lines: Iterable[str]) -> Text:
    """Return several texts as lines of their own, each as plain as ``plain`` makes it."""
    return Text("\n").join(plain(line) for line in lines)


def open_console() -> Console:
    """Return a console on standard output. COLUMNS counts everywhere, the terminal's own width where there is one."""
    fits_anything = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(file=sys.stdout, width=WIDTH_ELSEWHERE if fits_anything else None)


def open_table(*columns: str, title: str, **look: Any) -> Table:
    """Return an empty table. What is too wide for its column goes on below, and is never cut."""
    table = Table(title=title, title_justify="left", **look)
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
