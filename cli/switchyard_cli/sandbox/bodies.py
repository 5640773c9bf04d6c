"""HTTP requests as records: gzip, JSON, NDJSON and forms, within Mixpanel's limits on size and count."""

import base64
import json
import math
import zlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, NoReturn
from urllib.parse import parse_qsl

from switchyard.events import Json
from switchyard_cli.sandbox.rules import MAX_RECORDS

_GZIP: Final = 31  # zlib's window bits for the gzip format
_MAX_FIELDS: Final = 100


class Unreadable(ValueError):
    """A body that holds no records, or too many; nothing of it is stored."""


class TooLarge(Exception):
    """A body that is larger than the limit once it is uncompressed."""


class Request(NamedTuple):
    """One HTTP request; header names are in lower case, ``params`` are the query's and a form's fields."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def asks(self, param: str) -> bool:
        """Tell whether a switch such as ``strict`` or ``verbose`` is on."""
        return self.params.get(param, "0") != "0"

    @property
    def media_type(self) -> str:
        """The ``Content-Type`` without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_gzip(self) -> bool:
        """Whether the body travels compressed."""
        return self.headers.get("content-encoding", "").lower() == "gzip"


def request(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Build a request from what HTTP transmits; ``target`` is the path with its query. Raises ``Unreadable``."""
    path, _, query = target.partition("?")
    names = {name.lower(): value for name, value in headers.items()}
    return Request(method, path, _fields(query), names, body)


def unpack(packed: Request, limit: int) -> Request:
    """Uncompress the body and add a form's fields to the parameters; ``limit`` in bytes.

    Raises ``TooLarge``, or ``Unreadable`` for broken gzip.
    """
    body = _inflate(packed.body, limit) if packed.is_gzip else packed.body
    if len(body) > limit:
        raise TooLarge
    if packed.media_type != "application/x-www-form-urlencoded":
        return packed._replace(body=body)
    return packed._replace(body=body, params=packed.params | _fields(_text(body)))


def import_records(unpacked: Request) -> list[Json]:
    """Read what ``/import`` takes: a JSON array, or one JSON object a line; raises ``Unreadable``."""
    if unpacked.media_type == "application/x-ndjson":
        lines = _counted([line for line in unpacked.body.splitlines() if line.strip()])
        return [parse(_text(line)) for line in lines]
    if unpacked.media_type != "application/json":
        raise Unreadable("Content-Type must be application/json or application/x-ndjson")
    records = parse(_text(unpacked.body))
    if not isinstance(records, list):
        raise Unreadable("request body must be a JSON array")
    return _counted(records)


def records(unpacked: Request) -> list[Json]:
    """Read what the other endpoints take: one object or an array, as JSON or as a form's ``data``.

    Raises ``Unreadable``.
    """
    text = _text(unpacked.body) if unpacked.media_type == "application/json" else _form_data(unpacked)
    content = parse(text)
    return _counted(content if isinstance(content, list) else [content])


def uncompressed_records(unpacked: Request) -> list[Json]:
    """Read what ``/engage`` and ``/groups`` take: the same, but never gzip. Raises ``Unreadable``."""
    if unpacked.is_gzip:
        raise Unreadable("Content-Encoding gzip is not supported")
    return records(unpacked)


def parse(text: str) -> Json:
    """Parse JSON as RFC 8259 defines it, which knows no NaN and no Infinity; raises ``Unreadable``."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise Unreadable("request body is not valid JSON") from None


def _form_data(unpacked: Request) -> str:
    data = unpacked.params.get("data", "")
    if data[:1] in {"", "{", "["}:
        return data
    try:
        return _text(base64.b64decode(data, validate=True))
    except ValueError:
        raise Unreadable("data, invalid base64") from None


def _counted(items: list[Any]) -> list[Any]:
    if not items:
        raise Unreadable("request holds no records")
    if len(items) > MAX_RECORDS:
        raise Unreadable(f"request exceeds max limit of {MAX_RECORDS} records")
    return items


def _fields(form: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(form, keep_blank_values=True, errors="surrogateescape", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise Unreadable(f"request holds more than {_MAX_FIELDS} fields") from None
    return dict(pairs)


def _text(body: bytes) -> str:
    """Decode so that bytes which are no UTF-8 stay visible: only their own record is refused for them."""
    return body.decode("utf-8", "surrogateescape")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse_constant(digits)


def _inflate(body: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj(wbits=_GZIP)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise Unreadable("request body is not valid gzip") from None
    if len(plain) <= limit and not inflater.eof:
        raise Unreadable("request body is not valid gzip")
    return plain
