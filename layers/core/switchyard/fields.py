"""The types of an action's fields, as Segment's destination kit applies them to a single event.

Values without content are taken out, the others are converted to the declared type, and keys that the action does
not declare are dropped. Where Segment refuses the whole event for one wrong value, only that field is left out here,
with a warning (promise 4).
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from switchyard.destinations.base import Field, Payload, Warn
from switchyard.errors import InvalidEvent
from switchyard.events import Json
from switchyard.scalars import CONVERSIONS, UNFIT

_Step: TypeAlias = Callable[[Json, Warn], Json]
"""Returns the value in its declared type, ``UNFIT`` or ``_NOTHING``."""

_NOTHING: Final = object()
"""The value has no content, or was left out with a warning."""

_CLASSES: Final = {"string": str, "number": int, "integer": int, "boolean": bool, "object": dict, "datetime": str}
_TYPE_NAMES: Final = {bool: "a boolean", dict: "an object", float: "a number", int: "a number", list: "a list"}


def compile_coercion(fields: tuple[Field, ...]) -> Callable[[Payload, Warn], Payload]:
    """Compile what runs on every payload of an action, into a function that takes one and returns a new one.

    That raises InvalidEvent, ``missing_field`` or ``invalid_field``, where a required field has no usable value.
    """
    coerce = _compile_object(fields)
    required = tuple(field.name for field in fields if field.required)

    def coerce_payload(payload: Payload, warn: Warn) -> Payload:
        coerced = coerce(payload, warn)
        for name in required:
            if name not in coerced:
                raise InvalidEvent("missing_field", f"{name} is required and has no value", name)
        return coerced

    return coerce_payload


def settled_classes(fields: tuple[Field, ...]) -> dict[str, Any]:
    """Return by field the class whose values coercion leaves as they are, but for ``""``.

    An object with declared members has a mapping of theirs instead; a field that is not there is always coerced.
    """
    optional = [field for field in fields if not field.required and not field.multiple]
    objects = {each.name: settled_classes(each.properties) for each in optional if each.properties}
    return {each.name: _CLASSES[each.type] for each in optional if not _is_restricted(each)} | objects


def _compile_object(fields: tuple[Field, ...], parent: Field | None = None) -> Callable[[Payload, Warn], Payload]:
    keep_unknown = parent is not None and parent.open
    steps = {field.name: _compile_field(field, parent) for field in fields}
    # Most values are right as they come: one look at their class spares them the rest.
    right = {field.name: _CLASSES[field.type] for field in fields if not _is_restricted(field)}

    def coerce(payload: Payload, warn: Warn) -> Payload:
        coerced: Payload = {}
        for name, value in payload.items():
            if value and type(value) is right.get(name):
                coerced[name] = value
            elif name in steps:
                if (result := steps[name](value, warn)) is not _NOTHING:
                    coerced[name] = result
            elif keep_unknown:
                coerced[name] = value
        return coerced

    return coerce


def _is_restricted(field: Field) -> bool:
    return field.multiple or any(limit is not None for limit in (field.properties, field.minimum, field.maximum))


def _compile_field(field: Field, parent: Field | None) -> _Step:
    path = f"{parent.name}.{field.name}" if parent else field.name
    # The kit takes "" out of the top level; below it, "" counts as a string like any other.
    blank_is_content = parent is not None and field.type in ("string", "datetime")
    convert = _compile_type(field)

    def step(value: Json, warn: Warn) -> Json:
        if value is None:
            return None if field.nullable else _NOTHING
        if value == "" and not blank_is_content:
            return _NOTHING
        converted = convert(value, warn)
        return _leave_out(field, path, value, warn) if converted is UNFIT else converted

    return _for_each_item(step) if field.multiple else step


def _compile_type(field: Field) -> _Step:
    if field.properties is not None:
        coerce = _compile_object(field.properties, field)
        return lambda value, warn: coerce(value, warn) if isinstance(value, dict) else UNFIT
    if field.type == "object":
        return lambda value, _warn: value if isinstance(value, dict) else UNFIT
    convert = CONVERSIONS[field.type]
    return lambda value, _warn: _within_limits(convert(value), field)


def _within_limits(value: Json, field: Field) -> Json:
    if value is UNFIT:
        return UNFIT
    too_small = field.minimum is not None and value < field.minimum
    too_large = field.maximum is not None and value > field.maximum
    return UNFIT if too_small or too_large else value


def _for_each_item(step: _Step) -> _Step:
    def steps(value: Json, warn: Warn) -> Json:
        if value is None or value == "":
            return _NOTHING
        items = value if isinstance(value, list) else [value]
        problems: dict[str, None] = {}  # each sentence once, however long the list is
        results = [step(item, problems.setdefault) for item in items if not _is_null(item)]
        for problem in problems:
            warn(problem)
        return [result for result in results if result is not _NOTHING]

    return steps


def _is_null(item: Json) -> bool:
    """Tell whether a list's item is null, of which ``@arrayPath`` makes an object of nulls."""
    return item is None or (isinstance(item, dict) and bool(item) and all(value is None for value in item.values()))


def _leave_out(field: Field, path: str, value: Json, warn: Warn) -> object:
    problem = f"{path}: {_TYPE_NAMES.get(type(value), 'a string')} where {_expected(field)} is expected"
    if field.required:
        raise InvalidEvent("invalid_field", problem, path)
    warn(f"{problem}; left out")
    return _NOTHING


def _expected(field: Field) -> str:
    noun = {"datetime": "a date", "integer": "an integer", "object": "an object"}.get(field.type, f"a {field.type}")
    return noun if field.maximum is None else f"{noun} from {field.minimum or 0:g} to {field.maximum:g}"
