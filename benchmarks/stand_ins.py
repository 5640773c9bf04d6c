"""SQS, S3, Secrets Manager and Mixpanel as a function sees them on a good day: each call is answered at once."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import orjson

from switchyard.events import Json


@contextmanager
def serve_stand_ins() -> Iterator[str]:
    """Answer on a port of this machine; yields the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PUT(self) -> None:
        """Take an object, as S3 does."""
        self._body()
        self._reply(b"")

    def do_POST(self) -> None:
        """Answer a call of AWS's, by its header, or else one of Mixpanel's."""
        call = self.headers.get("X-Amz-Target", "Mixpanel").rpartition(".")[2]
        self._reply(orjson.dumps(_ANSWERS[call](self._body())))

    def _body(self) -> bytes:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def _reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print no line for each request."""


def _send_message_batch(body: bytes) -> Json:
    ids = [each["Id"] for each in orjson.loads(body)["Entries"]]
    return {"Successful": [{"Id": each, "MessageId": each, "MD5OfMessageBody": ""} for each in ids]}


def _get_secret_value(_body: bytes) -> Json:
    return {"SecretString": "token"}


def _import(body: bytes) -> Json:
    return {"code": 200, "num_records_imported": len(orjson.loads(body)), "status": "OK"}


_ANSWERS: Final = {
    "SendMessageBatch": _send_message_batch,
    "GetSecretValue": _get_secret_value,
    "Mixpanel": _import,
}
