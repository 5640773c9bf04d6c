"""Text → tokens."""

import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias

from switchyard.errors import FqlError
from switchyard.events import Json

Path: TypeAlias = tuple[str | int, ...]
"""The way into an event: a string is the key of an object, a number the index of a list's item."""

NUMBER: Final = r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
"""How a number is written, as a regular expression."""

_VALUES: Final = {"null": None, "true": True, "false": False}
KEYWORDS: Final = ("and", "or", "in", *_VALUES)
"""The words that are no names, except inside a path."""


class Token(NamedTuple):
    """``value`` is what a literal stands for, or a name's path; ``position`` counts characters from 0."""

    kind: Literal["literal", "name", "symbol", "end"]
    text: str
    position: int
    value: Json = None


_TOKEN: Final = re.compile(
    rf"""
      (?P<space>    [ \t\r\n]+ )
    | (?P<string>   "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )
    | (?P<number>   {NUMBER} (?![\w.\\-]) )
    | (?P<name>     (?:[A-Za-z_]|\\.) (?:[A-Za-z0-9_-]|\\.)* (?:\.(?:[A-Za-z0-9_-]|\\.)+)* )
    | (?P<foreign>  ={{2,3}} | !== | <> | => | =< | &&? | \|\|? | [;`\u2018\u2019\u201c\u201d] )
    | (?P<symbol>   [<>!]= | [=<>!(),\[\]] )
    | (?P<unclosed> ["'] )
    | (?P<digits>   [+-]?\.?[0-9][\w.+-]* | [+-] )
    | \.?(?P<stray> [^\s.\\A-Za-z0-9_-] )
    | (?P<torn>     . )
    """,
    re.VERBOSE | re.DOTALL,
)
_STEP: Final = re.compile(r"\\\[([0-9]+)\\\]|((?:[A-Za-z0-9_-]|\\(?!\[[0-9]+\\\]).)+)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_QUOTE: Final = re.compile(r"\\([\"'\\])")
_INSTEAD: Final = {
    "==": "=",
    "===": "=",
    "!==": "!=",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
    "&": "and",
    "&&": "and",
    "|": "or",
    "||": "or",
    ";": "and",
}


def tokenize(text: str) -> list[Token]:
    """Cut ``text`` into tokens, the last one of kind ``end``; raises ``FqlError`` at what is none."""
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        lexeme, position = match[kind], match.start(kind)
        if kind in _READERS:
            tokens.append(_READERS[kind](lexeme, position))
        elif kind != "space":
            raise FqlError(_complaint(kind, lexeme), text, position)
    return [*tokens, Token("end", "", len(text))]


def _read_string(lexeme: str, position: int) -> Token:
    # Only quotes and the backslash are escaped here: match's own escapes, such as \*, have to pass through.
    return Token("literal", lexeme, position, _ESCAPED_QUOTE.sub(r"\1", lexeme[1:-1]))


def _read_number(lexeme: str, position: int) -> Token:
    return Token("literal", lexeme, position, float(lexeme) if set(".eE") & set(lexeme) else int(lexeme))


def _read_name(lexeme: str, position: int) -> Token:
    if lexeme in _VALUES:
        return Token("literal", lexeme, position, _VALUES[lexeme])
    if lexeme in KEYWORDS:
        return Token("symbol", lexeme, position)
    return Token("name", lexeme, position, _path(lexeme))


def _read_symbol(lexeme: str, position: int) -> Token:
    return Token("symbol", lexeme, position)


_READERS: Final[dict[str, Callable[[str, int], Token]]] = {
    "string": _read_string,
    "number": _read_number,
    "name": _read_name,
    "symbol": _read_symbol,
}


def _path(lexeme: str) -> Path:
    # Segment's condition editor writes the first item of a list as products\[0\]: an index, not a name.
    return tuple(int(index) if index else _ESCAPED.sub(r"\1", name) for index, name in _STEP.findall(lexeme))


def _complaint(kind: str, lexeme: str) -> str:
    match kind:
        case "foreign":
            return f'use "{_INSTEAD[lexeme]}" instead of "{lexeme}"' if lexeme in _INSTEAD else "use straight quotes"
        case "unclosed":
            return f"this string has no closing {lexeme}"
        case "digits":
            return "a number is written like 5, -1.5 or 1e6"
        case "stray":
            return f'unexpected "{lexeme}"; in the name of a field it is written "\\{lexeme}"'
    return 'a "." stands between two names' if lexeme == "." else 'a character has to follow the "\\"'
