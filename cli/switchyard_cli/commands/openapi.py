"""``switchyard openapi``: the tracking API as an OpenAPI document."""

import typer

from switchyard_cli.openapi.document import write_openapi


def openapi() -> None:
    """Print the tracking API as an OpenAPI document in YAML; docs/openapi.yaml is this."""
    typer.echo(write_openapi(), nl=False)
