r"""The patterns of ``match``: ``*``, ``?``, ``[abc]``, ``[a-z]`` and ``\x`` for a literal x."""

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(
    r"(?P<star>\*+)|(?P<any>\?)|\[(?P<set>(?:\\.|[^\]\\])+)\]|\\(?P<escaped>.)|(?P<plain>[^\[\\])", re.DOTALL
)
_MEMBER: Final = re.compile(r"\\?(.)(?:-\\?(.))?", re.DOTALL)


def compile_glob(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for ``fullmatch``; raises ``ValueError`` with what is wrong with it.

    Every piece between two stars is taken where it first fits and never tried again (an atomic group), so that no
    text makes matching slower than its length times the pattern's.
    """
    first, *pieces = _pieces(pattern)
    if not pieces:
        return re.compile(first, re.DOTALL)
    *middle, last = pieces
    return re.compile(f"{first}{''.join(f'(?>.*?{piece})' for piece in middle)}.*{last}", re.DOTALL)


def _pieces(pattern: str) -> list[str]:
    pieces = [""]
    for kind, lexeme in _tokens(pattern):
        match kind:
            case "star":
                pieces.append("")
            case "any":
                pieces[-1] += "."
            case "set":
                pieces[-1] += _one_of(lexeme)
            case _:
                pieces[-1] += re.escape(lexeme)
    return pieces


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            raise ValueError(_complaint(pattern[position:]))
        kind = token.lastgroup or ""
        yield kind, token[kind]
        position = token.end()


def _one_of(members: str) -> str:
    if members[0] in "!^":
        raise ValueError(f'FQL has no "[{members[0]}…]"; negate the whole: !match(…)')
    return f"[{''.join(_span(low, high) for low, high in _MEMBER.findall(members))}]"


def _span(low: str, high: str) -> str:
    if high and high < low:
        raise ValueError(f'the range "{low}-{high}" runs backwards')
    return f"{re.escape(low)}-{re.escape(high)}" if high else re.escape(low)


def _complaint(rest: str) -> str:
    if rest == "\\":
        return "a character has to follow the last backslash of a pattern"
    return r'"[" opens a list such as [abc] or [a-z]; for the character itself write \['
