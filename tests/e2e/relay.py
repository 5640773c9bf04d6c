"""A relay between clients and a server: it passes requests on as they are, and remembers them."""

import gzip
import socket
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import orjson

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


@dataclass(frozen=True)
class Exchange:
    """A request as its client sent it, and the status that it was answered."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int

    @property
    def content(self) -> Any:
        """The body's JSON."""
        return orjson.loads(gzip.decompress(self.body) if self.is_gzip else self.body)

    @property
    def is_gzip(self) -> bool:
        """Whether the body is compressed."""
        return self.body.startswith(b"\x1f\x8b")

    @property
    def key_places(self) -> list[str]:
        """Where the write key is: in Basic, in the body, or in both."""
        basic = self.headers.get("authorization", "").removeprefix("Basic ")
        places = {"Basic": b64decode(basic).partition(b":")[0], "body": self.content.get("writeKey")}
        return [place for place, key in places.items() if key]


@dataclass
class Relay:
    """Listens on a port of its own; ``after`` sees each exchange before its client gets the answer."""

    target: str
    after: Callable[[Exchange], None] = lambda _: None
    exchanges: list[Exchange] = field(default_factory=list)
    dropped: int = 0
    _is_down: bool = False

    @contextmanager
    def serve(self) -> Iterator["Relay"]:
        """Pass requests on until the end of the block."""
        with _Server(("127.0.0.1", 0), _Handler) as server:
            server.relay = self
            self.url = f"http://127.0.0.1:{server.server_port}"
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            try:
                yield self
            finally:
                server.shutdown()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Close every connection unanswered until the end of the block."""
        self._is_down = True
        yield
        self._is_down = False

    def count(self, method: str, status: int = 200) -> int:
        """Return how many requests with a method were answered with a status."""
        return sum((each.method, each.status) == (method, status) for each in self.exchanges)

    def pass_on(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any, bytes]:
        """Return status, headers and body of the answer. Raises ConnectionError while the relay is down."""
        if self._is_down:
            self.dropped += 1
            raise ConnectionError
        connection = HTTPConnection(urlsplit(self.target).netloc, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            reply = connection.getresponse()
            content = reply.read()
        finally:
            connection.close()
        lower = {name.lower(): value for name, value in headers.items()}
        exchange = Exchange(method, path, lower, body, reply.status)
        self.exchanges.append(exchange)
        self.after(exchange)
        return reply.status, reply.getheaders(), content


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    relay: Relay


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    server: _Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, headers, content = self.server.relay.pass_on(self.command, self.path, dict(self.headers), body)
        except ConnectionError:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_OPTIONS = _answer  # noqa: N815 - the standard library's names

    def log_message(self, *_: object) -> None:
        """Say nothing: the relay remembers everything."""
