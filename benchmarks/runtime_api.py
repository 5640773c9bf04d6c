"""Lambda's Runtime API for one function: AWS's own runtime client fetches events here, and answers here.

The function runs in a process of its own. That it ends, or cannot be loaded, is an outcome like any other.
"""

import json
import queue
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self
from uuid import uuid4

from switchyard.events import Json

_ARN: Final = "arn:aws:lambda:eu-central-1:123456789012:function:switchyard"


class FunctionFailed(Exception):
    """The handler raised, or its module could not be loaded, or its process ended; the message says which."""


class _Outcome(NamedTuple):
    body: bytes
    failed: bool = False


class Runtime:
    """One execution environment; use it as a context manager. ``started`` is when its process was (perf_counter)."""

    def __init__(self, command: Sequence[str], code: Path, environment: Mapping[str, str], log: Path) -> None:
        self._command = command
        self._code = code
        self._environment = environment
        self._log = log
        self._events: queue.Queue[bytes] = queue.Queue()
        self._outcomes: queue.Queue[_Outcome] = queue.Queue()
        self._open = ExitStack()
        self.started = 0.0

    def __enter__(self) -> Self:
        """Start the process, which begins to load the handler."""
        server = self._open.enter_context(_Server(self._events, self._outcomes))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._open.callback(server.shutdown)
        environment = {**self._environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"}
        output = self._open.enter_context(self._log.open("wb"))
        self.started = time.perf_counter()
        process = subprocess.Popen(self._command, cwd=self._code, env=environment, stdout=output, stderr=output)  # noqa: S603
        self._open.callback(process.wait)
        self._open.callback(process.kill)
        threading.Thread(target=self._watch, args=(process,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the process."""
        self._open.close()

    def invoke(self, event: Json, seconds: float = 30) -> Json:
        """Return the handler's result. Raises FunctionFailed, as well when it takes longer than that."""
        self._events.put(json.dumps(event).encode())
        try:
            body, failed = self._outcomes.get(timeout=seconds)
        except queue.Empty:
            raise FunctionFailed(f"there was no answer within {seconds} s") from None
        if failed:
            raise FunctionFailed(f"{body.decode()}\n{self._log.read_text()}")
        return json.loads(body)

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        self._outcomes.put(_Outcome(f"the process ended with exit code {process.wait()}".encode(), failed=True))


class _Server(ThreadingHTTPServer):
    """Hands out the events, one for each request, and takes what becomes of them."""

    def __init__(self, events: "queue.Queue[bytes]", outcomes: "queue.Queue[_Outcome]") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events = events
        self.outcomes = outcomes

    def handle_error(self, *_: object) -> None:
        """Say nothing of a process that is gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer ``/invocation/next`` when there is an event."""
        headers = {
            "Lambda-Runtime-Aws-Request-Id": str(uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(round(time.time() * 1000) + 120_000),
            "Lambda-Runtime-Invoked-Function-Arn": _ARN,
            # The client's compiled part crashes without these two.
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
            "Content-Type": "application/json",
        }
        self._reply(200, self.server.events.get(), headers)

    def do_POST(self) -> None:
        """Take ``/invocation/{id}/response``, ``/invocation/{id}/error`` or ``/init/error``."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.outcomes.put(_Outcome(body, failed=self.path.endswith("/error")))
        self._reply(202, b"", {})

    def _reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print no line for each request."""
