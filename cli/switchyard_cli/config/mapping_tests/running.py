"""A mapping test → what preview makes of its events, and how that differs from what is expected."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from switchyard import clock
from switchyard.collect.intake import Intake, take_in
from switchyard.collect.normalise import Arrival
from switchyard.config import DestinationConfig
from switchyard.destinations import load_type
from switchyard.errors import RefusedRequest
from switchyard.events import Json
from switchyard.forward.plan import Destination, compile_destination
from switchyard_cli.config.compiler import compile_config
from switchyard_cli.config.mapping_tests.differences import Difference, compare_exactly, compare_in_part
from switchyard_cli.config.mapping_tests.reading import MappingTest, read_mapping_tests
from switchyard_cli.preview.preview import Previewer
from switchyard_cli.secrets_from_environment import conceal

_MESSAGE_ID: Final = "mapping-test"
_RECEIVED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""For an event that does not say them, so that a test makes the same at every run."""


class Result(NamedTuple):
    """A test, and how what was made differs from what it expects; it passed if it does not."""

    test: MappingTest
    differences: list[Difference]


class _Made(NamedTuple):
    """What becomes of a test's events, in the words of ``switchyard preview``."""

    operations: list[Json]
    errors: list[str]


def run_mapping_tests(folder: Path) -> list[Result]:
    """Run the tests of the configuration in a folder. Raises InvalidConfig for mistakes in either."""
    config = compile_config(folder)
    tests = read_mapping_tests(folder, config)
    previewers = {each.name: Previewer(_compile(each)) for each in config.destinations}
    return [Result(each, list(_differences(each, previewers[each.written.destination]))) for each in tests]


def _compile(config: DestinationConfig) -> Destination:
    return compile_destination(config, load_type(config.type), conceal)


def _differences(test: MappingTest, previewer: Previewer) -> Iterator[Difference]:
    made = _made(test, previewer)
    expected = [each.model_dump(exclude_unset=True) for each in test.written.expect]
    if test.written.errors != made.errors:
        yield Difference(("errors",), test.written.errors, made.errors)
    if test.written.filtered and made.operations:
        yield Difference(("filtered",), True, made.operations)
    elif test.written.exact:
        yield from compare_exactly(expected, made.operations, ("expect",))
    else:
        yield from compare_in_part(expected, made.operations, ("expect",))


def _made(test: MappingTest, previewer: Previewer) -> _Made:
    try:
        intake = _take_in(test)
    except RefusedRequest as error:
        return _Made([], [error.message])
    previews = [previewer.preview(event) for event in intake.accepted]
    operations = [each._asdict() | {"record": orjson.loads(each.record)} for one in previews for each in one.operations]
    refused = [each.reason.reason for each in intake.refused]
    return _Made(operations, [*refused, *(error for each in previews for error in each.errors)])


def _take_in(test: MappingTest) -> Intake:
    """Return the events as collect makes them of the body, received when it was sent; one from the archive as it is."""
    if "receivedAt" in test.body:
        return Intake([test.body])
    received_at = clock.parse(test.body.get("sentAt")) or _RECEIVED_AT
    return take_in(test.call, {"messageId": _MESSAGE_ID, **test.body}, Arrival(received_at))
