"""A condition as a tree: what ``parser`` makes of a text and ``compiler`` makes a function of."""

from dataclasses import dataclass, field
from typing import TypeAlias

from switchyard.events import Json
from switchyard.fql.lexer import Path


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the text: a scalar or a list of scalars; for ``match``, its compiled pattern."""

    value: Json
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """What an event holds at ``path``; null where it holds nothing."""

    path: Path
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of ``functions.FUNCTIONS`` with as many arguments as it takes."""

    function: str
    arguments: "tuple[Operand, ...]"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values and the operator between them."""

    operator: str
    left: "Operand"
    right: "Operand"


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where ``condition`` does not."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    """Holds where each of its two or more conditions does."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """Holds where at least one of its two or more conditions does."""

    conditions: "tuple[Condition, ...]"


Operand: TypeAlias = Constant | Field | Call
Condition: TypeAlias = And | Or | Not | Compare | Operand
"""An operand by itself is a condition, too: it holds where its value is ``true``."""
