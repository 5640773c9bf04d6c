"""``$insert_id``: what Mixpanel recognises a record by that arrives twice, so it must never change (promise 3).

Mixpanel's rule: at most 36 bytes of ``[A-Za-z0-9-]`` and none of its placeholder words. Anything else is replaced by
36 hexadecimal digits that depend on it alone.
"""

import json
import re
from hashlib import blake2b
from typing import Final

from switchyard.errors import InvalidEvent
from switchyard.events import Event

_LONGEST: Final = 36
_LEGAL: Final = re.compile(r"[A-Za-z0-9-]+")
_NIL_UUID: Final = "00000000-0000-0000-0000-000000000000"
_PLACEHOLDERS: Final = frozenset(
    {"0", "-1", "anon", "anonymous", "false", "na", "nil", "none", "null", "true", "undefined", "unknown", _NIL_UUID}
)
_DIGEST_BYTES: Final = 18  # 36 hexadecimal digits


def insert_id(given: str | None, event: Event) -> str:
    """Return the id that was ``given`` (by default the event's messageId) if it is legal, else a hash of it.

    Without any it is a hash of the event. Raises InvalidEvent if that nests too deeply to be read.
    """
    if not given:
        return _hash(_canonical(event))
    is_legal = len(given) <= _LONGEST and _LEGAL.fullmatch(given) and given.lower() not in _PLACEHOLDERS
    return given if is_legal else _hash(given)


def product_insert_id(order_id: str, index: int) -> str:
    """Return the id of an order's product number ``index``, which counts from 0."""
    return _hash(f"{order_id}#{index}")


def _hash(text: str) -> str:
    # JSON may hold halves of surrogate pairs, which strict UTF-8 cannot write.
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()


def _canonical(event: Event) -> str:
    try:
        return json.dumps(event, sort_keys=True, separators=(",", ":"))
    except RecursionError as error:
        raise InvalidEvent("too_deep", "the event has no messageId and nests too deeply to make one of") from error
