"""Text made from text: ``@case`` and ``@replace``."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from switchyard.events import Json
from switchyard.mapping.bounds import bounded_text
from switchyard.mapping.compiler import Place, compile_source, directive, nothing
from switchyard.mapping.javascript import to_string
from switchyard.mapping.options import Options, read_boolean, read_choice, read_options, read_text
from switchyard.mapping.paths import Evaluate

Edit: TypeAlias = Callable[[str], str]

_MAX_UNITS: Final = 10
_SPECIAL: Final = re.compile(r"(\$[$&`'])")


@directive("@case")
def compile_case(argument: Json, place: Place) -> Evaluate:
    """``{"@case": {"operator": "lower", "value": …}}``: a string in lower or upper case; other values as they are."""
    options = read_options(argument, place, required=("operator",), optional=("value",))
    change = read_choice(options, "operator", place, {"lower": str.lower, "upper": str.upper})
    source = compile_source(options.get("value", ""), place.through("value"))

    def evaluate(payload: Json) -> Json:
        value = source(payload)
        return change(value) if isinstance(value, str) else value

    return evaluate if options.get("value") else nothing


@directive("@replace")
def compile_replace(argument: Json, place: Place) -> Evaluate:
    """``{"@replace": {"pattern": "_", "replacement": " ", "value": …}}``: text with a literal pattern replaced.

    ``pattern2`` and ``replacement2`` work on the result of that. Without ``global`` (default true) only the first
    occurrence counts, with ``ignorecase`` (default false) those in other letter case do, too. Booleans and numbers
    become text first; whatever else is not a string yields the empty string.
    """
    options = read_options(
        argument,
        place,
        required=("pattern", "value"),
        optional=("replacement", "pattern2", "replacement2", "ignorecase", "global"),
    )
    edits = _compile_edits(options, place)
    source = compile_source(options["value"], place.inside("value"))

    def evaluate(payload: Json) -> Json:
        value = source(payload)
        text = to_string(value) if isinstance(value, str | int | float) else ""
        for edit in edits:
            text = edit(text)
        return text

    return evaluate if options["value"] else nothing


def _compile_edits(options: Options, place: Place) -> list[Edit]:
    pattern = read_text(options, "pattern", place, shortest=1, longest=_MAX_UNITS)
    pattern2, replacement, replacement2 = (
        read_text(options, name, place, longest=_MAX_UNITS) for name in ("pattern2", "replacement", "replacement2")
    )
    fold = _folded if read_boolean(options, "ignorecase", place, default=False) else str
    limit = None if read_boolean(options, "global", place, default=True) else 1
    first = _compile_edit(pattern, replacement, fold, limit)
    return [first, _compile_edit(pattern2, replacement2, fold, limit)] if pattern2 else [first]


def _compile_edit(pattern: str, replacement: str, fold: Edit, limit: int | None) -> Edit:
    """Return the replacement of the first ``limit`` occurrences, compared after ``fold``, which keeps the length."""
    search = re.compile(re.escape(fold(pattern)))
    parts = _SPECIAL.split(replacement)

    def edit(text: str) -> str:
        matches = islice(search.finditer(fold(text)), limit)
        return bounded_text(_replaced(text, (match.span() for match in matches), parts))

    return edit


def _replaced(text: str, spans: Iterable[tuple[int, int]], parts: Sequence[str]) -> Iterator[str]:
    end = 0
    for start, stop in spans:
        yield text[end:start]
        for part in parts:
            yield _expanded(part, text, start, stop)
        end = stop
    yield text[end:]


def _expanded(part: str, text: str, start: int, stop: int) -> str:
    """Return what a part of a replacement stands for, as in JavaScript: the match, the text before it or after it."""
    match part:
        case "$$":
            return "$"
        case "$&":
            return text[start:stop]
        case "$`":
            return text[:start]
        case "$'":
            return text[stop:]
    return part


def _folded(text: str) -> str:
    return "".join(map(_canonical, text))


def _canonical(character: str) -> str:
    """Return what JavaScript's ``i`` flag compares: the capital, if it is one character and not newly an ASCII one."""
    capital = character.upper()
    if len(capital) > 1 or character > "\uffff" or (capital.isascii() and not character.isascii()):
        return character
    return capital
