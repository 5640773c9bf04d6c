"""Mappings that make people one, groups that no event belongs to, and texts that look like paths or placeholders."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from switchyard.events import Event, Json
from switchyard.mapping import compile_fields
from switchyard_cli.config.documents import Location, Problem
from switchyard_cli.config.warnings.enabled import Enabled

_IDS: Final = ("distinct_id", "user_id", "anonymous_id", "alias")
"""Fields that say who it is."""


_PATH: Final = re.compile(r"\$\.[A-Za-z_][\w.\[\]-]*")
_UNCLOSED: Final = re.compile(r"\{\{(?!\{?[^{}]*\}\})")


def _stranger(id_name: str, text: str) -> Event:
    return {"type": "track", id_name: text, "messageId": text, "context": {"ip": text}, "properties": {"id": text}}


_STRANGERS: Final = [(_stranger(name, "one"), _stranger(name, "two")) for name in ("userId", "anonymousId")]
"""Pairs of events of different people: known ones, and anonymous ones."""


def identity_warnings(enabled: Sequence[Enabled]) -> Iterator[Problem]:
    """Yield a warning about each mapping that gives different people one id.

    Mixpanel merges them, and of one id it hides what comes after 200,000 events of a day:
    https://docs.mixpanel.com/docs/tracking-best-practices/hot-shard-limits
    """
    for subscription in enabled:
        for field in _IDS:
            if any(_is_same(subscription.config.mapping, field, *pair) for pair in _STRANGERS):
                message = 'different people get one id here; write a path, as {"@path": "$.userId"}'
                yield subscription.problem(message, "mapping", field)


def _is_same(mapping: Mapping[str, Json], field: str, one: Event, other: Event) -> bool:
    if field not in mapping:
        return False
    evaluate = compile_fields({field: mapping[field]})
    first, second = (evaluate(event, _ignore).get(field) for event in (one, other))
    return isinstance(first, str | int) and bool(first) and first == second


def group_warnings(enabled: Sequence[Enabled]) -> Iterator[Problem]:
    """Yield a warning about each fixed group key that no event can have as a property, so that no group gets any.

    Only subscriptions that list their ``event_properties`` key by key are certain not to send another one; what
    passes ``$.properties`` on may send any. A key that begins with ``$`` is Mixpanel's own, which other fields fill.
    """
    events = [each.config.mapping for each in enabled if each.takes("event_properties")]
    for subscription in enabled:
        key = _fixed_group_key(subscription.config.mapping)
        if key and not any(_may_send(each, key) for each in events):
            message = f"no event has the property '{key}', so none belongs to such a group; map it in event_properties"
            yield subscription.problem(message, "mapping", "group_key")


def _fixed_group_key(mapping: Mapping[str, Json]) -> str | None:
    key = mapping.get("group_key")
    return key if isinstance(key, str) and not key.startswith("$") else None


def _may_send(mapping: Mapping[str, Json], key: str) -> bool:
    match mapping.get("event_properties"):
        case dict() as listed if not any(name.startswith("@") for name in listed):
            return key in listed
    return True


def text_warnings(enabled: Sequence[Enabled]) -> Iterator[Problem]:
    """Yield a warning about each text that is sent as it stands, though it was surely meant to be filled in."""
    for subscription in enabled:
        for location, text in _texts(subscription.config.mapping):
            if message := _slip(location, text):
                yield subscription.problem(message, "mapping", *location)


def _texts(node: Json, *location: str | int) -> Iterator[tuple[Location, str]]:
    match node:
        case dict():
            for key, value in node.items():
                yield from _texts(value, *location, key)
        case list():
            for number, value in enumerate(node):
                yield from _texts(value, *location, number)
        case str():
            yield location, node


def _slip(location: Location, text: str) -> str | None:
    """Return what is wrong with a text. Within a directive other than a template, a bare path may be right."""
    if location[-1] == "@template" and _UNCLOSED.search(text):
        return "a {{ is not closed here, so it is sent as it stands; write }} after the path"
    if not any(str(key).startswith("@") for key in location) and _PATH.fullmatch(text):
        return f'this is sent as it stands; for the value in the event write {{"@path": "{text}"}}'
    return None


def _ignore(_field: str, _reason: str) -> None:
    """Take a warning about an event that nobody sent."""
