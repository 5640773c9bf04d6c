"""Paths such as ``$.context.page.url`` and ``products[0].sku``: split once, walked on every event."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from switchyard.events import Json
from switchyard.mapping.javascript import MISSING, array_index, utf16_units

Evaluate: TypeAlias = Callable[[Json], Json]
"""A compiled mapping: takes a payload (the event, or an item of an array in it) and returns JSON or ``MISSING``."""

Path: TypeAlias = tuple[str, ...]
"""The keys that lead to a value; no keys lead to the whole payload."""

_SEPARATOR = re.compile(r"""\[(?=['"0-9])|\.|(?<=['"0-9])\]+""")
_QUOTES = str.maketrans("", "", "'\"")


class PathTree(NamedTuple):
    """Paths sorted by their keys, so that what they share is fetched once and what is absent costs one look-up.

    ``context.app.name`` and ``context.app.build`` are two leaves of the branch ``app`` of the branch ``context``.
    """

    leaves: Sequence[tuple[str, str, type | None]]  # a path's last key, its value's name, and the class wanted of it
    branches: Sequence[tuple[str, "PathTree"]]
    paths: Mapping[str, Path]  # all of them once more by name, for a value that is not an object


def parse_path(text: str) -> Path:
    """Split a path as mapping-kit does: at dots and at brackets around quotes or digits; there is no escape."""
    return tuple(piece.translate(_QUOTES) for piece in _SEPARATOR.split(text) if piece)


def parse_root_path(text: str) -> Path:
    """Split a path that may begin with ``$.``; mapping-kit drops the first ``$.`` wherever it stands."""
    return parse_path(text.replace("$.", "", 1))


def walk(value: Json, path: Path) -> Json:
    """Follow ``path`` from ``value``; a falsy value on the way is the result, a key that is not there ``MISSING``."""
    for key in path:
        if type(value) is dict:
            value = value.get(key, MISSING)
        elif value is None or value is MISSING:  # the usual end of a walk that finds nothing
            break
        else:
            value = _property(value, key)
    return value


def compile_path(path: Path) -> Evaluate:
    """Return the look-up of ``path``: ``walk``, unrolled for the single key that most paths have."""
    if len(path) != 1:
        return lambda payload: walk(payload, path)
    [key] = path
    return lambda payload: payload.get(key, MISSING) if type(payload) is dict else _property(payload, key)


def compile_siblings(parent: Path, keys: Mapping[str, str]) -> Evaluate:
    """Return the look-up of several keys of one ``parent``: an object with the names that ``keys`` gives them."""
    wanted = [(name, key, (key,)) for name, key in keys.items()]

    def look_up(payload: Json) -> Json:
        found = walk(payload, parent)
        if type(found) is dict:
            return {name: found[key] for name, key, _ in wanted if key in found}
        return {name: value for name, _, path in wanted if (value := walk(found, path)) is not MISSING}

    return look_up


def grow_tree(paths: Mapping[str, Path], classes: Mapping[str, Any]) -> PathTree:
    """Sort ``paths``, none of them empty, into a tree; both mappings have the names of the values as keys."""
    below: dict[str, dict[str, Path]] = {}
    for name, (key, *rest) in paths.items():
        if rest:
            below.setdefault(key, {})[name] = tuple(rest)
    leaves = [(path[0], name, classes.get(name)) for name, path in paths.items() if len(path) == 1]
    return PathTree(leaves, [(key, grow_tree(rest, classes)) for key, rest in below.items()], paths)


def gather(tree: PathTree, value: Json, ready: dict[str, Json], rest: dict[str, Json]) -> None:
    """Add what the paths of ``tree`` find from ``value``; what is absent gets no key.

    What is of the class that is wanted, and not ``""``, goes to ``ready``, everything else to ``rest``.
    """
    leaves, branches, paths = tree
    if type(value) is not dict:
        found = ((name, walk(value, path)) for name, path in paths.items())
        rest.update((name, result) for name, result in found if result is not MISSING)
        return
    for key, name, wanted in leaves:
        if key in value:
            leaf = value[key]
            if type(leaf) is wanted and (leaf or wanted is not str):
                ready[name] = leaf
            else:
                rest[name] = leaf
    for key, branch in branches:
        if key in value:
            gather(branch, value[key], ready, rest)


def _property(value: Json, key: str) -> Json:
    """Return ``value[key]`` for what is not an object: of those, only strings and arrays have properties."""
    match value:
        case list():
            return _element(value, key)
        case str() if value:
            return _element(utf16_units(value), key)
    return MISSING if value else value


def _element(sequence: Sequence[Json], key: str) -> Json:
    if key == "length":
        return len(sequence)
    index = array_index(key)
    return MISSING if index is None or index >= len(sequence) else sequence[index]
