"""Documents → sources and destinations in the shape that they must have, each with its place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import BaseModel, ValidationError

from switchyard.errors import ConfigError
from switchyard_cli.config.documents import Document, InvalidConfig, Location, Problem, read_documents
from switchyard_cli.config.schema import (
    WrittenConfig,
    WrittenDestination,
    WrittenKey,
    WrittenSource,
    WrittenSubscription,
    WrittenWebhook,
)
from switchyard_cli.config.shape_problems import shape_problems

_MODELS: Final[Mapping[tuple[str | int, ...], type[BaseModel]]] = {
    (): WrittenConfig,
    ("sources",): WrittenSource,
    ("sources", "writeKeys"): WrittenKey,
    ("sources", "webhook"): WrittenWebhook,
    ("destinations",): WrittenDestination,
    ("destinations", "subscriptions"): WrittenSubscription,
}
"""What may be written where, by the names that lead there."""


class Place(NamedTuple):
    """Where something was written, for the problems found in it later."""

    document: Document
    location: Location

    def inside(self, *within: str | int) -> "Place":
        """Return the place of something within this one."""
        return Place(self.document, (*self.location, *within))

    def problem(self, message: str, *within: str | int) -> Problem:
        """Return a problem at this place, or at something within it."""
        return self.document.problem((*self.location, *within), message)


@dataclass(slots=True)
class Written:
    """All files together, each part with its place; ``top`` is that of the first file."""

    top: Place
    sources: list[tuple[WrittenSource, Place]]
    destinations: list[tuple[WrittenDestination, Place]]


def read_written(folder: Path) -> Written:
    """Read and join the files of a folder. Raises InvalidConfig with all that is wrong, ConfigError for none."""
    documents, problems = read_documents(folder), []
    if not documents:
        raise ConfigError(_nothing_in(folder))
    written = Written(Place(documents[0], ()), [], [])
    for document in documents:
        try:
            _add(written, document)
        except ValidationError as error:
            problems += shape_problems(document, error, _keys_beside)
    if problems:
        raise InvalidConfig(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    return written


def _nothing_in(folder: Path) -> str:
    if folder.is_dir():
        return f"{folder}: there is no YAML file in this folder: write a switchyard.yaml"
    return f"{folder}: there is no such folder: run this in Switchyard's folder, or name the configuration's: --config"


def _add(written: Written, document: Document) -> None:
    parsed = WrittenConfig.model_validate({} if document.data is None else document.data)
    written.sources += [(each, Place(document, ("sources", i))) for i, each in enumerate(parsed.sources)]
    written.destinations += [(each, Place(document, ("destinations", i))) for i, each in enumerate(parsed.destinations)]


def _keys_beside(location: Location) -> Iterable[str]:
    return _MODELS[tuple(key for key in location[:-1] if isinstance(key, str))].model_fields
