"""SDKs that cannot run here: what they send, byte for byte as in ``sdk_shapes``, over real HTTP to the local stack.

A file there is a request; its first line says how the shape is known. The headers decide how the body travels: gzipped,
or in chunks without a length.
"""

import gzip
import json
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from tests.e2e.conftest import Stack, start, stop
from tests.e2e.sdk_table import rows

SHAPES = sorted((Path(__file__).parent / "sdk_shapes").glob("*.http"))
ROWS = rows()
ON_DEVICES = {"kotlin", "swift", "react_native", "csharp", "android", "ios"}


class Shape(NamedTuple):
    """A request in a file."""

    method: str
    path: str
    headers: dict[str, str]
    content: dict[str, Any]

    @property
    def is_gzip(self):
        """Whether the body is to be compressed."""
        return self.headers.get("Content-Encoding") == "gzip"


def read(file):
    """Read a shape: a comment, the request line, headers, an empty line and JSON."""
    head, _, body = file.read_text().partition("\n\n")
    _about, request, *headers = head.splitlines()
    method, path, _version = request.split(" ")
    return Shape(method, path, dict(line.split(": ", 1) for line in headers), json.loads(body))


def send(url, shape):
    """Send a shape; return status and content of the answer."""
    raw = json.dumps(shape.content, ensure_ascii=False, separators=(",", ":")).encode()
    raw = gzip.compress(raw) if shape.is_gzip else raw
    in_chunks = "Transfer-Encoding" in shape.headers
    body = (raw[at : at + 100] for at in range(0, len(raw), 100)) if in_chunks else raw
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request(shape.method, shape.path, body, shape.headers, encode_chunked=in_chunks)
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    return reply.status, json.loads(content)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Give one stack for all shapes; its sandbox is its own."""
    running = start(tmp_path_factory.mktemp("stack"))
    try:
        yield running
        assert stop(running) == 0
    finally:
        running.process.kill()


def arrived(stack: Stack, name):
    """Return the events of a shape that are in the archive, in their order, once everything is done."""
    stack.wait_until_idle()
    return sorted(
        (event for event in stack.archived() if event["event"].startswith(f"{name} ")), key=lambda event: event["event"]
    )


@pytest.mark.parametrize("file", SHAPES, ids=lambda file: file.stem)
def test_each_event_of_the_shape_arrives_as_it_is(shared, file):
    """The answer is what every SDK takes for success; each event is archived with its fields, and without the key."""
    shape = read(file)
    assert send(shared.url, shape) == (200, {"success": True})
    given = shape.content.get("batch", [shape.content])
    for event, sent in zip(arrived(shared, file.stem), given, strict=True):
        assert event.items() >= {name: sent[name] for name in sent if name not in ("timestamp", "context")}.items()
        context = {**shape.content.get("context", {}), **sent.get("context", {})}
        assert event["context"] == context | ({"ip": "127.0.0.1"} if file.stem in ON_DEVICES else {})
        assert event["timestamp"] == corrected(event, sent, shape.content.get("sentAt"))
        assert "writeKey" not in event


def corrected(event, sent, sent_at):
    """Return the timestamp that Segment's formula gives: the device's clock may be wrong, the delay is not."""
    if "timestamp" not in sent:
        return event["receivedAt"]
    received, sent_at, original = map(datetime.fromisoformat, (event["receivedAt"], sent_at, sent["timestamp"]))
    return (received - (sent_at - original)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("file", SHAPES, ids=lambda file: file.stem)
def test_the_documentation_says_how_the_shape_is_sent(file):
    """Route, place of the key and Content-Type in docs/sdks.md are those of the shape."""
    shape = read(file)
    (row,) = [each for each in ROWS.values() if each.proof == f"shape {file.stem}"]
    places = {"Basic": shape.headers.get("Authorization"), "body": shape.content.get("writeKey")}
    assert row.key == ", ".join(place for place, key in places.items() if key)
    assert row.route == shape.path
    assert row.content_type == shape.headers.get("Content-Type", "none") + ", gzip" * shape.is_gzip
