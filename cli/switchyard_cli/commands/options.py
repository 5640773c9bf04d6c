"""The options that several commands share."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from switchyard import clock

ConfigFolder = Annotated[Path, typer.Option("--config", help="Folder with the YAML files.")]

CONFIG_FOLDER: Final = Path("layers/config")

EventFiles = Annotated[
    list[Path] | None,
    typer.Argument(exists=True, dir_okay=False, help="Events as JSON lines, plain or gzipped; else stdin is read."),
]

StackName = Annotated[
    str | None, typer.Option("--stack", help="A deployed stack by its name; else the local stack that runs here.")
]
Region = Annotated[str | None, typer.Option(help="AWS region of the stack, where your AWS settings have another.")]


def read_time(text: str) -> datetime:
    """Read a time that a user typed: ISO 8601, in UTC unless it says otherwise; a day begins at its midnight."""
    moment = clock.parse(text)
    if moment is None:
        raise typer.BadParameter(f"'{text}' is no time; write 2026-01-15 or 2026-01-15T10:00:00Z")
    return moment
