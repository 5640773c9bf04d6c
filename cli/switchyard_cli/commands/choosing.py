"""The options by which ``dlq``'s commands choose a deployment and dead letters, declared once."""

import inspect
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, Final, NamedTuple

import typer

from switchyard_cli.commands.options import Region, StackName, read_time
from switchyard_cli.dead_letters.selection import Selection
from switchyard_cli.deployment import Deployment, find_deployment

_Text = str | None
_Time = datetime | None


class Choice(NamedTuple):
    """What a user chose."""

    deployment: Deployment
    selection: Selection


_SELECTION: Final[dict[str, Any]] = {
    "queue": Annotated[_Text, typer.Option(help="Whose: collect, archive or a destination type.")],
    "code": Annotated[_Text, typer.Option(help="With this code.")],
    "reason": Annotated[_Text, typer.Option(help="With this text in their reason.")],
    "source": Annotated[_Text, typer.Option(help="Of this source.")],
    "destination": Annotated[_Text, typer.Option(help="For this destination.")],
    "event": Annotated[_Text, typer.Option(help="With this name of the event, or this call (identify, page …).")],
    "start": Annotated[_Time, typer.Option("--from", parser=read_time, help="That failed at this time or later.")],
    "end": Annotated[_Time, typer.Option("--to", parser=read_time, help="That failed before this time.")],
}
_DEPLOYMENT: Final[dict[str, Any]] = {"stack": StackName, "region": Region}


def with_choice(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; it takes what was chosen as its first argument."""

    @wraps(command)
    def chosen(*arguments: Any, **options: Any) -> None:
        selection = Selection(**{name: options.pop(name) for name in _SELECTION})
        deployment = find_deployment(**{name: options.pop(name) for name in _DEPLOYMENT})
        command(Choice(deployment, selection), *arguments, **options)

    own = list(inspect.signature(command).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in (_SELECTION | _DEPLOYMENT).items()
    ]
    chosen.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    chosen.__annotations__ = {each.name: each.annotation for each in (*own, *shared)}
    return chosen
