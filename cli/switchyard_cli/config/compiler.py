"""Documents → the checked configuration: references, settings, conditions and mappings included (promise 8)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

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
from switchyard_cli.config.documents import InvalidConfig, Location, Problem
from switchyard_cli.config.schema import WrittenDestination, WrittenSource
from switchyard_cli.config.shape_problems import is_missing, sentence
from switchyard_cli.config.sources_and_destinations import Place, Written, read_written


def compile_config(folder: Path) -> Config:
    """Read, merge and check the configuration in a folder. Raises InvalidConfig with every mistake found."""
    return compile_written(read_written(folder))


def compile_written(written: Written) -> Config:
    """Check what was read; the parts keep their order. Raises InvalidConfig with every mistake found."""
    problems: list[Problem] = [*_duplicates(written), *_missing_keys(written), *_missing_destinations(written)]
    destinations = [_destination(*each, problems) for each in written.destinations]
    if problems:
        raise InvalidConfig(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    sources = (_source(source) for source, _ in written.sources)
    return Config(tuple(sources), tuple(each for each in destinations if each))


def _source(written: WrittenSource) -> Source:
    keys = [key for _, key in written.write_keys()]
    return Source(
        written.name,
        writeKeys=tuple(each.key for each in keys if each.enabled),
        disabledKeys=tuple(each.key for each in keys if not each.enabled),
        destinations=tuple(written.destinations),
        side=written.side,
        ip=written.ip,
        trustedProxies=written.trustedProxies,
        webhookSecrets=tuple(written.webhook.sharedSecret) if written.webhook else (),
        keyNumbers={each.key: number for number, each in enumerate(keys, 1)},
    )


def to_json(config: Config) -> bytes:
    """Return the file that ``switchyard.config.load`` reads."""
    return orjson.dumps(asdict(config), option=orjson.OPT_INDENT_2)


def _duplicates(written: Written) -> Iterator[Problem]:
    for parts in (written.sources, written.destinations):
        yield from _twice((part.name, place, ("name",)) for part, place in parts)
    keys = ((key.key, place, within) for source, place in written.sources for within, key in source.write_keys())
    yield from _twice(keys)


def _twice(values: Iterable[tuple[str, Place, Location]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for value, place, within in values:
        if value in seen:
            yield place.problem(f"another one has the same {within[0]}; each needs its own", *within)
        seen.add(value)


def _missing_keys(written: Written) -> Iterator[Problem]:
    for source, place in written.sources:
        if source.writeKey is not None and source.writeKeys is not None:
            yield place.problem("write either writeKey or writeKeys; the list has room for all of them", "writeKey")
        if not any(source.write_keys()) and not source.webhook:
            yield place.problem("this is missing; an SDK must be given it", "writeKey")


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
        for each in error.errors(include_url=False):
            message = "this setting is missing" if is_missing(each) else sentence(each)
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
        where = place.inside("subscriptions", number)
        if subscription.name in names:
            yield where.problem("another subscription has the same name; each needs its own", "name")
        names.add(subscription.name)
        found = (_compile_problem(part, destination_type, where) for part in _parts(subscription))
        yield from dict.fromkeys(problem for problem in found if problem)  # what all parts share is wrong once


def _parts(subscription: SubscriptionConfig) -> Iterator[SubscriptionConfig]:
    """Yield a subscription in parts that can go wrong one by one: all but its mapping, and each field of that."""
    yield replace(subscription, mapping={})
    for name, node in subscription.mapping.items():
        yield replace(subscription, subscribe="true", mapping={name: node})


def _compile_problem(
    subscription: SubscriptionConfig, destination_type: DestinationType[Any], place: Place
) -> Problem | None:
    of = f"(subscription '{subscription.name}')"
    try:
        compile_subscription(subscription, destination_type)
    except FqlError as error:
        return place.problem(f"{error.message} {of}\n{error.pointer}", "subscribe")
    except MappingError as error:
        return place.problem(f"{error.message} {of}", "mapping", *error.path.split("."))
    except ConfigError as error:
        return place.problem(f"{error} {of}", "partnerAction")
    return None
