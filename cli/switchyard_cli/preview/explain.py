"""Event → what would be sent, and why: which subscriptions matched, why others did not, where each value comes from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson

from switchyard.config import SubscriptionConfig
from switchyard.events import Event, Json
from switchyard.fql.lexer import Path
from switchyard.mapping import MISSING
from switchyard.subscriptions import Subscription, is_allowed
from switchyard_cli.preview.condition import Part, TracedCondition
from switchyard_cli.preview.destination import Configured
from switchyard_cli.preview.excerpt import cut, json_of
from switchyard_cli.preview.preview import Preview, Previewer
from switchyard_cli.preview.provenance import Origin, Provenance
from switchyard_cli.preview.reading import BadLine, Line

State: TypeAlias = Literal["matched", "not matched", "disabled"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Characters ``start`` to ``end`` of a condition, which decided it, and what the event has in the fields there."""

    start: int
    end: int
    holds: bool
    found: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Reason:
    """What a subscription makes of an event: ``causes`` where it does not match, ``origins`` where it does."""

    config: SubscriptionConfig
    state: State
    causes: tuple[Cause, ...] = ()
    origins: tuple[Origin, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the reason for orjson to write; long values are cut."""
        text = self.config.subscribe
        return {
            "name": self.config.name,
            "action": self.config.partnerAction,
            "state": self.state,
            "subscribe": text,
            "because": [_cause_document(cause, text) for cause in self.causes],
            "fields": [_origin_document(origin) for origin in self.origins],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """A preview and its reasons. ``blocked_by`` is the name in the event's ``integrations`` that says no."""

    line: Line
    preview: Preview
    blocked_by: str | None = None
    reasons: tuple[Reason, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the preview's document with ``blockedBy`` and ``subscriptions``, for orjson to write."""
        reasons = [reason.document() for reason in self.reasons]
        return {**self.preview.document(), "blockedBy": self.blocked_by, "subscriptions": reasons}


class Explainer:
    """Explains events for one destination."""

    def __init__(self, configured: Configured) -> None:
        _, config, destination = configured
        compiled = {each.name: each for each in destination.subscriptions}
        self._names = (destination.name, *destination.type.integrations)
        self._previewer = Previewer(destination)
        self._subscriptions = [_Subscription(each, compiled.get(each.name)) for each in config.subscriptions]

    def explain(self, line: Line) -> Explanation:
        """Return what would become of an event, or of a line that holds none, and why."""
        preview = self._previewer.preview(line)
        if isinstance(line, BadLine):
            return Explanation(line, preview)
        if not is_allowed(line, self._names):
            return Explanation(line, preview, blocked_by=_first_mentioned(line, self._names))
        reasons = tuple(each.reason(line, self._previewer.settings) for each in self._subscriptions)
        return Explanation(line, preview, reasons=reasons)


class _Subscription:
    def __init__(self, config: SubscriptionConfig, compiled: Subscription | None) -> None:
        self._config = config
        self._compiled = compiled
        self._condition = TracedCondition(config.subscribe)
        self._provenance = Provenance(config, compiled) if compiled else None

    def reason(self, event: Event, settings: Any) -> Reason:
        if self._compiled is None or self._provenance is None:
            return Reason(self._config, "disabled")
        if not self._compiled.matches(event):
            causes = tuple(_cause(part, event) for part in self._condition.decisive(event))
            return Reason(self._config, "not matched", causes=causes)
        return Reason(self._config, "matched", origins=tuple(self._provenance.trace(event, settings)))


def _first_mentioned(event: Event, names: Iterable[str]) -> str:
    """Return the name that decides, as ``is_allowed`` looks for it."""
    return next(name for name in (*names, "All") if event["integrations"].get(name) is not None)


def _cause(part: Part, event: Event) -> Cause:
    found = {name: _look_up(event, path) for name, path in part.fields.items()}
    return Cause(part.start, part.end, part.holds(event), found)


def _look_up(value: Json, path: Path) -> Json:
    """Return what a condition finds at a path; null where there is nothing."""
    for step in path:
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _cause_document(cause: Cause, text: str) -> dict[str, Any]:
    found = {name: _excerpt(value) for name, value in cause.found.items()}
    part = text[cause.start : cause.end]
    return {"part": part, "start": cause.start, "end": cause.end, "holds": cause.holds, "found": found}


def _origin_document(origin: Origin) -> dict[str, Any]:
    value = {} if origin.value is MISSING else {"value": _excerpt(origin.value)}
    return {
        "field": origin.field,
        "from": "default" if origin.is_default else "mapping",
        "mapping": origin.mapping,
        "reads": origin.reads,
        **value,
        "becomes": origin.becomes,
    }


def _excerpt(value: Json) -> orjson.Fragment:
    return orjson.Fragment(cut(json_of(value)))
