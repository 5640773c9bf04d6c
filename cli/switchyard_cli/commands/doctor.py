"""``switchyard doctor``: whether a deployment works, end to end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from switchyard_cli.commands.options import CONFIG_FOLDER, ConfigFolder, Region, StackName
from switchyard_cli.commands.output import print_line
from switchyard_cli.deployment import NoDeployment, find_deployment
from switchyard_cli.doctor import checks, report
from switchyard_cli.doctor.finding import Finding, failed
from switchyard_cli.doctor.probe_event import Journey
from switchyard_cli.progress import show_progress
from switchyard_cli.terminal import open_console

Url = Annotated[str | None, typer.Option(help="Send the test event to this host, e.g. a domain of your own.")]
Patience = Annotated[
    float | None, typer.Option(min=1, help="Seconds to wait for the event's arrival; 180, on the local stack 30.")
]
AsJson = Annotated[bool, typer.Option("--json", help="A JSON object for each check, for scripts.")]

_PATIENCE: Final = {True: 30.0, False: 180.0}
"""Of a local stack and of a deployed one, whose archive function waits for a minute, and whose logs come late."""


def doctor(  # noqa: PLR0913 - each parameter is an option that a user can type
    *,
    stack: StackName = None,
    region: Region = None,
    config: ConfigFolder = CONFIG_FOLDER,
    url: Url = None,
    patience: Patience = None,
    json: AsJson = False,
) -> None:
    """Check a deployment: configuration, parts, secrets, regions, and an event's way to its destinations.

    A track event named "Switchyard Doctor" is sent to every source, and reaches your project. The exit code is 1 if a
    check fails.
    """
    found = []
    for finding in show_progress(_examine(stack, region, config, url, patience), "checks", show=not json):
        found.append(finding)
        if json:
            print_line(report.document(finding))
    if not json:
        report.print_findings(open_console(), found, f"the stack '{stack}'" if stack else "the local stack")
    if any(each.status == "failed" for each in found):
        raise typer.Exit(1)


def _examine(
    stack: str | None, region: str | None, folder: Path, url: str | None, patience: float | None
) -> Iterator[Finding]:
    config, about_config = checks.examine_configuration(folder, deploying=stack is not None)
    yield about_config
    try:
        deployment = find_deployment(stack, region)
    except NoDeployment as error:
        remedy = "Deploy it, or name it as it is named" if stack else "Start it, or run this where it was started"
        yield failed("deployment", str(error), f"{remedy}; the other checks need it.")
        return
    yield from checks.examine_parts(deployment)
    if config:
        yield from checks.examine_secrets(deployment, config)
        yield from checks.examine_regions(deployment, config)
        seconds = patience or _PATIENCE[deployment.is_local]
        yield from Journey(deployment, config, url or deployment.api_url, seconds).findings()
