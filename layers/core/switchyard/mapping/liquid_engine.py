"""python-liquid, made to render as liquidjs does for Segment, within Segment's limits and without a clock.

Importing this takes a tenth of a second: only the directive ``@liquid`` does, and only when it is compiled.
"""

from collections.abc import Iterator
from functools import wraps
from itertools import takewhile
from typing import Any, Final, TextIO

from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions.logical import EqExpression, NeExpression, is_truthy
from liquid.builtin.expressions.primitive import Blank
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.echo_tag import EchoNode, EchoTag
from liquid.exceptions import LiquidError
from liquid.expression import Expression

from switchyard.errors import InvalidEvent
from switchyard.events import Json
from switchyard.mapping.bounds import MAX_TEXT, failed
from switchyard.mapping.compiler import Place, check_known
from switchyard.mapping.liquid_filters import OWN_FILTERS, Filter, check_length, text
from switchyard.mapping.paths import Evaluate

TAGS: Final = ("#", "assign", "capture", "comment", "cycle", "decrement", "echo", "if", "increment", "liquid", "unless")
"""What Segment leaves of Liquid's tags: there are no loops, so a template's work is bounded by its length."""

_CODES = ("base64_decode", "base64_encode", "url_decode")
_LETTERS = ("capitalize", "downcase", "lstrip", "rstrip", "strip", "strip_newlines", "upcase")
_PIECES = ("append", "prepend", "truncatewords")
_REMOVED = ("remove", "remove_first", "remove_last", "replace_first", "replace_last")
_TEXT_FILTERS: Final = (*_CODES, *_LETTERS, *_PIECES, *_REMOVED)

FILTERS: Final = ("abs", "at_least", "at_most", "ceil", "compact", "default", "floor", *_TEXT_FILTERS, *OWN_FILTERS)
"""Those of the filters that Segment allows whose results are the same here."""


def compile_template(template: str, place: Place) -> Evaluate:
    """Check and compile a template; raises ``MappingError``. The callable raises ``InvalidEvent`` if a filter fails."""
    try:
        compiled = _ENVIRONMENT.from_string(template)
    except LiquidError as mistake:
        raise place.error(f"this is not Liquid: {mistake.message}") from mistake
    _let_nothing_be_blank(compiled)
    used = compiled.analyze(include_partials=False)
    for tag in used.tags:
        check_known(tag, TAGS, "tag", place)
    for name in used.filters:
        check_known(name, FILTERS, "filter", place)

    def render(payload: Json) -> str:
        scope = payload if isinstance(payload, dict) else {}
        try:
            return compiled.render({"now": None, "today": None, **scope})
        except InvalidEvent:
            raise
        except Exception as failure:  # the library's filters let errors of all sorts through
            raise failed(f"@liquid fails with {type(failure).__name__}") from failure

    return render


def paths(template: str) -> Iterator[str]:
    """Yield the paths at which a template looks into its scope; a key that is computed ends one."""
    for variables in _ENVIRONMENT.from_string(template).analyze(include_partials=False).globals.values():
        for variable in variables:
            keys = takewhile(lambda key: not isinstance(key, list), variable.segments)
            yield f"$.{'.'.join(map(str, keys))}"


class _Blankable(Expression):
    """What is compared with ``blank``: nil, false and what is missing are as blank as an empty text."""

    def __init__(self, expression: Expression) -> None:
        super().__init__(expression.token)
        self.expression = expression

    def evaluate(self, context: RenderContext) -> object:
        value = self.expression.evaluate(context)
        return value if is_truthy(value) else ""

    def children(self) -> list[Expression]:
        return [self.expression]


def _let_nothing_be_blank(template: BoundTemplate) -> None:
    """Make ``x == blank`` hold for what liquidjs finds blank; python-liquid thinks of texts and lists alone."""
    context = RenderContext(template)
    pending: list[Any] = list(template.nodes)
    while pending:
        part = pending.pop()
        if isinstance(part, Node):
            pending += [*part.children(context, include_partials=False), *part.expressions()]
            continue
        pending += part.children()
        if isinstance(part, EqExpression | NeExpression) and isinstance(part.right, Blank):
            part.left = _Blankable(part.left)


class _Context(RenderContext):
    """Strings and arrays have JavaScript's ``length`` beside Liquid's ``size``."""

    def get_item(self, obj: Any, key: Any) -> Any:
        return len(obj) if key == "length" and isinstance(obj, str | list) else super().get_item(obj, key)


class _Template(BoundTemplate):
    context_class = _Context


class _OutputNode(OutputNode):
    """``{{ … }}`` with JavaScript's text for numbers and objects."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        written = buffer.write(text(self.expression.evaluate(context)))
        check_length(buffer.tell())
        return written


class _Output(Output):
    node_class = _OutputNode


class _EchoNode(_OutputNode, EchoNode):
    """``{% echo … %}``, the same as a tag."""


class _Echo(EchoTag):
    node_class = _EchoNode


class _Environment(Environment):
    template_class = _Template
    local_namespace_limit = MAX_TEXT


def _on_text(change: Filter) -> Filter:
    """Hand JavaScript's text to a filter that would use Python's."""

    @wraps(change)  # also keeps the marks by which the library finds out what else to hand over
    def changed(value: object, *arguments: object, **environment: object) -> object:
        texts = (argument if type(argument) is int else text(argument) for argument in arguments)
        return change(text(value), *texts, **environment)

    return changed


_ENVIRONMENT: Final = _Environment()
_ENVIRONMENT.add_tag(_Output)
_ENVIRONMENT.add_tag(_Echo)
_ENVIRONMENT.filters |= {name: _on_text(_ENVIRONMENT.filters[name]) for name in _TEXT_FILTERS} | dict(OWN_FILTERS)
