"""``@if``: one value or another, by whether a third exists or is blank."""

from switchyard.events import Json
from switchyard.mapping.compiler import Place, compile_value, directive, nothing
from switchyard.mapping.javascript import MISSING, to_string, truthy
from switchyard.mapping.options import read_options
from switchyard.mapping.paths import Evaluate


@directive("@if")
def compile_if(argument: Json, place: Place) -> Evaluate:
    """``{"@if": {"exists": …, "then": …, "else": …}}``, or ``blank`` for ``exists``; both branches are optional.

    ``exists`` decides alone where it is given: null and missing do not exist, empty values do. With ``blank``, the
    value *not* being blank leads to ``then``. That is mapping-kit's way.
    """
    options = read_options(argument, place, optional=("exists", "blank", "then", "else"))
    if not truthy(options.get("exists")) and not truthy(options.get("blank")):
        raise place.error('add the option exists or blank with what to test, as {"exists": {"@path": "$.userId"}}')
    parts = {option: compile_value(node, place.through(option)) for option, node in options.items()}
    then = parts.get("then", nothing)
    otherwise = parts["else"] if truthy(options.get("else")) else nothing
    if "exists" not in options:
        return _unless_blank(parts["blank"], then, otherwise)
    if "then" in options and options["then"] == options["exists"]:
        return _coalesce(then, otherwise)
    return _if_exists(parts["exists"], then, otherwise)


def _if_exists(tested: Evaluate, then: Evaluate, otherwise: Evaluate) -> Evaluate:
    def choose(payload: Json) -> Json:
        value = tested(payload)
        return otherwise(payload) if value is None or value is MISSING else then(payload)

    return choose


def _coalesce(wanted: Evaluate, otherwise: Evaluate) -> Evaluate:
    """``exists`` and ``then`` are the same, as they mostly are: evaluate them once."""

    def choose(payload: Json) -> Json:
        value = wanted(payload)
        return otherwise(payload) if value is None or value is MISSING else value

    return choose


def _unless_blank(tested: Evaluate, then: Evaluate, otherwise: Evaluate) -> Evaluate:
    return lambda payload: otherwise(payload) if _is_blank(tested(payload)) else then(payload)


def _is_blank(value: Json) -> bool:
    """Tell whether JavaScript finds ``value`` null, undefined or loosely equal to ``""``, as 0, false and [] are."""
    return to_string(value) == "" if isinstance(value, list) else not truthy(value)
