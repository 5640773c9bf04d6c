"""Objects made from objects: ``@merge``, ``@transform``, ``@flatten`` and ``@excludeWhenNull``."""

from collections.abc import Iterator

from switchyard.events import Event, Json
from switchyard.mapping.bounds import MAX_TEXT, deeper, failed
from switchyard.mapping.compiler import Place, compile_value, directive, without_missing
from switchyard.mapping.javascript import MISSING, key_order, spread, truthy, type_name
from switchyard.mapping.options import read_choice, read_options, read_text
from switchyard.mapping.paths import Evaluate


@directive("@merge")
def compile_merge(argument: Json, place: Place) -> Evaluate:
    """``{"@merge": {"direction": "right", "objects": [{…}, {…}]}}``: the keys of the right (or left) object win.

    Strings and arrays count as objects whose keys are the indexes. A key without a value deletes that key.
    """
    options = read_options(argument, place, required=("direction", "objects"))
    step = read_choice(options, "direction", place, {"left": -1, "right": 1})
    if not isinstance(options["objects"], list):
        raise place.inside("objects").error(f"write an array of objects (found: {type_name(options['objects'])})")
    layers = [_compile_layer(node, place, str(index)) for index, node in enumerate(options["objects"])][::step]

    def merge(payload: Json) -> Json:
        merged: dict[str, Json] = {}
        for layer in layers:
            merged.update(spread(layer(payload)))
        return merged if place.keeps_missing else without_missing(merged)

    return merge


@directive("@transform")
def compile_transform(argument: Json, place: Place) -> Evaluate:
    """``{"@transform": {"apply": {…}, "mapping": {…}}}``: a mapping of what another mapping made of the payload."""
    options = read_options(argument, place, required=("apply", "mapping"))
    apply = compile_apply(options["apply"], place.inside("apply"))
    mapping = _compile_object_option(options["mapping"], place.through("mapping"))
    return lambda payload: mapping(apply(payload))


@directive("@flatten")
def compile_flatten(argument: Json, place: Place) -> Evaluate:
    """``{"@flatten": {"separator": ".", "value": …}}``: one level, with keys such as ``products.0.sku``.

    With ``omitArrays`` arrays stay as they are. Empty objects and arrays vanish; a scalar gets the key ``""``.
    """
    options = read_options(argument, place, required=("separator", "value"), optional=("omitArrays",))
    separator = read_text(options, "separator", place, shortest=1)
    containers = (dict,) if truthy(options.get("omitArrays")) else (dict, list)
    source = compile_value(options["value"], place.through("value"))

    def flatten(payload: Json) -> Json:
        flat = _bounded(_leaves(source(payload), "", separator, containers))
        return flat if place.keeps_missing else without_missing(flat)

    return flatten


@directive("@excludeWhenNull")
def compile_exclude_when_null(argument: Json, place: Place) -> Evaluate:
    """``{"@excludeWhenNull": …}``: nothing for null, and an object without its keys that hold null, at every level."""
    source = compile_value(argument, place)

    def exclude(payload: Json) -> Json:
        value = source(payload)
        if not isinstance(value, dict):
            return MISSING if value is None else value
        kept = {key: MISSING if member is None else _without_nulls(member) for key, member in value.items()}
        return kept if place.keeps_missing else without_missing(kept)

    return exclude


def compile_apply(node: Json, place: Place) -> Evaluate:
    """Check and compile the ``apply`` of a ``@transform``; the callable raises ``InvalidEvent`` for a non-object."""
    apply = _compile_object_option(node, place)
    return lambda payload: apply(require_object(payload))


def require_object(payload: Json) -> Event:
    """Return the payload if it is an object, an empty one for ``MISSING``; raise ``InvalidEvent`` for anything else."""
    if payload is MISSING:
        return {}
    if not isinstance(payload, dict):
        raise failed(f"data must be an object, got {type_name(payload)}")
    return payload


def _compile_object_option(node: Json, place: Place) -> Evaluate:
    if not isinstance(node, dict):
        raise place.error(f"write an object or a directive (found: {type_name(node)})")
    return compile_value(node, place)


def _compile_layer(node: Json, place: Place, index: str) -> Evaluate:
    return _compile_object_option(node, Place((*place.path, "objects", index), keeps_missing=True))


def _leaves(
    value: Json, key: str, separator: str, containers: tuple[type, ...], depth: int = 0
) -> Iterator[tuple[str, Json]]:
    if not isinstance(value, containers):
        yield key, value
        return
    inner = spread(value)
    for name in sorted(inner, key=key_order):
        yield from _leaves(
            inner[name], f"{key}{separator}{name}" if key else name, separator, containers, deeper(depth)
        )


def _bounded(leaves: Iterator[tuple[str, Json]]) -> dict[str, Json]:
    """Return the object of the leaves; raise ``InvalidEvent`` if deep nesting blows up its keys."""
    flat: dict[str, Json] = {}
    room = MAX_TEXT
    for key, value in leaves:
        flat[key] = value
        room -= len(key)
        if room < 0:
            raise failed(f"the flattened keys grow beyond {MAX_TEXT} characters")
    return flat


def _without_nulls(value: Json, depth: int = 0) -> Json:
    if not isinstance(value, dict):
        return value
    below = deeper(depth)
    return {key: _without_nulls(member, below) for key, member in value.items() if member is not None}
