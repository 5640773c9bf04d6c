"""What `sam local` gives the functions as their environment, so that in a container they work on this stack.

The file is for ``--env-vars``. SAM takes from it only variables that the template names.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from switchyard_cli.local.template import Template

THIS_MACHINE: Final = "host.docker.internal"
"""What a container calls the machine that it runs on."""

_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


def sam_environment(template: Template, environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return every variable of every function; ``environment`` goes over the template's, seen from a container."""
    seen = {name: from_a_container(value) for name, value in environment.items()}
    functions = template.resources("AWS::Serverless::Function").items()
    return {name: template.environment(properties, seen) for name, properties in functions}


def from_a_container(url: str) -> str:
    """Return the address under which a container finds what listens on this machine; others stay as they are."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.rpartition(":")
    return parts._replace(netloc=f"{THIS_MACHINE}:{port}").geturl() if host in _LOOPBACK else url
