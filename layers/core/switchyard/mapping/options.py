"""The options of a directive that takes an object: all of them are checked while the mapping is compiled."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeVar

from switchyard.events import Json
from switchyard.mapping.bounds import MAX_TEXT
from switchyard.mapping.compiler import IGNORED, Place, check_known, directive_name
from switchyard.mapping.javascript import type_name, utf16_length

Options: TypeAlias = Mapping[str, Json]

Choice = TypeVar("Choice")


def read_options(argument: Json, place: Place, required: Sequence[str] = (), optional: Sequence[str] = ()) -> Options:
    """Return the options in ``argument``; raise ``MappingError`` if a required one is missing or one is unknown."""
    names = (*required, *optional)
    if not isinstance(argument, dict) or directive_name(argument, place):
        raise place.error(f"write an object with {', '.join(names)}")
    for name in argument:
        if name != IGNORED:
            check_known(name, names, "option", place)
    for name in required:
        if name not in argument:
            raise place.error(f"add the option {name}")
    return argument


def read_boolean(options: Options, name: str, place: Place, *, default: bool) -> bool:
    """Return a boolean option; raise ``MappingError`` for any other value."""
    value = options.get(name, default)
    if not isinstance(value, bool):
        raise place.inside(name).error(f"write true or false (found: {type_name(value)})")
    return value


def read_text(options: Options, name: str, place: Place, shortest: int = 0, longest: int = MAX_TEXT) -> str:
    """Return a string option, ``""`` if absent; raise ``MappingError`` unless its UTF-16 units are as many as that."""
    value = options.get(name, "")
    if not isinstance(value, str) or not shortest <= utf16_length(value) <= longest:
        raise place.inside(name).error(f"write a string of {shortest} to {longest} characters")
    return value


def read_choice(options: Options, name: str, place: Place, choices: Mapping[str, Choice]) -> Choice:
    """Return what ``choices`` holds for the option's value; raise ``MappingError`` if that is none of them."""
    value = options[name]
    if not isinstance(value, str) or value not in choices:
        raise place.inside(name).error(f"write {' or '.join(choices)}, in lower case")
    return choices[value]
