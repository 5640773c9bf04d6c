"""A record's values by their paths, so that records can be compared value by value."""

from collections.abc import Iterator, Mapping
from typing import Final

from switchyard.events import Json
from switchyard_cli.preview.excerpt import json_of

MAX_DEPTH: Final = 16
"""Levels that have paths of their own; what is deeper counts as one value."""

_AMBIGUOUS: Final = frozenset('.[]"')


def leaves(record: Mapping[str, Json]) -> dict[str, bytes]:
    """Return the JSON of every value that is not an object (or an empty one) by its path, e.g. ``properties.plan``.

    A key that would be taken for something else is written as ``properties["a.b"]``: no two values have one path.
    """
    return {path: json_of(value) for path, value in _leaves(record, "", MAX_DEPTH)}


def _leaves(value: Json, path: str, levels: int) -> Iterator[tuple[str, Json]]:
    if not (isinstance(value, dict) and value and levels):
        yield path, value
        return
    for name, inner in value.items():
        yield from _leaves(inner, _inside(path, name), levels - 1)


def _inside(path: str, name: str) -> str:
    if not name or not _AMBIGUOUS.isdisjoint(name):
        return f"{path}[{json_of(name).decode()}]"
    return f"{path}.{name}" if path else name
