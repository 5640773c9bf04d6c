"""YAML (or JSON) files that remember the line of every value, so that an error can name it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import orjson
import yaml

from switchyard.errors import ConfigError
from switchyard.events import Json

SUFFIXES: Final = (".yaml", ".yml", ".json")
MAX_FILE_BYTES: Final = 2_000_000

_REMEDIES: Final = (
    (r"unhashable key", 'put a text with braces in quotes; a template is written {"@template": "{{event}}"}'),
    (r"character '\\t'", "indent with spaces, not with tabs"),
    (r"character '@'", 'write it in quotes, as {"@path": "$.userId"}'),
    (r"cannot start any token", "put the text in quotes"),
    (r"could not find expected ':'", "write the key, a colon, a blank, and then its value"),
    (
        r"mapping values",
        "put a text with a colon in quotes; or see the line before: its colon, and how far it is indented",
    ),
    (
        r"expected <block end>",
        "indent what belongs together alike; a text that begins with a quote ends at the next one",
    ),
    (r"expected ',' or|end of stream", "close every bracket and quote; look further up, too"),
    (r"", "see this line and the one before"),
)
"""By the parser's words for a mistake."""

Location: TypeAlias = Sequence[str | int]
"""The keys and indexes that lead to a value."""


def path_to(location: Location) -> str:
    """Write a location as ``destinations[0].settings``."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in location).lstrip(".")


class Problem(NamedTuple):
    """One mistake: where it is, and what to write instead."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        """Return the line that editors make a link of."""
        return f"{self.file}:{self.line}: {self.message}"


class InvalidConfig(ConfigError):
    """A configuration with mistakes: all of them, so that one run shows them all."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its data, and the syntax tree that has the lines."""

    file: Path
    data: Json
    root: yaml.Node | None

    def problem(self, location: Location, message: str) -> Problem:
        """Return a problem at the value, or at the nearest thing around it that is there."""
        path = path_to(location)
        return Problem(self.file, self._line(location), f"{path}: {message}" if path else message)

    def _line(self, location: Location) -> int:
        node, line = self.root, 1
        for key in location:
            found = _child(node, key)
            if found is None:
                break
            line, node = found
        return line


def read_documents(folder: Path) -> list[Document]:
    """Read every YAML and JSON file that lies in the folder itself, by name. Raises InvalidConfig."""
    return [_read(file) for file in sorted(folder.glob("*")) if file.suffix in SUFFIXES]


def _read(file: Path) -> Document:
    if file.stat().st_size > MAX_FILE_BYTES:
        raise InvalidConfig([Problem(file, 1, f"the file is larger than {MAX_FILE_BYTES:,} bytes")])
    try:
        return _read_text(file, file.read_text())
    except orjson.JSONDecodeError as error:
        raise InvalidConfig([Problem(file, error.lineno, f"not JSON: {error.msg}")]) from None
    except yaml.MarkedYAMLError as error:
        raise InvalidConfig([_syntax_problem(file, error)]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidConfig([Problem(file, 1, f"not YAML in UTF-8 ({type(error).__name__})")]) from None


def _syntax_problem(file: Path, error: yaml.MarkedYAMLError) -> Problem:
    # Of a key without a colon, the parser's own line is the next one; the key's is where it began to read.
    mark = error.context_mark if error.context == "while scanning a simple key" else error.problem_mark
    remedy = next(remedy for pattern, remedy in _REMEDIES if re.search(pattern, str(error.problem)))
    return Problem(file, mark.line + 1 if mark else 1, f"not YAML: {error.problem}; {remedy}")


def _read_text(file: Path, text: str) -> Document:
    if file.suffix == ".json":
        # YAML has the lines of JSON, too, but takes no tabs between values, and \ud83c\udf81 for two characters.
        return Document(file, orjson.loads(text), _tree(file, text.replace("\t", " ")))
    root = _tree(file, text)
    return Document(file, yaml.safe_load(text), root)


def _tree(file: Path, text: str) -> yaml.Node | None:
    _refuse_aliases(file, text)
    root = yaml.compose(text, yaml.SafeLoader)
    _refuse_repeated_keys(file, root)
    return root


def _refuse_aliases(file: Path, text: str) -> None:
    """Refuse ``*alias``: a few lines of them can stand for gigabytes."""
    for token in yaml.scan(text, yaml.SafeLoader):
        if isinstance(token, yaml.AliasToken):
            raise InvalidConfig([Problem(file, token.start_mark.line + 1, "write the value out: aliases are not read")])


def _refuse_repeated_keys(file: Path, root: yaml.Node | None) -> None:
    """Refuse a key that stands twice: YAML takes the last one, and the first is lost without a word."""
    open_nodes = [root]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, yaml.SequenceNode):
            open_nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for name, line, value in _entries(node):
                if name in seen:
                    raise InvalidConfig([Problem(file, line, f"'{name}' stands here a second time; keep one of them")])
                seen.add(name)
                open_nodes.append(value)


def _child(node: yaml.Node | None, key: str | int) -> tuple[int, yaml.Node] | None:
    """Return the line and the node of a key of a mapping, or of an item of a list."""
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key].start_mark.line + 1, node.value[key]
    if isinstance(node, yaml.MappingNode):
        return next(((line, value) for name, line, value in _entries(node) if name == key), None)
    return None


def _entries(node: yaml.MappingNode) -> Iterator[tuple[str, int, yaml.Node]]:
    for name, value in node.value:
        yield str(name.value), name.start_mark.line + 1, value
