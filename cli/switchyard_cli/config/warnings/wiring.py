"""Sources and destinations: their keys, tokens, regions, and who feeds whom."""

import re
from collections.abc import Iterator
from typing import Final

from switchyard.config import Config, DestinationConfig
from switchyard.destinations import load_type
from switchyard.secret_settings import reference
from switchyard_cli.config.documents import Problem
from switchyard_cli.config.schema import WrittenDestination, WrittenSource
from switchyard_cli.config.sources_and_destinations import Place, Written
from switchyard_cli.secrets_from_environment import conceal

SAMPLE_KEY: Final = "demo-write-key"
"""The key of the configuration that is shipped: known to everybody, and right for a local stack."""

SHORTEST_KEY: Final = 16
FEWEST_CHARACTERS: Final = 6  # different ones

_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD: Final = re.compile(r"[a-z]+")
_PLACEHOLDERS: Final = frozenset(
    {"change", "changeme", "demo", "dummy", "example", "placeholder", "sample", "test", "todo", "xxx", "your"}
)


def wiring_warnings(written: Written, config: Config, *, deploying: bool) -> Iterator[Problem]:
    """Yield the warnings about sources and destinations; ``deploying`` adds that about the sample's own key."""
    destinations = {each.name: each for each in config.destinations}
    if not written.sources:
        yield written.top.problem("there is no source, so no event is accepted; write one under `sources:`")
    for source, place in written.sources:
        yield from _key_warnings(source, place, deploying=deploying)
        yield from _region_warnings(source, place, destinations)
        if not source.destinations:
            yield place.problem("its events are archived and go nowhere else; name a destination", "destinations")
    fed = {name for source, _ in written.sources for name in source.destinations}
    for destination, place in written.destinations:
        if destination.name not in fed:
            yield place.problem("no source feeds it; name it in the destinations of one", "name")
        yield from _token_warnings(destination, place)


def _key_warnings(source: WrittenSource, place: Place, *, deploying: bool) -> Iterator[Problem]:
    message = "anybody can guess this key and send events; make one with `openssl rand -hex 16`"
    for within, key in source.write_keys():
        if key.enabled and _is_guessable(key.key) and (deploying or key.key != SAMPLE_KEY):
            yield place.problem(message, *within)


def _is_guessable(key: str) -> bool:
    is_short = len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS
    return is_short or not _PLACEHOLDERS.isdisjoint(_WORD.findall(key.lower()))


def _region_warnings(
    source: WrittenSource, place: Place, destinations: dict[str, DestinationConfig]
) -> Iterator[Problem]:
    for number, name in enumerate(source.destinations):
        region = region_of(destinations[name])
        if source.region and region and source.region != region:
            message = f"the source's region is {source.region}, but '{name}' sends its events to {region}"
            yield place.problem(f"{message}; feed one of the same region", "destinations", number)


def region_of(destination: DestinationConfig) -> str | None:
    """Return US, EU or IN where the type's settings have a region."""
    settings = load_type(destination.type).settings(**conceal(destination.settings))
    return getattr(settings, "apiRegion", None)


def _token_warnings(destination: WrittenDestination, place: Place) -> Iterator[Problem]:
    secret = load_type(destination.type).secrets
    for name, value in destination.settings.items():
        if name in secret and value is not None and not reference(value):
            example = f"{{secret: {destination.name}/{_CAPITAL.sub('-', name).lower()}}}"
            yield place.problem(f"a secret in plain text; name it, as {example}", "settings", name)
