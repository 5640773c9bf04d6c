"""An action's fields, the hot path: every event of every subscription passes through here.

Nearly all fields are plain paths such as ``$.context.app.name``; those are looked up together, in one ``PathTree``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from switchyard.errors import InvalidEvent
from switchyard.events import Event, Json
from switchyard.mapping.compiler import Place, compile_value, directive_name, is_directive, plain_path
from switchyard.mapping.directives.objects import compile_apply, require_object
from switchyard.mapping.javascript import MISSING, type_name
from switchyard.mapping.options import read_options
from switchyard.mapping.paths import Evaluate, gather, grow_tree

WarnField: TypeAlias = Callable[[str, str], None]
"""Takes the name of a field that is left out, and the reason, which holds no values of the event."""

CompiledFields: TypeAlias = Callable[[Event, WarnField], dict[str, Json]]
"""Takes an event; returns the payload of an action."""

ROOT_DIRECTIVE: Final = "__segment_internal_directive"
"""Segment's key for a ``@transform`` whose ``mapping`` is all the other keys."""


def compile_mapping(mapping: Json) -> Evaluate:
    """Check and compile a mapping; the callable takes an event and returns what the mapping makes of it.

    Raises ``MappingError`` for what can never work. The callable raises ``InvalidEvent`` if a directive fails; it
    returns ``MISSING`` where a mapping that is itself a directive yields nothing.
    """
    place = Place()
    if not isinstance(mapping, dict):
        raise place.error(f"write a mapping as an object (found: {type_name(mapping)})")
    if is_directive(mapping, place):
        evaluate = compile_value(mapping, place)
        return lambda event: evaluate(require_object(event))
    fields = compile_fields(mapping)
    return lambda event: fields(event, _refuse)


def compile_fields(fields: Mapping[str, Json]) -> CompiledFields:
    """Check and compile the mapping of an action's fields, each of which stands for itself.

    Raises ``MappingError`` for what can never work. The callable leaves out a field whose directive fails on an
    event and reports it to its second argument; a field without a value has no key. It raises ``InvalidEvent`` only
    where nothing can be mapped at all.
    """
    source, own = _split_root(dict(fields))
    compiled = {name: compile_value(value, Place((name,))) for name, value in own.items()}
    constants = {name: value for name, value in own.items() if not isinstance(value, dict | list)}
    paths = {name: path for name, value in own.items() if (path := plain_path(value))}
    computed = [(name, compiled[name]) for name in own if name not in constants and name not in paths]
    tree = grow_tree(paths)

    def evaluate(event: Event, warn_field: WarnField) -> dict[str, Json]:
        payload = source(event)
        values = constants.copy()
        gather(tree, payload, values)
        _compute(computed, payload, values, warn_field)
        return values

    return evaluate


def _compute(
    computed: Sequence[tuple[str, Evaluate]], payload: Json, values: dict[str, Json], warn_field: WarnField
) -> None:
    for name, evaluate in computed:
        try:
            value = evaluate(payload)
        except InvalidEvent as failure:
            warn_field(name, failure.reason)
        else:
            if value is not MISSING:
                values[name] = value


def _split_root(fields: dict[str, Json]) -> tuple[Evaluate, dict[str, Json]]:
    """Return what the fields look into, the event or what a root ``@transform`` makes of it, and the fields."""
    if is_directive(fields, Place()):
        raise Place().error(f"write a directive as the value of a field, or for all fields under {ROOT_DIRECTIVE}")
    if ROOT_DIRECTIVE not in fields:
        return require_object, fields
    place = Place((ROOT_DIRECTIVE, "@transform"))
    root = fields.pop(ROOT_DIRECTIVE)
    if not isinstance(root, dict) or directive_name(root, place) != "@transform":
        raise Place((ROOT_DIRECTIVE,)).error('write {"@transform": {"apply": {…}}}')
    options = read_options(root["@transform"], place, required=("apply",))
    return compile_apply(options["apply"], place.inside("apply")), fields


def _refuse(field: str, reason: str) -> None:
    raise InvalidEvent("mapping_failed", reason, field)
