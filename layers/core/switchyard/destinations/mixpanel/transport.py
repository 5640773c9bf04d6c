"""One HTTP request to Mixpanel: the only I/O of the package."""

from collections.abc import Mapping
from time import monotonic
from typing import Final, NamedTuple

import requests
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from switchyard.destinations.mixpanel.replies import Reply

VERSION: Final = "0.1.0"

MAX_REPLY_BYTES: Final = 4_000_000
"""Decompressed. Two thousand failed records need a tenth of it."""

_CHUNK: Final = 65_536


class Timeouts(NamedTuple):
    """Seconds: to connect, from one byte of the reply to the next, and for its whole body."""

    connect: float = 5
    read: float = 15
    body: float = 15


class Request(NamedTuple):
    """A POST, complete but for the headers that are the same on every request."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class EndlessReply(requests.RequestException):
    """A reply that is too large or takes too long to be one of Mixpanel's."""


_TIMEOUTS: Final = Timeouts()


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy and no .netrc may send data, or a password, anywhere else
    session.headers.update({"User-Agent": f"Switchyard/{VERSION}", "Accept-Encoding": "gzip"})
    return session


_SESSION: Final = _session()


def post(request: Request, timeouts: Timeouts = _TIMEOUTS) -> Reply:
    """Send the request on a kept-alive connection and return the reply; what goes wrong on the way is its ``error``.

    Redirects are not followed: they could lead out of the region (promise 6).
    """
    try:
        with _SESSION.post(
            request.url,
            data=request.body,
            headers=request.headers,
            timeout=(timeouts.connect, timeouts.read),
            allow_redirects=False,
            stream=True,
        ) as response:
            return Reply(response.status_code, _read(response.raw, timeouts.body), response.headers)
    except (requests.RequestException, HTTPError, OSError) as error:
        return Reply(None, error=type(error).__name__)


def _read(raw: BaseHTTPResponse, seconds: float) -> bytes:
    body = bytearray()
    deadline = monotonic() + seconds
    while chunk := raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > MAX_REPLY_BYTES or monotonic() > deadline:
            raise EndlessReply
    return bytes(body)
