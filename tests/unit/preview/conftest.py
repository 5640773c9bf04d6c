"""Configurations and events for the previews."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from switchyard_cli.preview.destination import Configured, load_destination
from switchyard_cli.preview.preview import Previewer
from switchyard_cli.secrets_from_environment import resolve

TOKEN = {"secret": "eu/token"}


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., Configured]:
    """Return a function that compiles a Mixpanel destination ``eu`` with these subscriptions and settings."""

    def configure(*subscriptions: dict[str, Any], folder: str = "config", **settings: Any) -> Configured:
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        destination = {"name": "eu", "type": "mixpanel", "settings": {"projectToken": TOKEN, **settings}}
        chosen = {"subscriptions": list(subscriptions)} if subscriptions else {}
        (path / "switchyard.json").write_text(json.dumps({"destinations": [destination | chosen]}))
        return load_destination(path, "eu", resolve)

    return configure


@pytest.fixture
def previewer(configured: Callable[..., Configured]) -> Previewer:
    """A previewer of Segment's presets."""
    return Previewer(configured().destination)


@pytest.fixture
def track() -> Callable[..., dict[str, Any]]:
    """Return a function that makes an archived track call."""

    def make(event: str = "Signed Up", **more: Any) -> dict[str, Any]:
        times = {"timestamp": "2026-01-15T10:00:00.000Z", "receivedAt": "2026-01-15T10:00:01.000Z"}
        return {"type": "track", "messageId": "m-1", "userId": "u-1", "event": event, "context": {}, **times, **more}

    return make
