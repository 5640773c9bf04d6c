"""Segment's mapping-kit: JSON with directives that builds a payload from an event."""

from switchyard.mapping.compiler import DIRECTIVES
from switchyard.mapping.fields import (
    ROOT_DIRECTIVE,
    TypedFields,
    WarnField,
    compile_fields,
    compile_mapping,
    compile_typed_fields,
)
from switchyard.mapping.javascript import MISSING

__all__ = [
    "DIRECTIVES",
    "MISSING",
    "ROOT_DIRECTIVE",
    "TypedFields",
    "WarnField",
    "compile_fields",
    "compile_mapping",
    "compile_typed_fields",
]
