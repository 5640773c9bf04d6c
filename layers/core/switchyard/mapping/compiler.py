"""A mapping as JSON → a closure: whatever can be checked is checked here, once, and never on an event.

An object with a key that begins with ``@`` is a *directive*. It stands alone in its object (beside ``_metadata``,
which Segment's app adds); every other object, array or scalar is a value that may have directives inside.
"""

from collections.abc import Callable, Collection
from typing import Any, Final, NamedTuple, TypeAlias

from switchyard.errors import MappingError
from switchyard.events import Json
from switchyard.mapping.javascript import MISSING, type_name
from switchyard.mapping.paths import Evaluate, Path, compile_siblings, parse_root_path
from switchyard.suggestions import did_you_mean

MAX_MAPPING_DEPTH: Final = 64
"""Levels that a mapping, or a path in it, may have, so that neither compiling nor evaluating exhausts the stack."""

IGNORED: Final = "_metadata"
"""The key that Segment's app adds to directives for its own use."""


class Place(NamedTuple):
    """Where in a mapping a value stands.

    ``keeps_missing`` marks the places where a key without a value still means something: in the objects of a
    ``@merge`` it deletes the same key of the objects before.
    """

    path: tuple[str, ...] = ()
    keeps_missing: bool = False

    def inside(self, key: str) -> "Place":
        """Return the place of the value under ``key``."""
        return Place((*self.path, key))

    def through(self, key: str) -> "Place":
        """Return the place under ``key`` of a value that becomes the result of this one."""
        return Place((*self.path, key), self.keeps_missing)

    def error(self, message: str) -> MappingError:
        """Return the error that says what to write here instead."""
        return MappingError(message, ".".join(self.path))


Compile: TypeAlias = Callable[[Json, Place], Evaluate]
"""Checks and compiles a directive's argument, which stands at the given place; raises ``MappingError``."""

DIRECTIVES: Final[dict[str, Compile]] = {}
"""Every directive's compiler by its name, for example ``@path``."""


def directive(name: str) -> Callable[[Compile], Compile]:
    """Register the decorated function as the compiler of the directive ``name``."""

    def register(compile_argument: Compile) -> Compile:
        DIRECTIVES[name] = compile_argument
        return compile_argument

    return register


def compile_value(node: Json, place: Place) -> Evaluate:
    """Check and compile any value of a mapping; raises ``MappingError``."""
    if len(place.path) > MAX_MAPPING_DEPTH:
        raise place.error(f"a mapping nests at most {MAX_MAPPING_DEPTH} levels")
    match node:
        case dict() if name := directive_name(node, place):
            return DIRECTIVES[name](node[name], place.through(name))
        case dict():
            return _compile_object(node, place)
        case list():
            return _compile_array(node, place)
        case None | bool() | int() | float() | str():
            return lambda _: node
    raise place.error(f"JSON has no {type(node).__name__}; put the value in quotes")


def compile_source(node: Json, place: Place) -> Evaluate:
    """Check and compile the source of a text: a string, or a directive that may yield one."""
    if not isinstance(node, str) and not is_directive(node, place):
        raise place.error(f"write a string or a directive (found: {type_name(node)})")
    return compile_value(node, place)


def directive_name(node: dict[Any, Json], place: Place) -> str | None:
    """Return the name of the directive that ``node`` is, or None for a plain object; raises ``MappingError``."""
    if unquoted := [key for key in node if not isinstance(key, str)]:
        raise place.error(f"the keys of an object are strings; put {unquoted[0]!r} in quotes")
    names: list[str] = [key for key in node if key.startswith("@")]
    if not names:
        return None
    check_known(names[0], DIRECTIVES, "directive", place)
    if others := [key for key in node if key not in (names[0], IGNORED)]:
        raise place.error(f"{names[0]} stands alone in its object; move {' and '.join(others)} out of it")
    return names[0]


def is_directive(node: Json, place: Place) -> bool:
    """Tell whether ``node`` is a directive; raises ``MappingError`` for one that is malformed."""
    return isinstance(node, dict) and directive_name(node, place) is not None


def check_known(word: str, known: Collection[str], kind: str, place: Place) -> None:
    """Raise ``MappingError`` unless ``word`` is one of the ``known``; say which one may be meant."""
    if word not in known:
        raise place.error(f"there is no {kind} '{word}'{did_you_mean(word, known)}")


def plain_path(node: Json) -> Path | None:
    """Return the path of a value that is nothing but a ``@path``."""
    match node:
        case {"@path": str(text)}:
            return parse_root_path(text)
    return None


def siblings(node: dict[str, Json]) -> tuple[Path, dict[str, str]] | None:
    """Return the parent and the last keys of an object's members, if all of them are plain paths of one parent."""
    paths = {name: path for name, value in node.items() if (path := plain_path(value))}
    parents = {path[:-1] for path in paths.values()}
    if len(paths) < len(node) or len(parents) != 1:
        return None
    return parents.pop(), {name: path[-1] for name, path in paths.items()}


def nothing(_payload: Json) -> Json:
    """Evaluate what is not there: an option that was left out."""
    return MISSING


def without_missing(value: dict[str, Json]) -> dict[str, Json]:
    """Return the members that have a value: JSON shows no others."""
    return {key: member for key, member in value.items() if member is not MISSING}


def null_if_missing(value: Json) -> Json:
    """Return what stands inside an array for ``value``: there JSON shows what is missing as null."""
    return None if value is MISSING else value


def _compile_object(node: dict[str, Json], place: Place) -> Evaluate:
    members = [(key, compile_value(value, place.inside(key))) for key, value in node.items()]
    if place.keeps_missing:
        return lambda payload: {key: evaluate(payload) for key, evaluate in members}
    if found := siblings(node):
        return compile_siblings(*found)
    return lambda payload: {key: value for key, evaluate in members if (value := evaluate(payload)) is not MISSING}


def _compile_array(node: list[Json], place: Place) -> Evaluate:
    items = [compile_value(item, place.inside(str(index))) for index, item in enumerate(node)]
    return lambda payload: [null_if_missing(evaluate(payload)) for evaluate in items]
