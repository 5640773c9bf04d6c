"""An HTTP request as API Gateway hands it to a function."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Request(NamedTuple):
    """What collect reads of it; names of headers are in lower case.

    ``domain`` is the host name that API Gateway was called by, and ``ip`` the address it was called from. It knows both
    itself: no header is believed for them.
    """

    id: str
    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: str | None
    is_base64: bool
    domain: str | None
    ip: str | None


def read_request(event: Mapping[str, Any]) -> Request:
    """Read an event of a REST API's Lambda proxy integration."""
    context = event["requestContext"]
    return Request(
        id=context["requestId"],
        method=event["httpMethod"],
        path=event["path"],
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        query=event.get("queryStringParameters") or {},
        body=event.get("body"),
        is_base64=bool(event.get("isBase64Encoded")),
        domain=context.get("domainName"),
        ip=(context.get("identity") or {}).get("sourceIp"),
    )
