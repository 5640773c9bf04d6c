"""A package for each destination type; ``base`` has the shape that they share."""

import pkgutil
from importlib import import_module
from typing import Any

from switchyard.destinations.base import DestinationType
from switchyard.errors import ConfigError
from switchyard.suggestions import did_you_mean


def load_type(name: str) -> DestinationType[Any]:
    """Return the destination type of that name: the package beside this module. Raises ConfigError."""
    known = [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
    if name not in known:
        raise ConfigError(f"there is no destination type '{name}'{did_you_mean(name, known)}")
    found: DestinationType[Any] = import_module(f"{__name__}.{name}").DESTINATION_TYPE
    return found
