"""Which queues the events of each archived source go to: those of today's configuration."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from switchyard.config import Config
from switchyard.suggestions import did_you_mean
from switchyard_cli.deployment import Deployment
from switchyard_cli.replay.selection import Asked, BadReplay


class Route(NamedTuple):
    """The queue of a destination type, and the destinations that the events are for.

    Only where a destination was ``named`` do the events themselves say so: else forward asks the configuration.
    """

    type: str
    destinations: tuple[str, ...]
    named: str | None = None


class Routes(NamedTuple):
    """The routes by source, and what is left out, as sentences."""

    by_source: Mapping[str, Sequence[Route]]
    left_out: Sequence[str] = ()

    def destinations_of(self, source: str) -> list[str]:
        """Return the destinations that a source's events are for."""
        return [destination for route in self.by_source[source] for destination in route.destinations]


def find_routes(asked: Asked, archived: Sequence[str], config: Config, deployment: Deployment) -> Routes:
    """Return the way of each source that is meant.

    Raises BadReplay for a source that neither the archive nor the configuration has, or that has no destination, and
    for a destination that is not configured or has no queue. A source that was not asked for by name is left out.
    """
    by_source, left_out = {}, []
    for source in _sources(asked, archived, config):
        try:
            by_source[source] = _routes_of(source, asked.destination, config)
        except BadReplay as problem:
            if asked.source:
                raise
            left_out.append(str(problem))
    _check_queues(by_source, deployment)
    return Routes(by_source, left_out)


def _sources(asked: Asked, archived: Sequence[str], config: Config) -> Sequence[str]:
    if asked.destination:
        _type_of(asked.destination, config)
    if asked.source is None:
        return archived
    known = {*archived, *(source.name for source in config.sources)}
    if asked.source not in known:
        hint = did_you_mean(asked.source, sorted(known))
        raise BadReplay(f"neither the archive nor the configuration has a source '{asked.source}'{hint}")
    return [asked.source]


def _routes_of(name: str, destination: str | None, config: Config) -> list[Route]:
    if destination:
        return [Route(_type_of(destination, config), (destination,), destination)]
    source = config.source(name)
    if source is None:
        raise BadReplay(
            f"the source '{name}' is in the archive but not in the configuration any more, so it has no destinations: "
            "name one with --destination"
        )
    if not source.destinations:
        raise BadReplay(f"the source '{name}' has no destinations in the configuration: name one with --destination")
    return [
        Route(type_, tuple(each for each in source.destinations if _type_of(each, config) == type_))
        for type_ in config.types_of(source)
    ]


def _type_of(destination: str, config: Config) -> str:
    types = {each.name: each.type for each in config.destinations}
    if destination not in types:
        raise BadReplay(f"the configuration has no destination '{destination}'{did_you_mean(destination, types)}")
    return types[destination]


def _check_queues(by_source: Mapping[str, Sequence[Route]], deployment: Deployment) -> None:
    for route in (route for routes in by_source.values() for route in routes):
        if route.type not in deployment.queues:
            hint = did_you_mean(route.type, deployment.destination_types)
            raise BadReplay(f"{deployment.name} has no queue for the destination type '{route.type}'{hint}")
