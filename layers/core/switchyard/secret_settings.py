"""References to secrets in a destination's settings → their values.

``{secret: name}`` is a secret in Secrets Manager, ``{ssm: name}`` a parameter in SSM's Parameter Store. The
deployment's prefix goes before the name, and the function may read nothing outside that prefix.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from switchyard.clients import create_client, kind_of
from switchyard.errors import MissingSecret
from switchyard.events import Json

FRESH_SECONDS: Final = 300
"""A rotated secret is in use after five minutes, without a deployment."""

# A store that hangs must not use up the time of destinations whose secrets are known.
_CLIENT_CONFIG: Final = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


def _from_secrets_manager(name: str) -> str:
    value: str = create_client("secretsmanager", _CLIENT_CONFIG).get_secret_value(SecretId=name)["SecretString"]
    return value


def _from_parameter_store(name: str) -> str:
    # A name with slashes must begin with one here, while Secrets Manager's does not.
    reply = create_client("ssm", _CLIENT_CONFIG).get_parameter(Name="/" + name, WithDecryption=True)
    value: str = reply["Parameter"]["Value"]
    return value


READERS: Final[Mapping[str, Callable[[str], str]]] = {"secret": _from_secrets_manager, "ssm": _from_parameter_store}
"""How each kind of reference is read."""


def reference(value: Json) -> tuple[str, str] | None:
    """Return (kind, name) when the value is a reference to a secret."""
    if isinstance(value, dict) and len(value) == 1:
        kind, name = next(iter(value.items()))
        if kind in READERS and isinstance(name, str):
            return kind, name
    return None


class Secrets:
    """Reads secrets by name and remembers them for five minutes."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._read: dict[tuple[str, str], tuple[float, str]] = {}

    def resolve(self, settings: Mapping[str, Json]) -> dict[str, Any]:
        """Return the settings with each reference replaced by its value. Raises MissingSecret."""
        return {name: self._value(*found) if (found := reference(value)) else value for name, value in settings.items()}

    def _value(self, kind: str, name: str) -> str:
        read_at, value = self._read.get((kind, name), (float("-inf"), ""))
        if time.monotonic() - read_at > FRESH_SECONDS:
            value = self._fetch(kind, self._prefix + name, known=value)
            self._read[kind, name] = (time.monotonic(), value)
        return value

    def _fetch(self, kind: str, name: str, known: str) -> str:
        try:
            # A secret that was made from a file often has the file's last line break.
            value = READERS[kind](name).strip()
        except (BotoCoreError, ClientError, KeyError) as error:  # KeyError: a binary secret has no SecretString
            if known:  # what was good five minutes ago is better than nothing
                return known
            raise MissingSecret(f"the {kind} '{name}' cannot be read ({kind_of(error)})") from error
        if not value:
            raise MissingSecret(f"the {kind} '{name}' is empty")
        return value
