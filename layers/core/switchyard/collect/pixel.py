"""An event in the query of an image's address: for e-mails and other places where no code runs."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from switchyard.collect.decode import Body, decode_object
from switchyard.errors import RefusedRequest

MAX_LEVELS: Final = 10
"""Of a dotted path; what comes after them is one name."""

# Everything in an address is text, but "false" must keep an event from a destination.
_FLAGS: Final[Mapping[str, Any]] = {"true": True, "false": False}


def decode_pixel(query: Mapping[str, str]) -> Body:
    """Return the event in ``?data=`` (JSON in base64), or in dotted parameters such as ``properties.subject``.

    Raises RefusedRequest, as ``decode_body`` does.
    """
    if data := query.get("data"):
        return decode_object(_bytes(data))
    return Body(_nested(query), repaired=False)


def _bytes(data: str) -> bytes:
    """Read base64, also as addresses have it: with ``-`` and ``_``, without padding, a ``+`` turned into a space."""
    standard = data.translate(str.maketrans("-_ ", "+/+")).rstrip("=")
    try:
        return b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError as error:
        raise RefusedRequest("bad_request", "data is not base64.") from error


def _nested(query: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters as an object. One that contradicts an earlier one, as a.b does after a, is left out."""
    event: dict[str, Any] = {}
    for path, value in ((_utf8(path), _utf8(value)) for path, value in query.items()):
        *parents, name = path.split(".", MAX_LEVELS - 1)
        inside: Any = event
        for parent in parents:
            inside = inside.setdefault(parent, {}) if isinstance(inside, dict) else None
        if isinstance(inside, dict):
            inside.setdefault(name, _FLAGS.get(value, value) if parents[:1] == ["integrations"] else value)
    return event


def _utf8(text: str) -> str:
    """Replace halves of surrogate pairs, which no queue takes."""
    return text.encode(errors="replace").decode()
