"""Every error that Switchyard raises on purpose.

SwitchyardError
├── RefusedRequest    a whole HTTP request that collect answers with 400
├── InvalidEvent      one event that can go no further; its neighbours go on
├── BadEnvelope       a queue message that is not one of ours
├── QueueUnavailable  SQS did not confirm that it holds what was sent
├── ConfigError       the configuration; says where and what to write instead
│   ├── FqlError      a subscription's condition, with the position of the mistake
│   └── MappingError  a subscription's mapping, with the path of the directive
├── IncompleteDelivery  a message of which not every event has an end
└── MissingSecret     a secret that the configuration names and the account does not hold
"""

from collections.abc import Mapping


class SwitchyardError(Exception):
    """The root: whatever is raised on purpose is one of these."""


class RefusedRequest(SwitchyardError):
    """An HTTP request that is refused as a whole: malformed, too large, or with an unknown write key.

    ``known`` is what the log may say of the sender, beside the code.
    """

    def __init__(self, code: str, message: str, known: Mapping[str, str | int | None] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.known = known or {}


class InvalidEvent(SwitchyardError):
    """One event that can go no further. ``reason`` names fields, never their values."""

    def __init__(self, code: str, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.field = field


class BadEnvelope(SwitchyardError):
    """A queue message that does not hold an envelope of a version that we read."""


class QueueUnavailable(SwitchyardError):
    """SQS did not confirm that it holds every message; nothing that depends on them may be acknowledged."""


class ConfigError(SwitchyardError):
    """A mistake in the configuration; the message says what to write instead."""


class FqlError(ConfigError):
    """A mistake in a condition: ``position`` counts characters from 0, ``pointer`` draws the place."""

    def __init__(self, message: str, text: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.position = position

    @property
    def pointer(self) -> str:
        """Two lines: the line of the condition that has the mistake, and an arrow under it."""
        start = self.text.rfind("\n", 0, self.position) + 1
        line = self.text[start:].partition("\n")[0]
        return f"{line}\n{' ' * (self.position - start)}^"


class MappingError(ConfigError):
    """A mistake in a mapping: ``path`` leads to the directive, e.g. ``event.@template``."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.message = message
        self.path = path


class IncompleteDelivery(SwitchyardError):
    """A message of which not every event has an end, for a mistake of ours: it must be received again."""


class MissingSecret(SwitchyardError):
    """A secret that the configuration names and that cannot be read."""
