"""The options that several commands share."""

from pathlib import Path
from typing import Annotated, Final

import typer

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
