"""The ``switchyard`` command."""

import contextlib
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from switchyard.errors import ConfigError
from switchyard_cli.config.compiler import compile_config, to_json
from switchyard_cli.local import report
from switchyard_cli.local.output import FunctionOutput
from switchyard_cli.local.samples import read_samples, send_samples
from switchyard_cli.local.stack import LocalStack, Options

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Segment's events, delivered to Mixpanel.")
config_app = typer.Typer(no_args_is_help=True, help="Check the configuration, or compile it for Lambda.")
app.add_typer(config_app, name="config")

ConfigFolder = Annotated[Path, typer.Option("--config", help="Folder with the YAML files.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port of the API on 127.0.0.1; 0 takes a free one.")]
TemplateFile = Annotated[Path, typer.Option(help="The deployment to run.")]
MixpanelUrl = Annotated[str | None, typer.Option(help="Send there instead of to the built-in sandbox.")]
SamplesFolder = Annotated[Path | None, typer.Option(help="Send this folder's payloads, and show what came of them.")]
LogFile = Annotated[Path, typer.Option(help="File for what the functions log.")]

SAMPLES_TIMEOUT_SECONDS = 60


@app.command()
def local(  # noqa: PLR0913 - each parameter is an option that a user can type
    *,
    port: Port = 3000,
    config: ConfigFolder = Path("layers/config"),
    template: TemplateFile = Path("template.yaml"),
    mixpanel_url: MixpanelUrl = None,
    samples: SamplesFolder = None,
    log: LogFile = Path(".switchyard/local.log"),
) -> None:
    """Run the whole system on this machine, without AWS, until Ctrl-C."""
    console = Console(file=sys.stdout)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        output = FunctionOutput(file)
        logging.basicConfig(stream=output, force=True)
        with contextlib.redirect_stdout(output), LocalStack(Options(template, config, port, mixpanel_url)) as stack:
            if samples:
                _show_samples(console, stack, output, samples)
            _show_addresses(console, stack, log)
            stopped.wait()


def _show_samples(console: Console, stack: LocalStack, output: FunctionOutput, folder: Path) -> None:
    report.print_sent(console, list(send_samples(stack.url, read_samples(folder))))
    if not stack.wait_until_idle(SAMPLES_TIMEOUT_SECONDS):
        console.print("[yellow]Some events are still on their way; what follows is not the end of it.[/]")
    report.print_way(console, output.counters, stack.archived_objects())
    if stack.sandbox:
        report.print_mixpanel(console, stack.sandbox)
    report.print_dead_letters(console, stack.dead_letters())


def _show_addresses(console: Console, stack: LocalStack, log: Path) -> None:
    for variable in stack.missing_secrets if not stack.sandbox else ():
        console.print(f"[yellow]{variable} is not set: a placeholder is sent to Mixpanel as that secret.[/]")
    console.print(f"Segment SDKs:     {stack.url}")
    if stack.sandbox:
        console.print(f"Mixpanel sandbox: {stack.sandbox_url}/sandbox")
    console.print(f"AWS endpoint:     {stack.aws_url}  (queues, archive and secrets, for boto3 and the aws command)")
    console.print(f"Functions' log:   {log}")
    console.print("Ctrl-C ends it.")


@config_app.command()
def check(*, config: ConfigFolder = Path("layers/config")) -> None:
    """Check the configuration; every mistake is shown with file, line and remedy."""
    checked = compile_config(config)
    Console().print(
        f"{config}: {len(checked.sources)} source(s), {len(checked.destinations)} destination(s), no mistakes"
    )


@config_app.command()
def build(
    *, config: ConfigFolder = Path("layers/config"), output: Annotated[Path, typer.Option(help="File to write.")]
) -> None:
    """Check the configuration and compile it to the JSON file that Lambda reads."""
    compiled = to_json(compile_config(config))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(compiled)


def main() -> None:
    """Run a command; a mistake of the user's is a line on stderr, not a traceback."""
    try:
        sys.exit(app(standalone_mode=False))
    except typer.TyperException as error:
        _complain(error.format_message())
    except ConfigError as error:
        _complain(str(error))


def _complain(message: str) -> NoReturn:
    sys.stderr.write(f"switchyard: {message}\n")
    sys.exit(2)
