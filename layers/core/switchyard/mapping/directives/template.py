"""``@template``: text with ``{{path}}`` in it.

Mapping-kit replaces every ``{{{path}}}`` first and then every ``{{path}}`` in what came out of that; neither escapes.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import Final, TypeAlias

from switchyard.events import Json
from switchyard.mapping.bounds import bounded_text
from switchyard.mapping.compiler import Place, compile_source, directive
from switchyard.mapping.javascript import BLANKS, MISSING, expect_string, to_string
from switchyard.mapping.paths import Evaluate, Path, parse_path, walk

Part: TypeAlias = str | Path
"""A piece of a template: text, or the path of a placeholder."""

# An unclosed placeholder is matched, too, and skipped as a whole: so the time stays linear in the text.
_TRIPLE: Final = re.compile(r"\{\{\{([^}]+)(\}{0,3})"), "}}}"
_DOUBLE: Final = re.compile(r"\{\{([^}]+)(\}{0,2})"), "}}"


@directive("@template")
def compile_template(argument: Json, place: Place) -> Evaluate:
    """``{"@template": "Viewed {{name}}"}``: text with values in it; a directive may yield the template."""
    if not isinstance(argument, str):
        source = compile_source(argument, place)
        return lambda payload: _fill_twice(_parse(expect_string("@template", source(payload)), *_TRIPLE), payload)
    triples = list(_parse(argument, *_TRIPLE))
    if any(isinstance(part, tuple) for part in triples):
        return lambda payload: _fill_twice(triples, payload)
    doubles = list(_parse(argument, *_DOUBLE))
    return lambda payload: _fill(doubles, partial(_text_at, payload))


def _parse(template: str, placeholder: re.Pattern[str], closing: str) -> Iterator[Part]:
    """Split a template into its text and the paths of its placeholders."""
    end = 0
    for match in placeholder.finditer(template):
        if match[2] == closing:
            yield template[end : match.start()]
            yield parse_path(match[1].strip(BLANKS))
            end = match.end()
    yield template[end:]


def _fill(parts: Iterable[Part], text_at: Callable[[Path], str]) -> str:
    return bounded_text(part if isinstance(part, str) else text_at(part) for part in parts)


def _fill_twice(triples: Iterable[Part], payload: Json) -> str:
    """Fill the triple braces, then the double ones that were there or came in with a value.

    An event that brings placeholders may repeat one that is slow to look up: each is looked up once.
    """
    text_at = cache(partial(_text_at, payload))
    return _fill(_parse(_fill(triples, text_at), *_DOUBLE), text_at)


def _text_at(payload: Json, path: Path) -> str:
    """Return the text for the value at ``path``; what is null or missing leaves no trace."""
    value = walk(payload, path)
    return "" if value is None or value is MISSING else to_string(value)
