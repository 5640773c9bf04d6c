"""The ``switchyard`` command: its commands put together, and what is a mistake of the user's told in a line."""

import sys
from typing import NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError

from switchyard.errors import FqlError, SwitchyardError
from switchyard_cli.commands import config, dlq
from switchyard_cli.commands.doctor import doctor
from switchyard_cli.commands.fql import fql
from switchyard_cli.commands.local import local
from switchyard_cli.commands.openapi import openapi
from switchyard_cli.commands.output import complain
from switchyard_cli.commands.preview import preview
from switchyard_cli.commands.replay import replay
from switchyard_cli.commands.where import where

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Segment's events, delivered to Mixpanel.")
app.command()(local)
app.command()(preview)
app.command()(fql)
app.command()(openapi)
app.command()(where)
app.command()(doctor)
app.command()(replay)
app.add_typer(dlq.app, name="dlq")
app.add_typer(config.app, name="config")


def main() -> None:
    """Run a command; a mistake of the user's is a line on stderr, not a traceback."""
    try:
        sys.exit(app(standalone_mode=False))
    except typer.Abort:
        sys.exit(130)
    except typer.TyperException as error:
        _end(error.format_message())
    except FqlError as error:
        _end(f"{error.message}\n{error.pointer}")
    except SwitchyardError as error:
        _end(str(error))
    except (BotoCoreError, ClientError) as error:
        _end(f"AWS: {error}")
    except OSError as error:
        _end(f"{error.filename or 'the output'}: {error.strerror}")


def _end(message: str) -> NoReturn:
    complain(message)
    sys.exit(2)
