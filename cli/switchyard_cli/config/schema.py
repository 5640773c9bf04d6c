"""The shape of what an operator writes, in the words of Segment where it has some."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]


class Written(BaseModel):
    """What all parts share: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True)


class WrittenSource(Written):
    """``sources[i]``; ``region`` says where its data may be kept, for the warnings alone."""

    name: Name
    writeKey: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^:\s]+$")]  # noqa: N815 - as users write it
    destinations: list[str]
    region: Literal["US", "EU", "IN"] | None = None


class WrittenSubscription(Written):
    """``destinations[i].subscriptions[j]``, as it stands in Segment."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    partnerAction: str  # noqa: N815 - as in Segment
    subscribe: str
    mapping: dict[str, Any] = {}
    enabled: bool = True


class WrittenDestination(Written):
    """``destinations[i]``."""

    name: Name
    type: str
    settings: dict[str, Any]
    subscriptions: Literal["presets"] | list[WrittenSubscription] = "presets"


class WrittenConfig(Written):
    """One file; the lists of several files are joined."""

    sources: list[WrittenSource] = []
    destinations: list[WrittenDestination] = []
