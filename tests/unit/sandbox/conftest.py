"""A sandbox at a fixed time, and a client that talks to it in process."""

import base64
import json
from typing import Any

import pytest

from switchyard_cli.sandbox import Sandbox

NOW = 1_700_000_000.0


class Client:
    """Sends records as a forwarder would; replies come back as status and JSON."""

    def __init__(self, sandbox: Sandbox, token: str = "token") -> None:
        self.sandbox = sandbox
        self.authorization = "Basic " + base64.b64encode(f"{token}:".encode()).decode()

    def post(self, target: str, body: bytes, media_type: str = "application/json", **headers: str) -> tuple[int, Any]:
        """Post a body as it is; header names have underscores for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = self.sandbox.handle("POST", target, {"Content-Type": media_type} | named, body)
        return reply.status, json.loads(reply.body)

    def import_events(self, *events: Any, strict: str = "1") -> tuple[int, Any]:
        """Post to ``/import`` as a JSON array."""
        body = json.dumps(events).encode()
        return self.post(f"/import?strict={strict}", body, Authorization=self.authorization)

    def send(self, target: str, *records: Any) -> Any:
        """Post to an endpoint that takes its token from the records, and answers 200 whatever happens."""
        status, content = self.post(target, json.dumps(records).encode())
        assert status == 200
        return content

    def get(self, target: str) -> Any:
        """Look through one of the windows below ``/sandbox``."""
        return json.loads(self.sandbox.handle("GET", target, {}).body)


@pytest.fixture
def now():
    """The sandbox's clock, in Unix seconds."""
    return NOW


@pytest.fixture
def connect():
    """Make a client for a sandbox."""
    return Client


@pytest.fixture
def sandbox():
    """A sandbox that takes every token."""
    return Sandbox(clock=lambda: NOW)


@pytest.fixture
def client(sandbox):
    """A client of that sandbox, with the token ``token``."""
    return Client(sandbox)


@pytest.fixture
def event():
    """Make a good event for ``/import``; a property of None is left out."""

    def make(insert_id: str | None = "id-1", name: str = "Signed Up", **properties: Any) -> dict[str, Any]:
        given = {"time": int(NOW) - 60, "distinct_id": "user-1", "$insert_id": insert_id, "ip": "0"} | properties
        return {"event": name, "properties": {key: value for key, value in given.items() if value is not None}}

    return make
