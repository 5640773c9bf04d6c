"""A Mixpanel project's settings, and an HTTP server on loopback that answers exactly what a test tells it to."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest

from switchyard.destinations.mixpanel.settings import MixpanelSettings

Answer = bytes | Callable[[socket.socket], None]


class Loopback:
    """Reads whole requests and gives the answers in turn, the last one again and again.

    Bytes are sent as they are and the connection is kept; a callable does what it likes, then the connection closes.
    """

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self.hung_up = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            self._converse(connection, stream)
        self.hung_up.release()

    def _converse(self, connection: socket.socket, stream: BinaryIO) -> None:
        while head := _head(stream):
            fields = dict(line.lower().split(b": ", 1) for line in head.splitlines()[1:])
            self.requests.append(head + b"\r\n" + stream.read(int(fields.get(b"content-length", 0))))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if not isinstance(answer, bytes):
                answer(connection)
                return
            connection.sendall(answer)


def _head(stream: BinaryIO) -> bytes:
    """Read a request up to the empty line, or whatever there is once the client has hung up."""
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line)
    return b"".join(lines)


@pytest.fixture
def loopback() -> Iterator[Callable[..., Loopback]]:
    """Start a server with its answers; all of them end with the test."""
    servers: list[Loopback] = []

    def start(*answers: Answer) -> Loopback:
        servers.append(Loopback(*answers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def settings() -> MixpanelSettings:
    """Return the settings of a project in the EU."""
    return MixpanelSettings(projectToken="a1b2c3d4e5f60718", apiRegion="EU")


@pytest.fixture(autouse=True)
def _no_local_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIXPANEL_URL", raising=False)
