"""The configuration as Lambda reads it: one JSON file that was checked and compiled at build.

What an operator writes (YAML, several files) and how it is checked is the business of ``switchyard_cli.config``;
both sides share these classes.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import orjson

from switchyard.events import Json

Side: TypeAlias = Literal["client", "server"]
"""Where a source's SDK runs: on people's devices, or on servers."""

IpDetail: TypeAlias = Literal["full", "truncated", "none"]
"""How much of an IP address a source keeps."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who sends: its write keys, those that are disabled too, and the destinations that its events go to, by name.

    ``side`` is None where the route and the SDK tell it; ``trustedProxies`` is the number of proxies before the API;
    ``webhookSecrets`` are references to the secrets with which Segment may sign what it sends; ``keyNumbers`` has the
    place of every key in the operator's list.
    """

    name: str
    writeKeys: tuple[str, ...] = field(repr=False)  # noqa: N815 - as operators write it
    destinations: tuple[str, ...] = ()
    disabledKeys: tuple[str, ...] = field(default=(), repr=False)  # noqa: N815
    side: Side | None = None
    ip: IpDetail = "full"
    trustedProxies: int = 0  # noqa: N815
    webhookSecrets: tuple[Json, ...] = ()  # noqa: N815
    keyNumbers: dict[str, int] = field(default_factory=dict, repr=False)  # noqa: N815

    def number_of(self, write_key: str | None) -> int | None:
        """Return the key's place in the list as it was written, from 1: so it can be told without being named."""
        return self.keyNumbers.get(write_key or "")


@dataclass(frozen=True, slots=True)
class SubscriptionConfig:
    """Segment's "mapping": when the condition holds, the action runs on what the field mapping makes."""

    name: str
    partnerAction: str  # noqa: N815 - as in Segment
    subscribe: str
    mapping: dict[str, Json] = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class DestinationConfig:
    """A configured instance of a destination type; ``settings`` may hold references to secrets."""

    name: str
    type: str
    settings: dict[str, Any] = field(repr=False)
    subscriptions: tuple[SubscriptionConfig, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """Everything an operator decides, checked."""

    sources: tuple[Source, ...]
    destinations: tuple[DestinationConfig, ...]

    def source(self, name: str) -> Source | None:
        """Return the source of that name."""
        return next((source for source in self.sources if source.name == name), None)

    def source_of(self, write_key: str) -> Source | None:
        """Return the source that has the key, be it enabled or disabled."""
        return next(
            (each for each in self.sources if write_key in each.writeKeys or write_key in each.disabledKeys), None
        )

    def types(self) -> list[str]:
        """Return the destination types in use, each once."""
        return sorted({destination.type for destination in self.destinations})

    def types_of(self, source: Source) -> list[str]:
        """Return the destination types that the source's events go to, each once."""
        return sorted(
            {destination.type for destination in self.destinations if destination.name in source.destinations}
        )


def load(path: str) -> Config:
    """Read a compiled configuration."""
    document = orjson.loads(Path(path).read_bytes())
    return Config(
        sources=tuple(_source(**source) for source in document["sources"]),
        destinations=tuple(_destination(**destination) for destination in document["destinations"]),
    )


def _source(**written: Any) -> Source:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in written.items()
    }
    return Source(**values)


def _destination(subscriptions: list[dict[str, Any]], **rest: Any) -> DestinationConfig:
    return DestinationConfig(subscriptions=tuple(SubscriptionConfig(**each) for each in subscriptions), **rest)
