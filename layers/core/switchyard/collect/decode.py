"""The body of an HTTP request, in whatever dress it came, → a JSON object.

SDKs send JSON as text or as base64 (API Gateway's doing), plain or gzipped, under any Content-Type. So the bytes
decide, never the headers. What JSON forbids but clients send all the same (NaN, half a surrogate pair, bytes that are
no UTF-8) costs the value, not the batch around it.
"""

import json
import math
import re
import zlib
from base64 import b64decode
from functools import reduce
from typing import Final, NamedTuple

import orjson

from switchyard.errors import RefusedRequest
from switchyard.events import Json

MAX_BODY_BYTES: Final = 500 * 1024 + 8 * 1024
"""Segment's 500 KB of events and room for the envelope around them, both after gunzip."""

MAX_DEPTH: Final = 100
"""Objects and lists nested deeper than this become null; Mixpanel itself reads ten levels at the most."""

MAX_MEMBERS: Final = 16
"""Of a gzip body; an SDK makes one."""

_GZIP_FORMAT: Final = zlib.MAX_WBITS | 16
_NO_GZIP: Final = "The body starts like gzip but could not be inflated."
_GZIP_MAGIC: Final = b"\x1f\x8b"
_UTF8_BOM: Final = b"\xef\xbb\xbf"
# orjson reads deeper than the 254 levels that it writes. With these lists around it, a value of MAX_DEPTH just can be.
_LISTS_AROUND: Final = 254 - MAX_DEPTH
# The closing quote is optional so that an unclosed string is read once, to its end, instead of again from each quote.
_STRINGS_AND_BRACKETS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_MAX_DIGITS: Final = 20  # of an integer in 64 bits, sign included
_HIGH, _LOW = r"u[dD][89abAB][0-9a-fA-F]{2}", r"u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPES: Final = re.compile(rf"\\(?:(?P<pair>{_HIGH}\\{_LOW})|(?P<lone>{_HIGH}|{_LOW})|.)", re.DOTALL)


class Body(NamedTuple):
    """A request's JSON, mostly an object; ``repaired`` tells that values which JSON cannot hold were replaced."""

    value: Json
    repaired: bool


def decode_body(body: str | None, *, is_base64: bool) -> Body:
    """Return the JSON object in the ``body`` of an API Gateway event.

    Raises RefusedRequest: ``bad_request`` (not base64, gzip or an object), ``payload_too_large`` or ``invalid_json``.
    """
    return decode_object(read_bytes(body, is_base64=is_base64))


def decode_object(raw: bytes) -> Body:
    """Return the JSON object in bytes. Raises RefusedRequest, as ``decode_body`` does."""
    body = decode_json(raw)
    if not isinstance(body.value, dict):
        raise RefusedRequest("bad_request", "The body must be a JSON object.")
    return body


def read_bytes(body: str | None, *, is_base64: bool, most: int = MAX_BODY_BYTES) -> bytes:
    """Return the bytes of a body, inflated if they are gzip. Raises RefusedRequest, as ``decode_body`` does."""
    raw = _bytes(body or "", is_base64=is_base64)
    if raw.startswith(_GZIP_MAGIC) and len(raw) <= most:
        raw = _gunzip(raw, most)
    if len(raw) > most:
        raise RefusedRequest("payload_too_large", f"A request may have {most // 1000} KB. Send smaller batches.")
    return raw


def _bytes(body: str, *, is_base64: bool) -> bytes:
    try:
        return b64decode(body) if is_base64 else body.encode()
    except ValueError as error:
        raise RefusedRequest("bad_request", "The body could not be decoded.") from error


def _gunzip(raw: bytes, most: int) -> bytes:
    """Inflate one byte more than the limit at the most, so that a bomb costs no memory, and few members, so no time."""
    inflated = b""
    try:
        for _ in range(MAX_MEMBERS):
            member = zlib.decompressobj(_GZIP_FORMAT)
            inflated += member.decompress(raw, most + 1 - len(inflated))
            raw = member.unused_data.lstrip(b"\0")
            if len(inflated) > most or (member.eof and not raw):
                return inflated
    except zlib.error as error:
        raise RefusedRequest("bad_request", _NO_GZIP) from error
    raise RefusedRequest("bad_request", _NO_GZIP)


def decode_json(raw: bytes) -> Body:
    """Return the JSON in bytes. Raises RefusedRequest: ``invalid_json``."""
    return Body(*_parse(raw.removeprefix(_UTF8_BOM)))


def _parse(raw: bytes) -> tuple[Json, bool]:
    try:
        value = orjson.loads(raw)
        orjson.dumps(reduce(lambda inner, _: [inner], range(_LISTS_AROUND), value))
    except (orjson.JSONDecodeError, TypeError):
        return _parse_forgivingly(raw), True
    return value, False


def _parse_forgivingly(raw: bytes) -> Json:
    try:
        text = _ESCAPES.sub(_replace_lone_surrogate, _prune(raw.decode(errors="replace")))
        return json.loads(text, strict=True, parse_int=_integer, parse_float=_finite, parse_constant=lambda _: None)
    except ValueError as error:
        raise RefusedRequest("invalid_json", "The body is not JSON in UTF-8.") from error


def _prune(text: str) -> str:
    """Replace whatever is nested deeper than MAX_DEPTH by null, without recursion."""
    kept, depth, start = [], 0, 0
    for token in _STRINGS_AND_BRACKETS.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == MAX_DEPTH + 1:
                kept.append(text[start : token.start()])
        elif token[0] in "]}":
            if depth == MAX_DEPTH + 1:
                kept.append("null")
                start = token.end()
            depth -= 1
    return "".join(kept) + text[start:] if depth <= MAX_DEPTH else "".join(kept)


def _replace_lone_surrogate(escape: re.Match[str]) -> str:
    return "\\ufffd" if escape["lone"] else escape[0]


def _integer(digits: str) -> int | float | None:
    """Read an integer as orjson does: exactly up to 64 bits, beyond them as a double."""
    number = int(digits) if len(digits) <= _MAX_DIGITS else None
    return number if number is not None and -(2**63) <= number < 2**64 else _finite(digits)


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None
