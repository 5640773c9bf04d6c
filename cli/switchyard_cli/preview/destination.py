"""A configuration's destination by name, compiled as for Lambda, with the secrets of this machine or without any."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from switchyard.config import DestinationConfig
from switchyard.destinations import load_type
from switchyard.errors import ConfigError
from switchyard.events import Json
from switchyard.forward.plan import Destination, compile_destination
from switchyard.suggestions import did_you_mean
from switchyard_cli.config.compiler import compile_config
from switchyard_cli.secrets_from_environment import conceal, placeholder

Resolve: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Replaces the references to secrets in a destination's settings."""


class Configured(NamedTuple):
    """A destination as it was written, as it was compiled, and the folder that has it."""

    folder: Path
    config: DestinationConfig
    destination: Destination

    @property
    def written_secrets(self) -> dict[str, Json]:
        """What is written for the settings that are secret: a reference, or the secret itself."""
        secret = self.destination.type.secrets
        return {name: value for name, value in self.config.settings.items() if name in secret}


def load_destination(folder: Path, name: str, resolve: Resolve) -> Configured:
    """Compile a destination of the configuration in a folder. Raises ConfigError, also for a name that is not there."""
    return _compile(folder, _find(folder, name), resolve)


def load_without_secrets(folder: Path, name: str) -> Configured:
    """Do the same with a placeholder for every secret, also for one that is written in plain text."""
    found = _find(folder, name)
    secret = load_type(found.type).secrets
    in_plain_text = {name for name, value in found.settings.items() if name in secret and isinstance(value, str)}
    placeholders = {name: placeholder(name) for name in in_plain_text}
    return _compile(folder, found, lambda settings: conceal(settings) | placeholders)


def _find(folder: Path, name: str) -> DestinationConfig:
    config = compile_config(folder)
    known = {each.name: each for each in config.destinations}
    if name not in known:
        raise ConfigError(f"{folder}: there is no destination '{name}'{did_you_mean(name, known)}")
    return known[name]


def _compile(folder: Path, found: DestinationConfig, resolve: Resolve) -> Configured:
    return Configured(folder, found, compile_destination(found, load_type(found.type), resolve))
