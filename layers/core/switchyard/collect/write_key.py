"""The write key of a request: SDKs put it into the Authorization header, into the body, or into both."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from switchyard.events import Json


def find_write_key(headers: Mapping[str, str], body: Mapping[str, Any]) -> str | None:
    """Return the key from Basic auth, else from the body, else from the first event of a batch."""
    return _basic_user(headers.get("authorization", "")) or _in_body(body)


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
