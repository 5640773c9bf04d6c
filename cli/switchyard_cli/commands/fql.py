"""``switchyard fql``: a condition, tried on events."""

import sys
from typing import Annotated

import typer

from switchyard.fql import compile_fql
from switchyard_cli.commands.options import EventFiles
from switchyard_cli.commands.output import complain, print_line
from switchyard_cli.preview.reading import BadLine, read_events
from switchyard_cli.progress import show_progress

Expression = Annotated[str, typer.Argument(metavar="EXPR", help="A condition, as in a subscription.")]


def fql(expression: Expression, files: EventFiles = None) -> None:
    """Tell for each event whether a condition holds, true or false a line.

    A line that is no event is false, so that lines stay side by side, and makes the exit code 1 at the end.
    """
    matches = compile_fql(expression)
    bad = 0
    for line in show_progress(read_events(files or []), show=not sys.stdout.isatty()):
        if isinstance(line, BadLine):
            complain(line.problem)
            bad += 1
        print_line(not isinstance(line, BadLine) and matches(line))
    raise typer.Exit(1 if bad else 0)
