"""The default transport against real sockets: whatever happens on the way comes back as a value."""

import contextlib
import gzip
import socket
import struct
import tomllib
from functools import partial
from pathlib import Path

import pytest

from switchyard.destinations.mixpanel import transport
from switchyard.destinations.mixpanel.replies import Reply
from switchyard.destinations.mixpanel.transport import MAX_REPLY_BYTES, Request, Timeouts

OK = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"status":1}'
PATIENT = Timeouts(connect=5, read=20, body=20)
post = partial(transport.post, timeouts=PATIENT)


def request_to(server, path="/engage"):
    """A small request."""
    return Request(f"{server.url}{path}", {"Content-Type": "application/json"}, b'[{"n":1}]')


def response(body, *headers, status="200 OK"):
    """An HTTP response with a correct length."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]).encode() + body


def reset(connection):
    """End the connection with RST, as a balancer that has forgotten it does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(connection):
    """Say nothing until the client goes away."""
    connection.recv(1)


def once(answer):
    """Send this and close the connection."""
    return lambda connection: connection.sendall(answer)


def drip(first, piece):
    """Send a head, then a body bit by bit, far longer than anyone should read."""

    def answer(connection):
        connection.sendall(first)
        for _ in range(250):
            connection.settimeout(0.02)
            with contextlib.suppress(TimeoutError):
                connection.recv(1)
                return
            connection.settimeout(None)
            connection.sendall(piece)

    return answer


def test_a_request_arrives_as_it_is(loopback):
    """POST with the body's own bytes and headers, and a name for whoever reads Mixpanel's logs."""
    server = loopback(OK)
    reply = post(request_to(server))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert (reply.status, reply.body) == (200, b'{"status":1}')
    assert head.startswith(b"POST /engage HTTP/1.1\r\n")
    assert f"User-Agent: Switchyard/{transport.VERSION}".encode() in head
    assert b"Content-Type: application/json" in head
    assert body == b'[{"n":1}]'


def test_the_name_has_the_version_of_the_project():
    """The one in pyproject.toml."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert project["version"] == transport.VERSION


def test_connections_are_kept(loopback):
    """A TLS handshake for each batch would cost more than the batch."""
    server = loopback(OK)
    assert [post(request_to(server)).status for _ in range(3)] == [200] * 3
    assert server.connections == 1


def test_a_connection_that_the_other_side_closed_meanwhile_is_not_used(loopback):
    """A Lambda that wakes up finds its idle connections closed, and must not lose a request to that."""
    server = loopback(once(OK))
    for _ in range(3):
        assert post(request_to(server)).status == 200
        assert server.hung_up.acquire(timeout=20)


def test_headers_of_the_reply_are_found_in_any_case(loopback):
    """HTTP's names have no case."""
    server = loopback(response(b"0", "retry-after: 7", status="429 Slow Down"))
    assert post(request_to(server)).headers.get("Retry-After") == "7"


@pytest.mark.parametrize(
    ("answer", "timeouts", "error"),
    [
        (drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "), PATIENT._replace(body=0.2), "EndlessReply"),
        (hang, PATIENT._replace(read=0.2), "ReadTimeout"),
    ],
    ids=["slow", "silent"],
)
def test_patience_ends(loopback, answer, timeouts, error):
    """Neither silence nor a byte now and then holds up a run for long."""
    assert transport.post(request_to(loopback(answer)), timeouts) == Reply(None, error=error)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reset, "ConnectionError"),
        (lambda _: None, "ConnectionError"),
        (once(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"), "ProtocolError"),
        (once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"), "ProtocolError"),
        (once(b"EHLO mail.example.com\r\n"), "ConnectionError"),
        (drip(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 1_000_000), "EndlessReply"),
        (response(b"\x1f\x8b no gzip", "Content-Encoding: gzip"), "DecodeError"),
        (response(gzip.compress(b" " * (MAX_REPLY_BYTES + 1)), "Content-Encoding: gzip"), "EndlessReply"),
    ],
    ids=["reset", "closed", "cut", "cut-chunk", "no-http", "endless", "no-gzip", "bomb"],
)
def test_what_goes_wrong_is_an_error_value(loopback, answer, error):
    """No status, no body, and the name of what happened; nothing is raised."""
    assert post(request_to(loopback(answer))) == Reply(None, error=error)


def test_nobody_listens():
    """Nor is an address without a server raised."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert post(Request(f"http://127.0.0.1:{port}/engage", {}, b"[]")) == Reply(None, error="ConnectionError")


def test_an_address_that_is_none():
    """Nor a wrong setting."""
    assert post(Request("api.mixpanel.example/engage", {}, b"[]")) == Reply(None, error="MissingSchema")


def test_gzip_replies_are_read(loopback):
    """We say that we take them."""
    server = loopback(response(gzip.compress(b'{"status":1}'), "Content-Encoding: gzip"))
    assert post(request_to(server)).body == b'{"status":1}'


def test_redirects_are_not_followed(loopback):
    """Promise 6: a redirect could lead out of the region."""
    elsewhere = loopback(OK)
    server = loopback(response(b"", f"Location: {elsewhere.url}/engage", status="307 Temporary Redirect"))
    assert post(request_to(server)).status == 307
    assert elsewhere.connections == 0


@pytest.fixture
def a_proxy(loopback, monkeypatch):
    """A proxy that the environment names, to which nothing may go."""
    proxy = loopback(OK)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    return proxy


def test_proxies_of_the_environment_are_not_used(loopback, a_proxy):
    """Promise 6: data goes to the region's host and nowhere else."""
    assert post(request_to(loopback(OK))).status == 200
    assert a_proxy.connections == 0


def test_passwords_of_the_environment_are_not_sent(loopback, monkeypatch, tmp_path):
    """A ``.netrc`` must not replace the project's own credential."""
    (tmp_path / "netrc").write_text("default login ann password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server = loopback(OK)
    post(request_to(server))
    assert b"authorization" not in server.requests[0].lower()
