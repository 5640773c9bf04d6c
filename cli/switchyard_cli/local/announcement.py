"""How other commands find the running local stack: a file that is there while it runs."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import orjson

from switchyard_cli.deployment import LOCAL_FILE


@contextmanager
def announced(region: str, endpoint: str, outputs: Mapping[str, str]) -> Iterator[None]:
    """Write where the stack is, and take it back at the end, unless another stack has written there meanwhile."""
    told = {"pid": os.getpid(), "region": region, "endpoint": endpoint, "outputs": outputs}
    LOCAL_FILE.parent.mkdir(parents=True, exist_ok=True)
    LOCAL_FILE.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    try:
        yield
    finally:
        if _told() == told:
            LOCAL_FILE.unlink(missing_ok=True)


def _told() -> Any:
    with suppress(OSError, ValueError):
        return orjson.loads(LOCAL_FILE.read_bytes())
    return None
