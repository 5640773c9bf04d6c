"""Files → mapping tests; every mistake is named with file, line and remedy (promise 8)."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from pydantic import ValidationError

from switchyard.config import Config
from switchyard.events import Json
from switchyard.suggestions import did_you_mean
from switchyard_cli.config.documents import (
    MAX_FILE_BYTES,
    Document,
    InvalidConfig,
    Location,
    Problem,
    read_documents,
)
from switchyard_cli.config.mapping_tests.schema import FILE, WrittenOperation, WrittenTest
from switchyard_cli.config.shape_problems import shape_problems
from switchyard_cli.config.sources_and_destinations import Place
from switchyard_cli.local.samples import call_of

FOLDER: Final = "tests"
"""Where the tests lie in a configuration's folder."""


class MappingTest(NamedTuple):
    """A test, where it stands, and what is sent in it: the body of a call."""

    written: WrittenTest
    place: Place
    call: str
    body: dict[str, Any]


def read_mapping_tests(folder: Path, config: Config) -> list[MappingTest]:
    """Read the tests of the configuration in ``folder``; it may have none. Raises InvalidConfig with every mistake."""
    problems: list[Problem] = []
    written = [each for document in read_documents(folder / FOLDER) for each in _tests(document, problems)]
    problems += [problem for each in written for problem in _unknown_names(*each, config)]
    tests = []
    for each in written:
        try:
            tests.append(MappingTest(*each, *_payload(*each, folder)))
        except InvalidConfig as error:
            problems += error.problems
    if problems:
        raise InvalidConfig(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    return tests


def _tests(document: Document, problems: list[Problem]) -> Iterator[tuple[WrittenTest, Place]]:
    problems += [document.problem(*each) for each in _not_json(document.data, ())]
    try:
        tests = FILE.validate_python(document.data)
    except ValidationError as error:
        problems += shape_problems(document, error, _keys_beside)
        return
    yield from ((each, Place(document, (number,))) for number, each in enumerate(tests))


def _keys_beside(location: Location) -> Iterable[str]:
    return (WrittenOperation if "expect" in location else WrittenTest).model_fields


def _not_json(value: Json, location: Location) -> Iterator[tuple[Location, str]]:
    """Yield the place of what only YAML knows, dates for example: no event and no record can have it."""
    match value:
        case dict():
            for name, inner in value.items():
                if not isinstance(name, str):
                    yield (*location, str(name)), "the keys of an object are strings; put it in quotes"
                yield from _not_json(inner, (*location, str(name)))
        case list():
            for index, inner in enumerate(value):
                yield from _not_json(inner, (*location, index))
        case str() if not _is_json(value):
            yield location, "there are halves of characters in this; write the characters themselves"
        case _ if not _is_json(value):
            yield location, f"JSON has no such {type(value).__name__}; put the value in quotes"


def _is_json(value: Json) -> bool:
    try:
        orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:
        return False
    return True


def _unknown_names(test: WrittenTest, place: Place, config: Config) -> Iterator[Problem]:
    destinations = {each.name: each for each in config.destinations}
    if test.destination not in destinations:
        message = f"there is no destination '{test.destination}'{did_you_mean(test.destination, destinations)}"
        yield place.problem(message, "destination")
        return
    known = [each.name for each in destinations[test.destination].subscriptions if each.enabled]
    for number, operation in enumerate(test.expect):
        name = operation.subscription
        if name is not None and name not in known:
            message = f"no subscription '{name}' is enabled{did_you_mean(name, known)}"
            yield place.problem(message, "expect", number, "subscription")


def _payload(test: WrittenTest, place: Place, folder: Path) -> tuple[str, dict[str, Any]]:
    """Return the call and the body that a test is about. Raises InvalidConfig for a file that holds none."""
    if test.file is None:
        body = test.event or {}
        return call_of("", body), body
    file = folder / test.file
    try:
        body = _read_object(file)
    except (OSError, TypeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        message = f"{file}: {reason}; write the path of a JSON object, seen from {folder}"
        raise InvalidConfig([place.problem(message, "file")]) from None
    return call_of(file.stem, body), body


def _read_object(file: Path) -> dict[str, Any]:
    if file.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"larger than {MAX_FILE_BYTES:,} bytes")
    body = orjson.loads(file.read_bytes())
    if not isinstance(body, dict):
        raise TypeError("not a JSON object")
    return body
