"""Explanations as text for people."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from switchyard.errors import FqlError
from switchyard.events import Json
from switchyard.mapping import MISSING
from switchyard_cli.preview.excerpt import json_of, shorten
from switchyard_cli.preview.explain import Cause, Explanation, Reason
from switchyard_cli.preview.preview import Preview
from switchyard_cli.preview.provenance import Origin
from switchyard_cli.preview.reading import Line
from switchyard_cli.terminal import plain

_LENGTH: Final = 40
_PATHS_SHOWN: Final = 2
_MARKS: Final = {"matched": ("✓", "green"), "not matched": ("✗", "red"), "disabled": ("·", "dim")}


def print_explanation(console: Console, explanation: Explanation) -> None:
    """Show one event: its subscriptions with their reasons, then what would be sent and what would not."""
    _print(console, _title(explanation.line), "bold")
    if explanation.blocked_by is not None:
        _print(console, f"  blocked by integrations: {explanation.blocked_by} is false", "yellow")
    for reason in explanation.reasons:
        _print_reason(console, reason)
    _print_preview(console, explanation.preview)
    console.print()


def _print(console: Console, text: str, style: str = "") -> None:
    """Print text as it is: nothing in it is obeyed, and nothing wrapped, so that what points at a place still does."""
    console.print(plain(text, style), soft_wrap=True)


def _title(line: Line) -> str:
    if not isinstance(line, dict):
        return "no event"
    words = [line.get(name) for name in ("messageId", "type", "event")]
    return "  ".join(shorten(word, _LENGTH) for word in words if word and isinstance(word, str))


def _print_reason(console: Console, reason: Reason) -> None:
    mark, colour = _MARKS[reason.state]
    _print(console, f"  {mark} {reason.config.name}, {reason.config.partnerAction}: {reason.state}", colour)
    for cause in reason.causes:
        for line in _pointer(reason.config.subscribe, cause):
            _print(console, f"      {line}")
    if reason.origins:
        console.print(Padding(_fields(reason.origins), (0, 0, 0, 4)))


def _pointer(text: str, cause: Cause) -> Iterator[str]:
    """Yield the line of the condition that decided, and one that underlines it and says what the event has there."""
    line, arrow = FqlError("", text, cause.start).pointer.split("\n")
    underline = "^" * min(cause.end - cause.start, len(line) - len(arrow) + 1)
    found = (f"{name} is {_excerpt(value)}" for name, value in cause.found.items())
    yield line
    yield f"{arrow[:-1]}{underline} {'true' if cause.holds else 'false'}: {', '.join(found)}"


def _fields(origins: Sequence[Origin]) -> Table:
    table = Table("field", "value", "from", "becomes", box=None, header_style="dim")
    for origin in origins:
        value = plain("left out", "yellow") if origin.value is MISSING else plain(_excerpt(origin.value))
        source = _source(origin) if origin.is_default else f"{_source(origin)} (own mapping)"
        table.add_row(plain(origin.field), value, plain(source), plain(_some(origin.becomes)))
    return table


def _source(origin: Origin) -> str:
    """Return where a field's value is looked up: one path says it all, else the directive comes first."""
    mapping = origin.mapping
    if not origin.reads:
        return _excerpt(mapping)
    directive = next((name for name in mapping if name.startswith("@")), "") if isinstance(mapping, dict) else ""
    paths = _some(origin.reads)
    return paths if directive in ("", "@path") else f"{directive} {paths}"


def _some(paths: Sequence[str]) -> str:
    shown = [shorten(path, _LENGTH) for path in paths[:_PATHS_SHOWN]]
    more = len(paths) - len(shown)
    return ", ".join([*shown, f"{more} more"] if more else shown)


def _print_preview(console: Console, preview: Preview) -> None:
    for operation in preview.operations:
        _print(console, f"  → {operation.endpoint} {operation.record.decode()}")
    for warning in preview.warnings:
        _print(console, f"  warning: {warning}", "yellow")
    for error in preview.errors:
        _print(console, f"  error: {error}", "red")
    if preview.filtered:
        _print(console, "  filtered: nothing is sent", "yellow")


def _excerpt(value: Json) -> str:
    return shorten(json_of(value).decode(), _LENGTH)
