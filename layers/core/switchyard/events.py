"""The words that every module uses for JSON and for Segment's events."""

from typing import Any, Final, TypeAlias

Json: TypeAlias = Any
"""Whatever JSON can hold: dict, list, str, int, float, bool or None."""

Event: TypeAlias = dict[str, Any]
"""One Segment call (track, identify, page, screen, group or alias) as a JSON object."""

CALLS: Final = ("track", "identify", "page", "screen", "group", "alias")
"""The six calls of Segment's spec; an event's ``type`` is one of them."""
