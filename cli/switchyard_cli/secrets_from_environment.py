"""Secrets on this machine: from environment variables that are named after them.

``{secret: mixpanel-eu/project-token}`` is ``SWITCHYARD_SECRET_MIXPANEL_EU_PROJECT_TOKEN``.
"""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from switchyard.config import Config
from switchyard.events import Json
from switchyard.secret_settings import reference


def variable_of(name: str) -> str:
    """Return the variable that holds the secret of that name."""
    return "SWITCHYARD_SECRET_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def references_of(config: Config) -> list[tuple[str, str]]:
    """Return (kind, name) of every secret that the configuration names, each once, in order."""
    of_destinations = (value for each in config.destinations for value in each.settings.values())
    of_webhooks = (value for each in config.sources for value in each.webhookSecrets)
    return sorted({found for value in (*of_destinations, *of_webhooks) if (found := reference(value))})


def placeholder(name: str) -> str:
    """Return what is shown in place of a secret, e.g. ``<mixpanel-eu/project-token>``."""
    return f"<{name}>"


def resolve(settings: Mapping[str, Json]) -> dict[str, Any]:
    """Return the settings with the secrets' values; a placeholder stands for one whose variable is not set."""
    return _replace(settings, lambda name: os.environ.get(variable_of(name)) or placeholder(name))


def conceal(settings: Mapping[str, Json]) -> dict[str, Any]:
    """Return the settings with a placeholder for each secret, whatever the environment holds."""
    return _replace(settings, placeholder)


def _replace(settings: Mapping[str, Json], value_of: Callable[[str], str]) -> dict[str, Any]:
    return {name: value_of(found[1]) if (found := reference(value)) else value for name, value in settings.items()}
