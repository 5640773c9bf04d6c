"""What commands write for other programs, and what they tell the user meanwhile."""

import sys

import orjson

from switchyard.events import Json
from switchyard_cli.terminal import escaped, printable


def print_line(value: Json) -> None:
    """Write one line of JSON, and let whoever waits for it have it at once; at a terminal, nothing in it is obeyed."""
    line = orjson.dumps(value)
    if sys.stdout.isatty():
        line = escaped(line.decode()).encode()
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def complain(message: str) -> None:
    """Tell the user in a line, or in some lines, what is wrong."""
    sys.stderr.write(f"switchyard: {_printable_lines(message)}\n")


def tell(message: str, *, error: bool = False) -> None:
    """Write lines for people, on standard error if they are no result."""
    (sys.stderr if error else sys.stdout).write(f"{_printable_lines(message)}\n")


def _printable_lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))
