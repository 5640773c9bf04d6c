"""What commands write for other programs, and what they tell the user meanwhile."""

import sys

import orjson

from switchyard.events import Json


def print_line(value: Json) -> None:
    """Write one line of JSON, and let whoever waits for it have it at once."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def complain(message: str) -> None:
    """Tell the user in a line what is wrong."""
    sys.stderr.write(f"switchyard: {message}\n")
