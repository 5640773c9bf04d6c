"""A Mixpanel destination's settings, in the words of Segment's "Mixpanel (Actions)"."""

# ruff: noqa: N815 - the fields are named as users write them in YAML

from dataclasses import dataclass, field
from typing import Final, Literal

MAX_BATCH_BYTES: Final = 10_485_760
"""Mixpanel's limit for the uncompressed body of one ``/import`` request."""

_HOSTS: Final = {
    "US": "https://api.mixpanel.com",
    "EU": "https://api-eu.mixpanel.com",
    "IN": "https://api-in.mixpanel.com",
}


@dataclass(frozen=True, slots=True)
class MixpanelSettings:
    """One Mixpanel project and how to speak to it.

    ``apiSecret`` is the project's secret, of older projects only; without one, ``/import`` takes the token.
    ``strictMode`` is ``/import``'s own check of every record. ``batchBytes`` limits the JSON of one request before
    gzip. Raises ValueError for a limit that Mixpanel would refuse.
    """

    projectToken: str = field(repr=False)
    apiSecret: str | None = field(default=None, repr=False)
    apiRegion: Literal["US", "EU", "IN", "US 🇺🇸", "EU 🇪🇺", "IN 🇮🇳"] = "US"
    sourceName: str | None = None
    strictMode: Literal["1", "0"] = "1"
    batchBytes: int = 2_000_000

    def __post_init__(self) -> None:
        if not 1 <= self.batchBytes <= MAX_BATCH_BYTES:
            raise ValueError(f"batchBytes must be between 1 and {MAX_BATCH_BYTES}")
        object.__setattr__(self, "apiRegion", self.apiRegion[:2])  # Segment's own values have a flag behind the letters

    @property
    def host(self) -> str:
        """The region's host with its scheme. An unknown region is a KeyError, never another region (promise 6)."""
        return _HOSTS[self.apiRegion]
