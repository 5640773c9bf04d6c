"""A sandbox on loopback: HTTP/1.1 with keep-alive, a thread for each connection.

The standard library's server carries it, since Werkzeug's closes every connection after one request, and since
faults need the connection itself.
"""

import re
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Final, Self, TypeAlias

from switchyard_cli.sandbox import replies
from switchyard_cli.sandbox.replies import Reply

Handle: TypeAlias = Callable[[str, str, Mapping[str, str], bytes], Reply]
"""Method, path with query, headers and body → reply; a ``ConnectionResetError`` closes the connection unanswered."""

_MAX_BODY_BYTES: Final = 64 * 1024 * 1024
_POLL_SECONDS: Final = 0.05


class Server:
    """Serves ``handle`` in a daemon thread until ``close``, or until the end of a ``with`` block."""

    def __init__(self, handle: Handle, host: str, port: int) -> None:
        self._tcp = _TcpServer(handle, (host, port))
        self.url = f"http://{host}:{self._tcp.server_address[1]}"
        self._thread = threading.Thread(target=self._tcp.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop at once: no more connections, and those that are open end."""
        self._tcp.shutdown()
        self._tcp.server_close()
        self._tcp.hang_up()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _TcpServer(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handle: Handle, address: tuple[str, int]) -> None:
        self.handle = handle
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    server: _TcpServer

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client went away
            super().handle()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing: the sandbox counts its requests itself."""

    def _answer(self) -> None:
        length = self._body_length()
        if length is None:
            self.close_connection = True
            self._send(replies.failure(411, "Content-Length is required"))
        elif length > _MAX_BODY_BYTES:
            self.close_connection = True
            self._send(replies.too_large(_MAX_BODY_BYTES))
        else:
            self._handle(length)

    def _handle(self, length: int) -> None:
        try:
            reply = self.server.handle(self.command, self.path, dict(self.headers), self._read(length))
        except ConnectionResetError:
            self.close_connection = True
        else:
            self._send(reply)

    def _read(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError
        return body

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.headers["Content-Length"] != str(len(reply.body)):
            self.close_connection = True
        self.end_headers()
        self.wfile.write(reply.body)

    def _body_length(self) -> int | None:
        length = self.headers.get("Content-Length", "0")
        return int(length) if re.fullmatch("[0-9]{1,15}", length) and "Transfer-Encoding" not in self.headers else None
