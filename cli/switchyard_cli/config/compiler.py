"""Documents → the checked configuration: references, settings, conditions and mappings included (promise 8)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from pydantic import TypeAdapter, ValidationError

from switchyard.config import Config, DestinationConfig, Source, SubscriptionConfig
from switchyard.destinations import load_type
from switchyard.destinations.base import DestinationType
from switchyard.errors import ConfigError, FqlError, MappingError
from switchyard.events import Json
from switchyard.secret_settings import reference
from switchyard.subscriptions import compile_subscription
from switchyard.suggestions import did_you_mean
from switchyard_cli.config.documents import Document, InvalidConfig, Location, Problem, read_documents
from switchyard_cli.config.schema import WrittenConfig, WrittenDestination, WrittenSource, WrittenSubscription

MISSING: Final = ("missing", "missing_argument")
"""Pydantic's types of error for a value that is not there."""


class Place(NamedTuple):
    """Where something was written, for the problems found in it later."""

    document: Document
    location: Location

    def problem(self, message: str, *within: str | int) -> Problem:
        """Return a problem at this place, or at something within it."""
        return self.document.problem((*self.location, *within), message)


@dataclass(slots=True)
class Written:
    """All files together, each part with its place."""

    sources: list[tuple[WrittenSource, Place]]
    destinations: list[tuple[WrittenDestination, Place]]


def compile_config(folder: Path) -> Config:
    """Read, merge and check the configuration in a folder. Raises InvalidConfig with every mistake found."""
    written = _read(folder)
    problems: list[Problem] = [*_duplicates(written), *_missing_destinations(written)]
    destinations = [_destination(*each, problems) for each in written.destinations]
    if problems:
        raise InvalidConfig(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    sources = (Source(each.name, each.writeKey, tuple(each.destinations)) for each, _ in written.sources)
    return Config(tuple(sources), tuple(each for each in destinations if each))


def to_json(config: Config) -> bytes:
    """Return the file that ``switchyard.config.load`` reads."""
    return orjson.dumps(asdict(config), option=orjson.OPT_INDENT_2)


def _read(folder: Path) -> Written:
    written, problems = Written([], []), []
    for document in read_documents(folder):
        try:
            parsed = WrittenConfig.model_validate({} if document.data is None else document.data)
        except ValidationError as error:
            problems += [_shape_problem(document, each) for each in error.errors(include_url=False)]
            continue
        written.sources += [(each, Place(document, ("sources", i))) for i, each in enumerate(parsed.sources)]
        written.destinations += [
            (each, Place(document, ("destinations", i))) for i, each in enumerate(parsed.destinations)
        ]
    if problems:
        raise InvalidConfig(problems)
    return written


def _shape_problem(document: Document, error: Mapping[str, Any]) -> Problem:
    # Pydantic puts the arm of a union into the path, e.g. "list[WrittenSubscription]"; a file has no such key.
    location = [key for key in error["loc"] if isinstance(key, int) or "[" not in key]
    message = _sentence(error["msg"])
    if error["type"] == "extra_forbidden":
        message = f"there is no such key{did_you_mean(str(location[-1]), _keys_beside(error['loc']))}"
    elif error["type"] in MISSING:
        message = "this is missing"
    return document.problem(location, message)


def _sentence(message: str) -> str:
    """Return one of pydantic's messages as the second half of a line."""
    message = message.removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _keys_beside(location: Location) -> Iterable[str]:
    """Return the keys that are known where an unknown one was written, by how deep that is."""
    part = WrittenSource if location[0] == "sources" else WrittenDestination
    model = {1: WrittenConfig, 3: part}.get(len(location), WrittenSubscription)
    return model.model_fields


def _duplicates(written: Written) -> Iterator[Problem]:
    yield from _twice(written.sources, "name", lambda source: source.name)
    yield from _twice(written.sources, "writeKey", lambda source: source.writeKey)
    yield from _twice(written.destinations, "name", lambda destination: destination.name)


def _twice(parts: Iterable[tuple[Any, Place]], key: str, value: Callable[[Any], str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for part, place in parts:
        if value(part) in seen:
            yield place.problem(f"another one has the same {key}; each needs its own", key)
        seen.add(value(part))


def _missing_destinations(written: Written) -> Iterator[Problem]:
    known = [destination.name for destination, _ in written.destinations]
    for source, place in written.sources:
        for number, name in enumerate(source.destinations):
            if name not in known:
                message = f"there is no destination '{name}'{did_you_mean(name, known)}"
                yield place.problem(message, "destinations", number)


def _destination(written: WrittenDestination, place: Place, problems: list[Problem]) -> DestinationConfig | None:
    try:
        destination_type = load_type(written.type)
    except ConfigError as error:
        problems.append(place.problem(str(error), "type"))
        return None
    problems += _settings_problems(written.settings, destination_type, place)
    subscriptions = _subscriptions(written, destination_type)
    problems += _subscription_problems(subscriptions, destination_type, place)
    return DestinationConfig(written.name, written.type, written.settings, subscriptions)


def _settings_problems(
    settings: Mapping[str, Json], destination_type: DestinationType[Any], place: Place
) -> Iterator[Problem]:
    known = [field.name for field in fields(destination_type.settings)]
    for name in settings:
        if name not in known:
            yield place.problem(f"there is no such setting{did_you_mean(name, known)}", "settings", name)
    # A secret's value is not known at build; any text stands for it.
    values = {name: "secret" if reference(value) else value for name, value in settings.items() if name in known}
    try:
        TypeAdapter(destination_type.settings).validate_python(values)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            message = "this setting is missing" if each["type"] in MISSING else _sentence(each["msg"])
            yield place.problem(message, "settings", *each["loc"][:1])


def _subscriptions(
    written: WrittenDestination, destination_type: DestinationType[Any]
) -> tuple[SubscriptionConfig, ...]:
    if written.subscriptions == "presets":
        return tuple(SubscriptionConfig(**each) for each in destination_type.presets)
    return tuple(SubscriptionConfig(**each.model_dump()) for each in written.subscriptions)


def _subscription_problems(
    subscriptions: Iterable[SubscriptionConfig], destination_type: DestinationType[Any], place: Place
) -> Iterator[Problem]:
    names: set[str] = set()
    for number, subscription in enumerate(subscriptions):
        where = ("subscriptions", number)
        if subscription.name in names:
            yield place.problem("another subscription has the same name; each needs its own", *where, "name")
        names.add(subscription.name)
        yield from _compile_problems(subscription, destination_type, place, where)


def _compile_problems(
    subscription: SubscriptionConfig, destination_type: DestinationType[Any], place: Place, where: tuple[str, int]
) -> Iterator[Problem]:
    try:
        compile_subscription(subscription, destination_type)
    except FqlError as error:
        yield place.problem(f"{error.message}\n{error.pointer}", *where, "subscribe")
    except MappingError as error:
        yield place.problem(error.message, *where, "mapping", *error.path.split("."))
    except ConfigError as error:
        yield place.problem(str(error), *where, "partnerAction")
