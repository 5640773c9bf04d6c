"""Values as they are: ``@path``, ``@arrayPath`` and ``@literal``."""

from switchyard.events import Json
from switchyard.mapping.compiler import (
    MAX_MAPPING_DEPTH,
    Place,
    compile_source,
    compile_value,
    directive,
    null_if_missing,
)
from switchyard.mapping.javascript import expect_string
from switchyard.mapping.paths import Evaluate, compile_path, parse_root_path, walk


@directive("@path")
def compile_path_directive(argument: Json, place: Place) -> Evaluate:
    """``{"@path": "$.context.ip"}``: the value at a path; a directive may yield the path."""
    if isinstance(argument, str):
        path = parse_root_path(argument)
        if len(path) > MAX_MAPPING_DEPTH:
            raise place.error(f"write a path of at most {MAX_MAPPING_DEPTH} keys")
        return compile_path(path)
    source = compile_source(argument, place)
    return lambda payload: walk(payload, parse_root_path(expect_string("@path", source(payload))))


@directive("@arrayPath")
def compile_array_path(argument: Json, place: Place) -> Evaluate:
    """``{"@arrayPath": ["$.products", {"id": {"@path": "$.sku"}}]}``: every item of an array, put into a shape.

    Paths in the shape start from the item. A single object counts as an array of one, any other value and every
    value without a shape is returned as it is.
    """
    match argument:
        case [root]:
            return _compile_root(root, place.inside("0"))
        case [root, shape]:
            found, shaped = _compile_root(root, place.inside("0")), compile_value(shape, place.inside("1"))
            return _each(found, shaped) if shape and isinstance(shape, dict) else found
    raise place.error('write an array of a path and a shape, as ["$.products", {"id": {"@path": "$.sku"}}]')


@directive("@literal")
def compile_literal(argument: Json, place: Place) -> Evaluate:
    """``{"@literal": "fixed"}``: the value itself; directives inside it count all the same."""
    return compile_value(argument, place)


def _compile_root(root: Json, place: Place) -> Evaluate:
    return compile_path(parse_root_path(root)) if isinstance(root, str) else compile_source(root, place)


def _each(found: Evaluate, shaped: Evaluate) -> Evaluate:
    def evaluate(payload: Json) -> Json:
        root = found(payload)
        if isinstance(root, dict):
            root = [root]
        return [null_if_missing(shaped(item)) for item in root] if isinstance(root, list) else root

    return evaluate
