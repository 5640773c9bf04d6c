"""``switchyard where``: the stations of one event, and so where it is."""

from datetime import timedelta
from typing import Annotated

import typer

from switchyard import clock
from switchyard_cli.commands.options import Region, StackName, read_time
from switchyard_cli.commands.output import print_line, tell
from switchyard_cli.deployment import find_deployment
from switchyard_cli.stations import Station, find_stations
from switchyard_cli.terminal import open_console, open_table, plain

MessageId = Annotated[str, typer.Argument(help="The event's messageId, which SDKs give to every call.")]
Since = Annotated[
    str | None, typer.Option(help="Look into logs from this time on (ISO 8601, UTC); of a deployed stack a day back.")
]
AsJson = Annotated[bool, typer.Option("--json", help="A JSON object for each station, for scripts.")]


def where(
    message_id: MessageId,
    *,
    stack: StackName = None,
    region: Region = None,
    since: Since = None,
    json: AsJson = False,
) -> None:
    """Say where an event is: accepted, archived, and delivered, filtered, put off or a dead letter by destination.

    It reads the functions' logs. The exit code is 1 if none of them names the event.
    """
    start = read_time(since) if since else clock.now() - timedelta(days=1)
    stations = find_stations(find_deployment(stack, region), message_id, start)
    if json:
        for station in stations:
            print_line(station._asdict())
    else:
        _print(message_id, stations)
    if not stations:
        raise typer.Exit(1)


def _print(message_id: str, stations: list[Station]) -> None:
    if not stations:
        tell(f"no log line since then names {message_id}: it did not arrive, or was refused with its whole request")
        return
    table = open_table("time", "function", "what", "at", "why", title=f"The way of {message_id}")
    for each in stations:
        table.add_row(*map(plain, (each.time, each.function, each.what, each.at or "", each.why)))
    open_console().print(table)
    if any(each.what == "dead letter" for each in stations):
        tell(f"`switchyard dlq show {message_id}` has a dead letter whole.")
