"""The write key of a request: SDKs put it into the Authorization header, into the body, or into both."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from switchyard.config import Config, Source
from switchyard.errors import RefusedRequest
from switchyard.events import Json


def find_write_key(headers: Mapping[str, str], body: Mapping[str, Any], query: Mapping[str, str]) -> str | None:
    """Return the key from Basic auth, else from the body, the first event of a batch, or the query."""
    return _basic_user(headers.get("authorization", "")) or _in_body(body) or query.get("writeKey") or None


def source_of(config: Config, write_key: str | None) -> Source:
    """Return the source that the key opens. Raises RefusedRequest: ``unknown_source`` or ``source_disabled``."""
    if write_key is None:
        raise RefusedRequest(
            "unknown_source", "There is no write key in the Authorization header, the body or the query."
        )
    source = config.source_of(write_key)
    if source is None:
        raise RefusedRequest("unknown_source", "No source has this write key.")
    if write_key in source.disabledKeys:
        known = {"source": source.name, "key": source.number_of(write_key)}
        raise RefusedRequest("source_disabled", "This write key is disabled.", known)
    return source


def _basic_user(authorization: str) -> str | None:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        padded = credentials.strip() + "=" * (-len(credentials.strip()) % 4)
        return b64decode(padded).decode().partition(":")[0] or None
    except ValueError:
        return None


def _in_body(body: Mapping[str, Any]) -> str | None:
    batch = body.get("batch")
    first = batch[0] if isinstance(batch, list) and batch else None
    return _key_of(body) or _key_of(first)


def _key_of(value: Json) -> str | None:
    key = value.get("writeKey") if isinstance(value, dict) else None
    return key if isinstance(key, str) and key else None
