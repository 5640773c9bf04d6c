"""Segment's mapping-kit: JSON with directives that builds a payload from an event."""

from switchyard.mapping.compiler import DIRECTIVES
from switchyard.mapping.fields import ROOT_DIRECTIVE, compile_fields, compile_mapping
from switchyard.mapping.javascript import MISSING

__all__ = ["DIRECTIVES", "MISSING", "ROOT_DIRECTIVE", "compile_fields", "compile_mapping"]
