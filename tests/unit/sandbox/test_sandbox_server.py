"""The sandbox on loopback: real sockets, kept alive, shared by threads, gone when closed."""

import http.client
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from switchyard_cli.sandbox import Faults, Sandbox

AUTH = ("token", "")


@pytest.fixture
def server(sandbox):
    """The sandbox on a free port of loopback."""
    with sandbox.serve() as server:
        yield server


@pytest.fixture
def connection(server):
    """A plain HTTP/1.1 connection, which never reconnects in silence."""
    url = urlsplit(server.url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    connection.auto_open = 0
    connection.connect()
    yield connection
    connection.close()


def test_events_arrive_over_http(server, sandbox, event):
    """A request of an ordinary client is stored and answered."""
    reply = requests.post(f"{server.url}/import?strict=1", json=[event()], auth=AUTH, timeout=10)
    assert (reply.status_code, reply.json()["num_records_imported"]) == (200, 1)
    assert sandbox.events() == requests.get(f"{server.url}/sandbox/events", timeout=10).json() == [event()]
    assert requests.delete(f"{server.url}/sandbox", timeout=10).status_code == 200
    assert sandbox.events() == []


def test_server_is_on_loopback(server):
    """By default nobody but this machine can reach the sandbox."""
    assert urlsplit(server.url).hostname == "127.0.0.1"


def test_connections_are_kept_alive(connection):
    """One connection carries many requests, errors among them."""
    for target, status in (("/sandbox", 200), ("/nothing", 404), ("/sandbox/events", 200)):
        connection.request("GET", target)
        reply = connection.getresponse()
        assert (reply.status, reply.version, bool(reply.read())) == (status, 11, True)


def test_threads_share_one_sandbox(server, sandbox, event):
    """Requests in parallel lose nothing and count right."""

    def send(number):
        update = {"$token": "token", "$distinct_id": "user-1", "$add": {"n": 1}}
        with requests.Session() as session:
            session.post(f"{server.url}/import", json=[event(f"id-{number % 20}")], auth=AUTH, timeout=10)
            session.post(f"{server.url}/engage?ip=0", json=[update], timeout=10)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(40)))
    assert sandbox.profiles() == {"user-1": {"n": 40}}
    assert len(sandbox.events()) == sandbox.counts["stored"] == sandbox.counts["duplicates"] == 20
    assert sandbox.requests == {("/import", 200): 40, ("/engage", 200): 40}


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("drop_before", http.client.RemoteDisconnected),
        ("drop_after", http.client.RemoteDisconnected),
        ("truncate", http.client.IncompleteRead),
    ],
)
def test_faults_reach_the_socket(connection, sandbox, kind, error):
    """A dropped connection ends without an answer, a cut reply ends in its middle."""
    sandbox.faults = Faults(rates={kind: 1})
    with pytest.raises(error):  # noqa: PT012 (the error may come with either call)
        connection.request("POST", "/import")
        connection.getresponse().read()
    assert sandbox.faults.injected == {kind: 1}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Transfer-Encoding: chunked", b"411"),
        ("Content-Length: -1", b"411"),
        (f"Content-Length: {'9' * 5000}", b"411"),
        ("Content-Length: 99999999999", b"413"),
    ],
)
def test_lengths_that_cannot_be_served(server, headers, status):
    """A body of unknown or absurd length is refused unread, and the connection ends."""
    url = urlsplit(server.url)
    with socket.create_connection((url.hostname, url.port), timeout=10) as raw:
        raw.sendall(f"POST /import HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n".encode())
        assert raw.makefile("rb").read().split()[1] == status


def test_half_a_request_is_no_request(server, sandbox):
    """A body that ends before its length is not taken for a shorter one."""
    url = urlsplit(server.url)
    with socket.create_connection((url.hostname, url.port), timeout=10) as raw:
        raw.sendall(b"POST /sandbox/faults HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n" + b'{"rates": {}}')
        raw.shutdown(socket.SHUT_WR)
        assert raw.makefile("rb").read() == b""
    assert sandbox.faults.rates == {}


def test_close_ends_open_connections():
    """After ``close`` open connections have ended and nobody listens any more."""
    server = Sandbox().serve()
    url = urlsplit(server.url)
    with socket.create_connection((url.hostname, url.port), timeout=10) as raw:
        raw.sendall(b"GET /sandbox HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(15) == b"HTTP/1.1 200 OK"
        server.close()
        raw.makefile("rb").read()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((url.hostname, url.port), timeout=10)
