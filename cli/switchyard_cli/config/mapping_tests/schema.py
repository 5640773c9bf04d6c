"""The shape of a file of mapping tests."""

from typing import Annotated, Any, Self

from pydantic import Field, TypeAdapter, model_validator

from switchyard_cli.config.schema import Written


class WrittenOperation(Written):
    """``[i].expect[j]``: an operation as ``switchyard preview`` shows it; what is left out may be anything."""

    subscription: str | None = None
    action: str | None = None
    endpoint: str | None = None
    record: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("write at least one of subscription, action, endpoint and record")
        return self


class WrittenTest(Written):
    """``[i]``: an event, and what becomes of it."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    destination: str
    event: dict[str, Any] | None = None
    file: str | None = None
    expect: list[WrittenOperation] = Field(default_factory=list)
    errors: list[str] = Field(default_factory=list)
    exact: bool = False
    filtered: bool = False

    @model_validator(mode="after")
    def _says_what_comes_of_what(self) -> Self:
        if (self.event is None) == (self.file is None):
            raise ValueError("write either event or file")
        if self.filtered == bool(self.expect or self.errors):
            raise ValueError("write expect or errors with what becomes of the event, or else filtered: true")
        return self


FILE: TypeAdapter[list[WrittenTest]] = TypeAdapter(list[WrittenTest])
"""A whole file."""
