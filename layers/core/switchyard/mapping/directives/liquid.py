"""``@liquid``: text by a template in Shopify's Liquid, without loops and partials."""

from typing import Final

from switchyard.events import Json
from switchyard.mapping.compiler import Place, directive
from switchyard.mapping.javascript import utf16_length
from switchyard.mapping.paths import Evaluate

MAX_TEMPLATE: Final = 1000
"""The UTF-16 units that Segment allows a template."""


@directive("@liquid")
def compile_liquid(argument: Json, place: Place) -> Evaluate:
    """``{"@liquid": "{{ properties.sku | upcase }}"}``: a template of at most 1,000 characters, fixed in the mapping.

    Only a configuration with this directive loads python-liquid.
    """
    if not isinstance(argument, str) or utf16_length(argument) > MAX_TEMPLATE:
        raise place.error(f"write a string of at most {MAX_TEMPLATE} characters")
    from switchyard.mapping.liquid_engine import compile_template  # noqa: PLC0415 - it takes 0.1 s to import

    return compile_template(argument, place)
