"""Mapping-kit's directives, by what they are about. To import this package is to register them."""

from switchyard.mapping.directives import condition, encoding, liquid, lookup, objects, template, text

__all__ = ["condition", "encoding", "liquid", "lookup", "objects", "template", "text"]
