"""``switchyard local``: the whole system on this machine."""

import contextlib
import logging
import signal
import threading
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer
from rich.console import Console

from switchyard.errors import ConfigError
from switchyard.events import Json
from switchyard_cli.commands.options import CONFIG_FOLDER, ConfigFolder
from switchyard_cli.local import report
from switchyard_cli.local.output import FunctionOutput
from switchyard_cli.local.samples import read_samples, send_samples
from switchyard_cli.local.stack import LocalStack, Options
from switchyard_cli.local.tail import Tail
from switchyard_cli.local.watched_folder import WatchedFolder
from switchyard_cli.terminal import open_console, plain

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port of the API on 127.0.0.1; 0 takes a free one.")]
TemplateFile = Annotated[Path, typer.Option(help="The deployment to run.")]
MixpanelUrl = Annotated[str | None, typer.Option(help="Send there instead of to the built-in sandbox.")]
SamplesFolder = Annotated[Path | None, typer.Option(help="Send this folder's payloads, and show what came of them.")]
LogFile = Annotated[Path, typer.Option(help="File for what the functions log.")]
ShowRequests = Annotated[
    bool, typer.Option("--tail", help="Show each request and its end, and what Mixpanel did not take.")
]
SamEnvironment = Annotated[
    Path | None, typer.Option("--sam-env", help="Write what `sam local … --env-vars` needs to run functions on this.")
]

SAMPLES_TIMEOUT_SECONDS: Final = 60
_LOOK_SECONDS: Final = 0.5


def local(  # noqa: PLR0913 - each parameter is an option that a user can type
    *,
    port: Port = 3000,
    config: ConfigFolder = CONFIG_FOLDER,
    template: TemplateFile = Path("template.yaml"),
    mixpanel_url: MixpanelUrl = None,
    samples: SamplesFolder = None,
    log: LogFile = Path(".switchyard/local.log"),
    tail: ShowRequests = False,
    sam_environment: SamEnvironment = None,
) -> None:
    """Run the whole system on this machine, without AWS, until Ctrl-C."""
    payloads = read_samples(samples) if samples else {}
    console = open_console()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    watched = WatchedFolder(config)
    output = FunctionOutput(log)
    logging.basicConfig(stream=output, force=True)
    with contextlib.redirect_stdout(output), LocalStack(Options(template, config, port, log, mixpanel_url)) as stack:
        if payloads:
            _show_samples(console, stack, output, payloads)
        if sam_environment:
            sam_environment.parent.mkdir(parents=True, exist_ok=True)
            sam_environment.write_bytes(orjson.dumps(stack.sam_environment, option=orjson.OPT_INDENT_2))
        _show_addresses(console, stack, log)
        if tail:
            _show_requests(console, stack, output)
        while not stopped.wait(_LOOK_SECONDS):
            if watched.has_changed():
                _redeploy(console, stack, config)
    output.flush()


def _redeploy(console: Console, stack: LocalStack, config: Path) -> None:
    try:
        stack.redeploy()
        console.print(plain(f"{config} has changed, and applies to every event from now on."))
    except ConfigError as error:
        console.print(plain(f"{config} has changed, but what was there before stays in force:", "yellow"))
        for line in str(error).splitlines():
            console.print(plain(line))


def _show_requests(console: Console, stack: LocalStack, output: FunctionOutput) -> None:
    tail = Tail(console)
    output.listen(tail.hear)
    stack.gateway.watch(tail.answered)


def _show_samples(console: Console, stack: LocalStack, output: FunctionOutput, payloads: dict[str, Json]) -> None:
    report.print_sent(console, list(send_samples(stack.url, payloads)))
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
    console.print(plain(f"Functions' log:   {log}"))
    console.print("Ctrl-C ends it.")
