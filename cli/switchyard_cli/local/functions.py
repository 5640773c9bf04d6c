"""The functions' own handlers, loaded and invoked as Lambda would."""

import importlib.util
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from switchyard.events import Json
from switchyard_cli.local.template import Physical, Template


class Context:
    """The part of Lambda's context object that handlers read."""

    def __init__(self, function: str, timeout: float) -> None:
        self.function_name = function
        self.aws_request_id = str(uuid4())
        self._ends = time.monotonic() + timeout

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function's timeout."""
        return max(0, round((self._ends - time.monotonic()) * 1000))


class Function:
    """One function of the template: a module of its own, and one invocation at a time, as in Lambda."""

    def __init__(self, name: str, code: Path, timeout: float, environment: Mapping[str, str]) -> None:
        self.name = name
        self._file = code / "app.py"
        self._timeout = timeout
        self._environment = environment
        self._lock = threading.Lock()
        self.load()

    def load(self) -> None:
        """Start it anew, as Lambda does after a deployment: with what its environment and its files say now."""
        with self._lock:
            # Handlers read most of their environment once, while they are loaded, but some of it later: so it stays.
            os.environ.update(self._environment)
            self._handler = _load(self.name, self._file).handler

    def invoke(self, event: Json) -> Json:
        """Return the handler's result; what it raises, this raises."""
        with self._lock:
            return self._handler(event, Context(self.name, self._timeout))


def _load(name: str, file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"switchyard_local_{name}", file)
    assert spec is not None, "a file that exists has a spec"  # noqa: S101
    assert spec.loader is not None, "and a loader"  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_functions(template: Template, environment: Mapping[str, str]) -> dict[str, Function]:
    """Load every function of the template by logical id; ``environment`` goes over the template's variables."""
    functions = {}
    for name, properties in template.resources("AWS::Serverless::Function").items():
        code = template.folder / properties["CodeUri"]
        functions[name] = Function(name, code, properties["Timeout"], template.environment(properties, environment))
        template.physical[name] = Physical(name)
    return functions


class Trigger(NamedTuple):
    """One entry of a function's ``Events``, its properties resolved."""

    function: str
    properties: dict[str, Json]


def triggers(template: Template, kind: str) -> list[Trigger]:
    """Return what invokes functions: ``Api`` or ``SQS`` events."""
    return [
        Trigger(name, {key: value for key, value in event["Properties"].items() if key != "RestApiId"})
        for name, properties in template.resources("AWS::Serverless::Function").items()
        for event in properties["Events"].values()
        if event["Type"] == kind
    ]
