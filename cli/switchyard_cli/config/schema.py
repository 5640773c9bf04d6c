"""The shape of what an operator writes, in the words of Segment where it has some."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from switchyard.config import IpDetail, Side
from switchyard.events import Json
from switchyard.secret_settings import reference


def _in_the_form(pattern: str, remedy: str) -> AfterValidator:
    form = re.compile(pattern)

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(remedy)
        return text

    return AfterValidator(check)


def _require_presets(value: Json) -> Json:
    if value != "presets":
        raise ValueError("write presets, or a list of subscriptions")
    return value


Name = Annotated[
    str,
    Field(min_length=1, max_length=64),
    _in_the_form("[A-Za-z0-9][A-Za-z0-9_-]*", "write letters, digits, - and _, a letter or a digit first"),
]
WEBHOOK_SECRETS: Final = "webhooks/"
"""Where the secrets of webhooks are; the template lets collect read these and no others."""

# It stands before a colon in Basic auth, and between slashes where settings are asked for.
WriteKey = Annotated[
    str,
    Field(min_length=1, max_length=200),
    _in_the_form(r"[^:/?#%\s]+", "write it without blanks and without : / ? # %"),
]


class Written(BaseModel):
    """What all parts share: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True)


class WrittenKey(Written):
    """One of ``sources[i].writeKeys``, where it is more than its text."""

    key: WriteKey
    enabled: bool = True


KeyOrText = Annotated[WrittenKey, BeforeValidator(lambda value: {"key": value} if isinstance(value, str) else value)]
"""A key may be written as its text alone."""


def _check_webhook_secret(value: Json) -> Json:
    found = reference(value)
    if not found or not found[1].startswith(WEBHOOK_SECRETS):
        example = f"{{secret: {WEBHOOK_SECRETS}segment}}"
        raise ValueError(f"name a secret below {WEBHOOK_SECRETS}, as {example}: the collect function can read no other")
    return value


WebhookSecret = Annotated[Any, AfterValidator(_check_webhook_secret)]


def _as_list(value: Json) -> Json:
    return value if isinstance(value, list) else [value]


class WrittenWebhook(Written):
    """``sources[i].webhook``: what Segment's webhook destination was given."""

    sharedSecret: Annotated[list[WebhookSecret], Field(min_length=1, max_length=5), BeforeValidator(_as_list)]  # noqa: N815


class WrittenSource(Written):
    """``sources[i]``; ``region`` says where its data may be kept, for the warnings alone."""

    name: Name
    writeKey: WriteKey | None = None  # noqa: N815 - as users write it
    writeKeys: Annotated[list[KeyOrText], Field(min_length=1, max_length=20)] | None = None  # noqa: N815
    destinations: list[str]
    region: Literal["US", "EU", "IN"] | None = None
    side: Side | None = None
    ip: IpDetail = "full"
    trustedProxies: Annotated[int, Field(ge=0, le=5)] = 0  # noqa: N815
    webhook: WrittenWebhook | None = None

    def write_keys(self) -> Iterator[tuple[tuple[str | int, ...], WrittenKey]]:
        """Yield every key with its place within the source."""
        if self.writeKey is not None:
            yield ("writeKey",), WrittenKey(key=self.writeKey)
        for number, key in enumerate(self.writeKeys or ()):
            yield ("writeKeys", number), key


_SEGMENTS_IDS: Final = ("id", "actionId", "destinationId", "modelId")


class WrittenSubscription(Written):
    """``destinations[i].subscriptions[j]``, as it stands in Segment."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    partnerAction: str  # noqa: N815 - as in Segment
    subscribe: str
    mapping: dict[str, Any] = {}
    enabled: bool = True

    @model_validator(mode="before")
    @classmethod
    def _without_ids(cls, written: Json) -> Json:
        """Pass over Segment's own ids, which come along when a subscription is pasted."""
        return {k: v for k, v in written.items() if k not in _SEGMENTS_IDS} if isinstance(written, dict) else written


# The brackets tell that a tag is no key of the file.
Subscriptions = Annotated[
    Annotated[Literal["presets"], BeforeValidator(_require_presets), Tag("[presets]")]
    | Annotated[list[WrittenSubscription], Tag("[list]")],
    Discriminator(lambda value: "[list]" if isinstance(value, list) else "[presets]"),
]


class WrittenDestination(Written):
    """``destinations[i]``."""

    name: Name
    type: str
    settings: dict[str, Any]
    subscriptions: Subscriptions = "presets"


class WrittenConfig(Written):
    """One file; the lists of several files are joined."""

    sources: list[WrittenSource] = []
    destinations: list[WrittenDestination] = []
