"""The mapping-kit directives that the default mappings are made of."""

from switchyard.events import Json


def path(where: str) -> Json:
    """Return the directive for what is found at ``where``, e.g. ``$.context.ip``."""
    return {"@path": where}


def either(first: str, second: str) -> Json:
    """Return the directive for what is at ``first``, or at ``second`` where the first is missing or null."""
    return {"@if": {"exists": path(first), "then": path(first), "else": path(second)}}
