"""Tree → one function of an event."""

import operator
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from switchyard.events import Event, Json
from switchyard.fql.functions import FUNCTIONS, equal, is_in, kind_of
from switchyard.fql.lexer import Path
from switchyard.fql.parser import parse
from switchyard.fql.tree import And, Call, Compare, Condition, Constant, Field, Not, Operand, Or

_Value: TypeAlias = Callable[[Event], Json]
_Test: TypeAlias = Callable[[Event], bool]


def compile_fql(text: str) -> Callable[[Event], bool]:
    """Compile a condition into a test of an event that never raises; raises ``FqlError`` at a mistake."""
    return _test(parse(text))


def _test(condition: Condition) -> _Test:
    match condition:
        case And(conditions):
            return _every([_test(each) for each in conditions])
        case Or(conditions):
            return _some([_test(each) for each in conditions])
        case Not(negated):
            return _negated(_test(negated))
        case Compare():
            return _comparison(condition)
    return _is(_value(condition), True)  # and, or, ! and the whole look at booleans only


def _every(tests: list[_Test]) -> _Test:
    if len(tests) == 1:
        return tests[0]
    first, second = _every(tests[: len(tests) // 2]), _every(tests[len(tests) // 2 :])
    return lambda event: first(event) and second(event)


def _some(tests: list[_Test]) -> _Test:
    if len(tests) == 1:
        return tests[0]
    first, second = _some(tests[: len(tests) // 2]), _some(tests[len(tests) // 2 :])
    return lambda event: first(event) or second(event)


def _negated(test: _Test) -> _Test:
    return lambda event: not test(event)


def _comparison(node: Compare) -> _Test:
    match node:
        case Compare("=", Field((str(name),)), Constant(str(text))):
            return lambda event: event.get(name) == text  # how nearly every condition begins
    left, right = _value(node.left), _value(node.right)
    if node.operator in ("=", "!="):
        same = _equals(left, node.right.value) if isinstance(node.right, Constant) else _both(equal, left, right)
        return same if node.operator == "=" else _negated(same)
    return _both(_COMPARISONS[node.operator], left, right)


def _equals(value: _Value, constant: Json) -> _Test:
    if constant is None or type(constant) is bool:
        return _is(value, constant)
    if type(constant) is str:
        return lambda event: value(event) == constant
    return lambda event: equal(value(event), constant)


def _is(value: _Value, constant: Json) -> _Test:
    return lambda event: value(event) is constant


def _both(compare: Callable[[Json, Json], bool], left: _Value, right: _Value) -> _Test:
    return lambda event: compare(left(event), right(event))


def _ordering(compare: Callable[[Any, Any], bool]) -> Callable[[Json, Json], bool]:
    return lambda left, right: kind_of(left) == kind_of(right) == "number" and compare(left, right)


_COMPARISONS: Final = {
    "<": _ordering(operator.lt),
    "<=": _ordering(operator.le),
    ">": _ordering(operator.gt),
    ">=": _ordering(operator.ge),
    "in": is_in,
}


def _value(operand: Operand) -> _Value:
    match operand:
        case Constant(value):
            return lambda _: value
        case Field((str(name),)):
            return lambda event: event.get(name)
        case Field(path):
            return _walk(path)
        case Call(function, arguments):
            return _call(FUNCTIONS[function].evaluate, [_value(each) for each in arguments])


def _walk(path: Path) -> _Value:
    def value(event: Event) -> Json:
        inner: Json = event
        for step in path:
            if type(inner) is dict:
                inner = inner.get(step)
            elif type(inner) is list and type(step) is int and step < len(inner):
                inner = inner[step]
            else:
                return None
        return inner

    return value


def _call(function: Callable[..., Json], arguments: list[_Value]) -> _Value:
    if len(arguments) == 1:
        (argument,) = arguments
        return lambda event: function(argument(event))
    return lambda event: function(*[argument(event) for argument in arguments])
