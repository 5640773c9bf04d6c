"""An action's fields, the hot path: every event of every subscription passes through here.

Nearly all fields are plain paths such as ``$.context.app.name``; those are looked up together, in one ``PathTree``.
And nearly all values are of their field's class as they come; those are set apart, since they need no conversion.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from switchyard.errors import InvalidEvent
from switchyard.events import Event, Json
from switchyard.mapping.compiler import Place, compile_value, directive_name, is_directive, plain_path, siblings
from switchyard.mapping.directives.objects import compile_apply, require_object
from switchyard.mapping.javascript import MISSING, type_name
from switchyard.mapping.options import read_options
from switchyard.mapping.paths import Evaluate, Path, PathTree, gather, grow_tree, walk

WarnField: TypeAlias = Callable[[str, str], None]
"""Takes the name of a field that is left out, and the reason, which holds no values of the event."""

CompiledFields: TypeAlias = Callable[[Event, WarnField], dict[str, Json]]
"""Takes an event; returns the payload of an action."""

TypedFields: TypeAlias = Callable[[Event, WarnField], tuple[dict[str, Json], dict[str, Json]]]
"""Takes an event; returns the values that are of the class wanted (no text of them is ``""``), and all the others."""

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
    typed = compile_typed_fields(fields, {})
    return lambda event, warn_field: typed(event, warn_field)[1]  # where no class is wanted, all are the others


def compile_typed_fields(fields: Mapping[str, Json], classes: Mapping[str, Any]) -> TypedFields:
    """Do what ``compile_fields`` does, and tell the values apart by the ``classes`` that are wanted, by field.

    A mapping in the place of a class holds those of an object's members: the object is right if all its members are.
    """
    source, own = _split_root(dict(fields))
    compiled = {name: compile_value(value, Place((name,))) for name, value in own.items()}
    constants = {name: value for name, value in own.items() if not isinstance(value, dict | list)}
    paths = {name: path for name, value in own.items() if (path := plain_path(value))}
    objects = _typed_objects(own, classes)
    looked_up = {*constants, *paths, *(each.name for each in objects)}
    computed = [(name, evaluate) for name, evaluate in compiled.items() if name not in looked_up]
    tree = grow_tree(paths, classes)

    def evaluate(event: Event, warn_field: WarnField) -> tuple[dict[str, Json], dict[str, Json]]:
        payload = source(event)
        ready: dict[str, Json] = {}
        rest = constants.copy()
        gather(tree, payload, ready, rest)
        _gather_objects(objects, payload, ready, rest)
        _compute(computed, payload, rest, warn_field)
        return ready, rest

    return evaluate


class _TypedObject(NamedTuple):
    """A field that is an object of plain paths of one parent, with classes wanted of its members."""

    name: str
    parent: Path
    members: PathTree


def _typed_objects(fields: Mapping[str, Json], classes: Mapping[str, Any]) -> list[_TypedObject]:
    objects = []
    for name, node in fields.items():
        wanted = classes.get(name)
        is_object = isinstance(node, dict) and not is_directive(node, Place())
        if isinstance(wanted, Mapping) and is_object and (found := siblings(node)):
            parent, keys = found
            members = grow_tree({member: (key,) for member, key in keys.items()}, wanted)
            objects.append(_TypedObject(name, parent, members))
    return objects


def _gather_objects(
    objects: Sequence[_TypedObject], payload: Json, ready: dict[str, Json], rest: dict[str, Json]
) -> None:
    for name, parent, tree in objects:
        members: dict[str, Json] = {}
        others: dict[str, Json] = {}
        if (found := walk(payload, parent)) is not MISSING:
            gather(tree, found, members, others)
        if others:
            rest[name] = members | others
        else:
            ready[name] = members


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
