"""Why a condition holds for an event, or why it does not: the innermost parts that decide it.

A *part* is what ``and``, ``or``, ``!`` and parentheses join: a comparison, or a call or a field that stands alone.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from switchyard.events import Event
from switchyard.fql import compile_fql
from switchyard.fql.lexer import Path, Token, tokenize
from switchyard.fql.parser import parse
from switchyard.fql.tree import And, Compare, Condition, Not, Operand, Or

_DEPTHS: Final = {"(": 1, "[": 1, ")": -1, "]": -1}
_JOINING: Final = ("and", "or")


class Part(NamedTuple):
    """Characters ``start`` to ``end`` of a condition, compiled as the whole is, and the fields that it names."""

    start: int
    end: int
    holds: Callable[[Event], bool]
    fields: dict[str, Path]


class TracedCondition:
    """A condition that can say why. Raises FqlError where the compiler does."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = parse(text)
        tokens = tokenize(text)
        self._parts = {start: _part(text, tokens, start) for start in _starts(self._tree)}

    def holds(self, event: Event) -> bool:
        """Tell whether the condition holds, put together from its parts."""
        return self._holds(self._tree, event)

    def decisive(self, event: Event) -> list[Part]:
        """Return the parts that make the condition what it is for the event.

        Where one part is enough (a false one for ``and``, a true one for ``or``), the first such part stands alone.
        """
        return list(self._decisive(self._tree, event, outcome=self.holds(event)))

    def _holds(self, condition: Condition, event: Event) -> bool:
        match condition:
            case Not(negated):
                return not self._holds(negated, event)
            case And(conditions):
                return all(self._holds(each, event) for each in conditions)
            case Or(conditions):
                return any(self._holds(each, event) for each in conditions)
            case _:
                return self._parts[_start(condition)].holds(event)

    def _decisive(self, condition: Condition, event: Event, *, outcome: bool) -> Iterator[Part]:
        match condition:
            case Not(negated):
                yield from self._decisive(negated, event, outcome=not outcome)
            case And(conditions) | Or(conditions):
                alike = [each for each in conditions if self._holds(each, event) is outcome]
                one_is_enough = isinstance(condition, Or) is outcome
                for each in alike[:1] if one_is_enough else alike:
                    yield from self._decisive(each, event, outcome=outcome)
            case _:
                yield self._parts[_start(condition)]


def _starts(condition: Condition) -> Iterator[int]:
    match condition:
        case Not(negated):
            yield from _starts(negated)
        case And(conditions) | Or(conditions):
            for each in conditions:
                yield from _starts(each)
        case _:
            yield _start(condition)


def _start(part: Compare | Operand) -> int:
    return part.left.position if isinstance(part, Compare) else part.position


def _part(text: str, tokens: Sequence[Token], start: int) -> Part:
    own = list(_tokens_from(tokens, start))
    end = own[-1].position + len(own[-1].text)
    neighbours = pairwise([*own, tokens[-1]])
    fields = {token.text: token.value for token, after in neighbours if token.kind == "name" and after.text != "("}
    return Part(start, end, compile_fql(text[start:end]), fields)


def _tokens_from(tokens: Sequence[Token], start: int) -> Iterator[Token]:
    """Yield the tokens of the part that starts there: up to what joins it to the next, or closes a group around it."""
    depth = 0
    for token in tokens:
        if token.position < start:
            continue
        depth += _DEPTHS.get(token.text, 0)
        if token.kind == "end" or depth < 0 or (not depth and token.text in _JOINING):
            return
        yield token
