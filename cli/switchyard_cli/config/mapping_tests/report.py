"""Results of mapping tests, for people and for scripts."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from switchyard.events import Json
from switchyard_cli.config.documents import Problem, path_to
from switchyard_cli.config.mapping_tests.differences import NOTHING, Difference
from switchyard_cli.config.mapping_tests.running import Result
from switchyard_cli.preview.excerpt import shorten

MAX_VALUE: Final = 500
"""Characters."""


def lines(results: Sequence[Result], folder: Path) -> Iterator[str]:
    """Yield lines: each test that failed, where and how, and the counts."""
    failed = [each for each in results if each.differences]
    for result in failed:
        yield f"{_place(result).file}:{_place(result).line}: failed: {result.test.written.name}"
        for difference in result.differences:
            yield f"  line {_place(result, difference).line}: {path_to(difference.location)}"
            yield f"    expected  {_value(difference.expected)}"
            yield f"    got       {_value(difference.made)}"
    ends = f"{len(failed)} failed" if failed else "all passed"
    yield f"{folder}: {len(results)} mapping test(s), {ends}" if results else f"{folder}: no mapping tests"


def document(result: Result) -> dict[str, Any]:
    """Return what a script is told of a test; ``expected`` or ``got`` is missing where there is no value."""
    place = _place(result)
    differences = [_differing(result, each) for each in result.differences]
    head = {"name": result.test.written.name, "file": str(place.file), "line": place.line}
    return head | {"passed": not differences, "differences": differences}


def _differing(result: Result, difference: Difference) -> dict[str, Any]:
    values = {"expected": difference.expected, "got": difference.made}
    place = {"line": _place(result, difference).line, "path": path_to(difference.location)}
    return place | {name: value for name, value in values.items() if value is not NOTHING}


def _place(result: Result, difference: Difference | None = None) -> Problem:
    """Return where a test stands, or what differs in it."""
    return result.test.place.problem("", *(difference.location if difference else ()))


def _value(value: Json) -> str:
    return "nothing" if value is NOTHING else shorten(orjson.dumps(value).decode(), MAX_VALUE)
