"""Segment's webhook destination: a request that Segment signed, with one event or a list of them."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

from switchyard.errors import RefusedRequest

MAX_BODY_BYTES: Final = 4_000_000
"""What a function can be handed: Lambda takes 6 MB, in which a body stands as base64."""

MAX_SIGNED_BYTES: Final = 256 * 1024
"""Of a list, the first event is looked for in so many bytes: whoever knows no secret must not keep us busy."""

_STRINGS_AND_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_NESTING: Final = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


def check_signature(raw: bytes, signature: str, secrets: Iterable[str]) -> None:
    """Raise RefusedRequest (``bad_signature``) unless who sent the bytes knows one of the secrets.

    ``X-Signature`` is the HMAC-SHA1 of the body, in hexadecimal digits; of a list, Segment signs the first event alone.
    """
    given = signature.strip().lower().encode(errors="replace")
    signed = [each for each in (raw, _first_event(raw)) if each is not None]
    # All are compared, and each in full, so that the time it takes tells nothing.
    matches = [hmac.compare_digest(_digest(each, secret), given) for secret in secrets for each in signed]
    if not any(matches):
        raise RefusedRequest("bad_signature", "X-Signature does not belong to this body and a shared secret.")


def _digest(signed: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha1).hexdigest().encode()


def _first_event(raw: bytes) -> bytes | None:
    """Return the bytes of a list's first object, as they stand: written anew, its numbers could look different."""
    items = raw[1:MAX_SIGNED_BYTES].lstrip()
    if raw[:1] != b"[" or items[:1] != b"{":
        return None
    depth = 0
    for token in _STRINGS_AND_BRACKETS.finditer(items):
        depth += _NESTING.get(token[0], 0)
        if depth == 0:
            return items[: token.end()]
    return None
