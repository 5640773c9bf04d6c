"""``switchyard config …``: what an operator writes, checked, tried and compiled."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from switchyard_cli.commands.options import CONFIG_FOLDER, ConfigFolder
from switchyard_cli.commands.output import print_line, tell
from switchyard_cli.config.compiler import compile_written, to_json
from switchyard_cli.config.documents import Problem
from switchyard_cli.config.mapping_tests import report
from switchyard_cli.config.mapping_tests.running import run_mapping_tests
from switchyard_cli.config.sources_and_destinations import read_written
from switchyard_cli.config.warnings import find_warnings

Strict = Annotated[bool, typer.Option("--strict", help="Take warnings for errors, as before a deployment.")]
AsJson = Annotated[bool, typer.Option("--json", help="A JSON object for each test, for scripts.")]
OutputFile = Annotated[Path, typer.Option(help="File to write.")]

app = typer.Typer(no_args_is_help=True, help="Check the configuration, try it, or compile it for Lambda.")


@app.command()
def check(*, config: ConfigFolder = CONFIG_FOLDER, strict: Strict = False) -> None:
    """Check the configuration; every mistake is shown with file, line and remedy, and what will surely go wrong."""
    written = read_written(config)
    compiled = compile_written(written)
    warnings = find_warnings(written, compiled, deploying=strict)
    kind = "error" if strict else "warning"
    for line in _lines(warnings, kind):
        tell(line)
    counted = [f"{len(compiled.sources)} source(s)", f"{len(compiled.destinations)} destination(s)"]
    counted += [] if strict and warnings else ["no mistakes"]
    counted += [f"{len(warnings)} {kind}(s)"] if warnings else []
    tell(f"{config}: {', '.join(counted)}")
    if strict and warnings:
        raise typer.Exit(1)


@app.command()
def build(*, config: ConfigFolder = CONFIG_FOLDER, output: OutputFile) -> None:
    """Check the configuration and compile it to the JSON file that Lambda reads."""
    written = read_written(config)
    compiled = compile_written(written)
    for line in _lines(find_warnings(written, compiled, deploying=True), "warning"):
        tell(line, error=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(to_json(compiled))


@app.command("test")
def run_tests(*, config: ConfigFolder = CONFIG_FOLDER, json: AsJson = False) -> None:
    """Run the mapping tests in the configuration's folder tests/. The exit code is 1 if one fails."""
    results = run_mapping_tests(config)
    if json:
        for result in results:
            print_line(report.document(result))
    else:
        tell("\n".join(report.lines(results, config)))
    if any(result.differences for result in results):
        raise typer.Exit(1)


def _lines(warnings: Iterable[Problem], kind: str) -> Iterable[str]:
    return (f"{each.file}:{each.line}: {kind}: {each.message}" for each in warnings)
