"""Text → tree, by recursive descent, a function a rule.

condition   = conjunction { "or" conjunction }
conjunction = negation { "and" negation }
negation    = "!" negation | "(" condition ")" | comparison
comparison  = operand [ operator operand ]
operator    = "=" | "!=" | "<" | "<=" | ">" | ">=" | "in"
operand     = literal | field | "[" [ literal { "," literal } ] "]" | name "(" operand { "," operand } ")"
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from switchyard.errors import FqlError
from switchyard.events import Json
from switchyard.fql import mistakes
from switchyard.fql.glob import compile_glob
from switchyard.fql.lexer import Token, tokenize
from switchyard.fql.tree import And, Call, Compare, Condition, Constant, Field, Not, Operand, Or

MAX_LENGTH: Final = 4096  # characters
MAX_DEPTH: Final = 50  # negations, parentheses and calls within each other

_Part = TypeVar("_Part")


def parse(text: str) -> Condition:
    """Read a condition; raises ``FqlError`` with the place of the first mistake."""
    if len(text) > MAX_LENGTH:
        raise FqlError(f"a condition has at most {MAX_LENGTH:,} characters", text, MAX_LENGTH)
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0
        self.depth = 0

    def whole(self) -> Condition:
        tree = self.condition()
        if self.token.kind != "end":
            raise self.missing('"and", "or" or the end')
        return tree

    def condition(self) -> Condition:
        parts = self.separated(self.conjunction, "or")
        return Or(tuple(parts)) if len(parts) > 1 else parts[0]

    def conjunction(self) -> Condition:
        parts = self.separated(self.negation, "and")
        return And(tuple(parts)) if len(parts) > 1 else parts[0]

    def negation(self) -> Condition:
        mark = self.accept("!", "(")
        if mark is None:
            return self.comparison()
        with self.inside(mark):
            if mark.text == "!":
                return Not(self.negation())
            condition = self.condition()
            self.close(mark, ")")
            return condition

    def comparison(self) -> Condition:
        left = self.operand()
        operator = self.accept(*mistakes.OPERATORS)
        if operator is None:
            self.check(mistakes.bare(left), left.position)
            return left
        right = self.operand()
        self.check(mistakes.misplaced(operator.text, left, on_right=False), left.position)
        self.check(mistakes.misplaced(operator.text, right, on_right=True), right.position)
        return Compare(operator.text, left, right)

    def operand(self) -> Operand:
        token = self.token
        if token.kind == "literal":
            return Constant(self.literal(), token.position)
        if self.accept("["):
            return Constant(self.listed(token, self.literal, "]"), token.position)
        if token.kind != "name":
            raise self.missing("a field or a value")
        self.index += 1
        bracket = self.accept("(")
        return self.call(token, bracket) if bracket else self.field(token)

    def literal(self) -> Json:
        token = self.token
        if token.kind != "literal":
            raise self.missing("a string in quotes, a number, true, false or null")
        self.index += 1
        return token.value

    def field(self, name: Token) -> Field:
        before = self.tokens[self.index - 2]  # before the first token, round at the end, stands the empty one
        self.check(mistakes.unknown_field(name, before), name.position)
        return Field(name.value, name.position)

    def call(self, name: Token, bracket: Token) -> Call:
        self.check(mistakes.unknown_function(name.text), name.position)
        with self.inside(bracket):
            arguments = self.listed(bracket, self.operand, ")")
        self.check(mistakes.miscounted(name.text, len(arguments)), name.position)
        for index, argument in enumerate(arguments):
            self.check(mistakes.unsuitable(argument, name.text, index), argument.position)
        if name.text == "match":
            arguments[1] = self.pattern(arguments[1])
        return Call(name.text, tuple(arguments), name.position)

    def pattern(self, operand: Operand) -> Constant:
        if not isinstance(operand, Constant) or not isinstance(operand.value, str):
            raise self.error('the pattern is a string and comes second: match(event, "Order *")', operand.position)
        try:
            return Constant(compile_glob(operand.value), operand.position)
        except ValueError as problem:
            raise self.error(str(problem), operand.position) from None

    def separated(self, part: Callable[[], _Part], separator: str) -> list[_Part]:
        parts = [part()]
        while self.accept(separator):
            parts.append(part())
        return parts

    def listed(self, opening: Token, part: Callable[[], _Part], closing: str) -> list[_Part]:
        parts = [] if self.token.text == closing else self.separated(part, ",")
        self.close(opening, closing)
        return parts

    @contextmanager
    def inside(self, opening: Token) -> Iterator[None]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"nested more than {MAX_DEPTH} deep", opening.position)
        yield
        self.depth -= 1

    def close(self, opening: Token, closing: str) -> None:
        if not self.accept(closing):
            raise self.missing(f'"{closing}" for the "{opening.text}" at character {opening.position + 1}')

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def accept(self, *symbols: str) -> Token | None:
        token = self.token
        if token.kind != "symbol" or token.text not in symbols:
            return None
        self.index += 1
        return token

    def missing(self, expected: str) -> FqlError:
        found = self.token.text or "the end"
        return self.error(f"expected {expected}, found {found}{mistakes.hint(found)}", self.token.position)

    def check(self, complaint: str | None, position: int) -> None:
        if complaint:
            raise self.error(complaint, position)

    def error(self, message: str, position: int) -> FqlError:
        return FqlError(message, self.text, position)
