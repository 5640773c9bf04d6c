"""``switchyard preview``: what would be sent, why, and what another configuration would have sent."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from switchyard_cli.commands.options import CONFIG_FOLDER, ConfigFolder, EventFiles
from switchyard_cli.commands.output import complain, print_line
from switchyard_cli.preview.destination import Configured, load_destination, load_without_secrets
from switchyard_cli.preview.diff import Comparison
from switchyard_cli.preview.diff_text import print_comparison
from switchyard_cli.preview.explain import Explainer
from switchyard_cli.preview.explain_text import print_explanation
from switchyard_cli.preview.preview import Previewer
from switchyard_cli.preview.reading import BadLine, Line, read_events
from switchyard_cli.progress import show_progress
from switchyard_cli.secrets_from_environment import resolve
from switchyard_cli.terminal import open_console

DestinationName = Annotated[str, typer.Option(help="Name of a configured destination.")]
Explain = Annotated[bool, typer.Option("--explain", help="Say why: subscriptions, conditions, the origin of values.")]
OtherFolder = Annotated[
    Path | None, typer.Option("--diff", help="Say what --config changes against this folder; exit code 1 if anything.")
]
AsJson = Annotated[bool, typer.Option("--json", help="With --explain or --diff: for scripts.")]


def preview(  # noqa: PLR0913 - each parameter is an option that a user can type
    files: EventFiles = None,
    *,
    destination: DestinationName,
    config: ConfigFolder = CONFIG_FOLDER,
    explain: Explain = False,
    diff: OtherFolder = None,
    json: AsJson = False,
) -> None:
    """Show what would be sent for each event; nothing is sent. The exit code is 1 if a line was no event."""
    if explain and diff:
        raise typer.BadParameter("choose one of --explain and --diff")
    if diff:
        before, after = (load_without_secrets(folder, destination) for folder in (diff, config))
        all_well = _compare(files or [], before, after, json=json)
    else:
        configured = load_destination(config, destination, resolve)
        all_well = _show(files or [], _explaining(configured, json=json) if explain else _previewing(configured))
    raise typer.Exit(0 if all_well else 1)


def _show(files: list[Path], show: Callable[[Line], None]) -> bool:
    """Show line by line, and return whether each was an event."""
    bad = 0
    for line in show_progress(read_events(files), show=not sys.stdout.isatty()):
        show(line)
        bad += isinstance(line, BadLine)
    return not bad


def _previewing(configured: Configured) -> Callable[[Line], None]:
    previewer = Previewer(configured.destination)
    return lambda line: print_line(previewer.preview(line).document())


def _explaining(configured: Configured, *, json: bool) -> Callable[[Line], None]:
    explainer = Explainer(configured)
    if json:
        return lambda line: print_line(explainer.explain(line).document())
    console = open_console()
    return lambda line: print_explanation(console, explainer.explain(line))


def _compare(files: list[Path], before: Configured, after: Configured, *, json: bool) -> bool:
    """Show what differs, and return whether nothing does and every line was an event."""
    comparison, bad = Comparison.of(before, after), 0
    previewers = Previewer(before.destination), Previewer(after.destination)
    for line in show_progress(read_events(files)):
        if isinstance(line, BadLine):
            complain(line.problem)
            bad += 1
        else:
            comparison.add(*(each.preview(line) for each in previewers))
    if json:
        print_line(comparison.document())
    else:
        print_comparison(open_console(), comparison)
    return comparison.is_empty and not bad
