"""A configuration's destination by name, compiled as for Lambda, with the secrets of this machine."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from switchyard.config import DestinationConfig
from switchyard.destinations import load_type
from switchyard.errors import ConfigError
from switchyard.forward.plan import Destination, compile_destination
from switchyard.suggestions import did_you_mean
from switchyard_cli.config.compiler import compile_config

Resolve: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Replaces the references to secrets in a destination's settings."""


class Configured(NamedTuple):
    """A destination as it was written, as it was compiled, and the folder that has it."""

    folder: Path
    config: DestinationConfig
    destination: Destination


def load_destination(folder: Path, name: str, resolve: Resolve) -> Configured:
    """Compile a destination of the configuration in a folder. Raises ConfigError, also for a name that is not there."""
    config = compile_config(folder)
    known = {each.name: each for each in config.destinations}
    if name not in known:
        raise ConfigError(f"{folder}: there is no destination '{name}'{did_you_mean(name, known)}")
    found = known[name]
    return Configured(folder, found, compile_destination(found, load_type(found.type), resolve))
