"""The payloads of ``events/``, sent to the local stack as an SDK would: over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson
import requests

from switchyard.errors import ConfigError
from switchyard.events import Json


class Sent(NamedTuple):
    """One payload, the call it was sent to, and the answer."""

    name: str
    call: str
    events: int
    status: int


def read_samples(folder: Path) -> dict[str, Json]:
    """Return the payloads of a folder by file name. Raises ConfigError where there are none, or one is none."""
    samples = {file.stem: _read(file) for file in sorted(folder.glob("*.json"))}
    if not samples:
        raise ConfigError(f"{folder}: there are no sample payloads (*.json) here")
    return samples


def _read(file: Path) -> Json:
    try:
        return orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{file}:{error.lineno}: not JSON ({error.msg})") from None


def call_of(name: str, payload: Json) -> str:
    """Return the call that a payload belongs to: its type, or what its file is named after."""
    return "batch" if "batch" in payload else str(payload.get("type", name))


def send_samples(url: str, samples: dict[str, Json]) -> Iterator[Sent]:
    """Send each payload with a real HTTP client."""
    with requests.Session() as session:
        for name, payload in samples.items():
            call = call_of(name, payload)
            reply = session.post(f"{url}/v1/{call}", json=payload, timeout=10)
            yield Sent(name, call, len(payload.get("batch", [payload])), reply.status_code)
