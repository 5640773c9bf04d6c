"""What pydantic finds wrong with a document → problems in the words of whoever wrote it."""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from switchyard.suggestions import did_you_mean
from switchyard_cli.config.documents import Document, Location, Problem

KeysBeside: TypeAlias = Callable[[Location], Iterable[str]]
"""Takes the place of an unknown key; returns the keys that are known there."""

_MISSING: Final = ("missing", "missing_argument")

_PUBLIC_API: Final = {"trigger": "subscribe", "actionSlug": "partnerAction", "settings": "mapping"}
"""Segment's Public API has other names for parts of a subscription."""

_TEXT: Final = "write a text; a number or a date needs quotes"
_KEYS: Final = "write keys with their values, each on a line of its own"
_LIST: Final = "write a list: each item on a line of its own, after a dash"
_NUMBER: Final = "write a whole number, without quotes"
_SAYINGS: Final = {
    "string_type": _TEXT,
    "string_too_short": "this must not be empty",
    "string_too_long": "write at most {max_length} characters",
    "literal_error": "write {expected}",
    "bool_type": "write true or false, without quotes",
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_from_float": _NUMBER,
    "list_type": _LIST,
    "dict_type": _KEYS,
    "model_type": _KEYS,
}
"""By pydantic's names for the mistakes; it fills in what is in braces."""


def shape_problems(document: Document, error: ValidationError, keys_beside: KeysBeside) -> list[Problem]:
    """Return a problem for everything that is not as the document's model wants it."""
    errors = error.errors(include_url=False)
    renamed = {_in_our_words(each["loc"]) for each in errors if each["type"] == "extra_forbidden"}
    told = (each for each in errors if not (is_missing(each) and each["loc"] in renamed))
    return [_problem(document, each, keys_beside) for each in told]


def is_missing(error: ErrorDetails) -> bool:
    """Tell whether the error is about a value that is not there."""
    return error["type"] in _MISSING


def sentence(error: ErrorDetails) -> str:
    """Return what to write instead, as the second half of a line; it holds nothing of what was written."""
    if error["type"] == "literal_error" and not isinstance(error["input"], str):
        return f"write {error['ctx']['expected']}, in quotes"
    if saying := _SAYINGS.get(error["type"]):
        return saying.format(**error.get("ctx", {}))
    message = error["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _problem(document: Document, error: ErrorDetails, keys_beside: KeysBeside) -> Problem:
    # Pydantic puts the arm of a union into the path, e.g. "[list]", and "[key]"; a file has no such key.
    location = [key for key in error["loc"] if isinstance(key, int) or "[" not in key]
    message = sentence(error)
    if error["type"] == "extra_forbidden":
        message = _unknown_key(str(location[-1]), list(keys_beside(location)))
    elif is_missing(error):
        message = "this is missing"
    return document.problem(location, message)


def _unknown_key(name: str, known: list[str]) -> str:
    ours = _PUBLIC_API.get(name)
    if ours in known:
        return f"write it as {ours}; {name} is what Segment's Public API calls it"
    return f"there is no such key{did_you_mean(name, known)}"


def _in_our_words(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    return (*location[:-1], _PUBLIC_API.get(str(location[-1]), location[-1]))
