"""How other commands find the running local stack: a file that is there while it runs."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

from switchyard_cli.deployment import LOCAL_FILE, answers


@contextmanager
def announced(region: str, endpoint: str, outputs: Mapping[str, str], log: Path) -> Iterator[None]:
    """Write where the stack is; at the end put back who was there before, unless another has written there meanwhile.

    Only a stack that still answers is put back.
    """
    earlier = _running(_read())
    told = {
        "pid": os.getpid(),
        "region": region,
        "endpoint": endpoint,
        "outputs": outputs,
        "log": str(log.absolute()),
        "earlier": earlier,
    }
    _write(told)
    try:
        yield
    finally:
        if _read() == told:
            _write(_running(earlier))


def _running(told: Any) -> Any:
    """Return the stack if it answers, else the last that began before it and does, or None."""
    while told:
        with suppress(KeyError, TypeError):
            if answers(told["outputs"]["ApiUrl"]):
                return told
        told = told.get("earlier") if isinstance(told, dict) else None
    return None


def _read() -> Any:
    with suppress(OSError, ValueError):
        return orjson.loads(LOCAL_FILE.read_bytes())
    return None


def _write(told: Any) -> None:
    if told is None:
        LOCAL_FILE.unlink(missing_ok=True)
        return
    LOCAL_FILE.parent.mkdir(parents=True, exist_ok=True)
    LOCAL_FILE.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
