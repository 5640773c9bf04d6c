"""What can be told of a condition without events: fields that may satisfy it, and calls that never will."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice, product
from typing import Final, TypeAlias

from switchyard.events import CALLS, Json
from switchyard.fql.functions import kind_of
from switchyard.fql.lexer import Path
from switchyard.fql.tree import And, Call, Compare, Condition, Constant, Field, Operand, Or

Model: TypeAlias = dict[Path, Json]
"""Some fields of an event with their values."""

MAX_MODELS: Final = 32

_Allowed: TypeAlias = dict[Path, frozenset[tuple[str, Json]]]
"""The values, each with its kind, that a condition leaves to a field; it says nothing of other fields."""

_ANY_CALL: Final = Compare("in", Field(("type",)), Constant(list(CALLS)))
_ANYTHING: Final = "probe"

# What a compiled pattern of match() has beside the text: stars, a backslash before a character, lists of characters.
_PATTERN_SYNTAX: Final = re.compile(r"\(\?>\.\*\?|\.\*|\)|\\(.)|\[\\?(.)[^\]]*\]", re.DOTALL)


def models(condition: Condition) -> list[Model]:
    """Return a few models, of the values in the condition, that may satisfy it; whether one does has to be tried."""
    return list(islice(_models(condition), MAX_MODELS))


def _models(condition: Condition) -> Iterator[Model]:
    match condition:
        case And(conditions):
            for combination in product(*map(models, conditions)):
                yield dict(chain.from_iterable(model.items() for model in combination))
        case Or(conditions):
            yield from chain.from_iterable(map(models, conditions))
        case Compare(operator, left, right):
            yield from _compared(operator, left, right)
        case Call("match" | "contains", (text, Constant(part))) if path := _field_in(text):
            yield {path: _sample(part)}
        case Field(path):
            yield {path: True}
        case _:
            yield {}


def _compared(operator: str, left: Operand, right: Operand) -> Iterator[Model]:
    if isinstance(left, Constant):
        left, right = right, left
    path = _field_in(left)
    if path is None or not isinstance(right, Constant):
        yield {}
    elif operator == "in":
        yield from ({path: value} for value in right.value)
    elif operator == "!=":
        yield {path: _ANYTHING} if right.value is None else {}
    else:
        yield from ({path: value} for value in _near(right.value))


def _near(value: Json) -> list[Json]:
    return [value, value - 1, value + 1] if kind_of(value) == "number" else [value]


def _field_in(operand: Operand) -> Path | None:
    """Return the field that an operand is, or that it is a function of."""
    while isinstance(operand, Call):
        operand = operand.arguments[0]
    return operand.path if isinstance(operand, Field) else None


def _sample(part: Json) -> Json:
    """Return a text with ``part`` in it, or one that a pattern of ``match`` most likely fits."""
    if not isinstance(part, re.Pattern):
        return part
    return _PATTERN_SYNTAX.sub(lambda syntax: syntax[1] or syntax[2] or "", part.pattern)


def possible_calls(condition: Condition) -> set[str]:
    """Return the types of the events that may satisfy a condition; there are none if it contradicts itself.

    Only what ``and``, ``or``, ``=`` and ``in`` say is understood: a call that is left out is certainly impossible.
    """
    allowed = _allowed(And((_ANY_CALL, condition)))
    return {call for _, call in allowed["type",]} if allowed else set()


def _allowed(condition: Condition) -> _Allowed | None:
    match condition:
        case And(conditions):
            return _intersection(map(_allowed, conditions))
        case Or(conditions):
            return _union(map(_allowed, conditions))
        case Compare("=", Field(path), Constant(value)) | Compare("=", Constant(value), Field(path)):
            return _only(path, [value])
        case Compare("in", Field(path), Constant(values)):
            return _only(path, values)
        case Constant(value):
            return {} if value is True else None
    return {}


def _only(path: Path, values: list[Json]) -> _Allowed | None:
    if any(isinstance(value, list) for value in values):
        return {}
    return {path: frozenset((kind_of(value), value) for value in values)} if values else None


def _intersection(parts: Iterable[_Allowed | None]) -> _Allowed | None:
    together: _Allowed = {}
    for part in parts:
        if part is None:
            return None
        together |= {path: values & together.get(path, values) for path, values in part.items()}
    return together if all(together.values()) else None


def _union(parts: Iterable[_Allowed | None]) -> _Allowed | None:
    possible = [part for part in parts if part is not None]
    if not possible:
        return None
    shared = set.intersection(*(set(part) for part in possible))
    return {path: frozenset().union(*(part[path] for part in possible)) for path in shared}
