"""What was found about one thing."""

from typing import Literal, NamedTuple, TypeAlias

Status: TypeAlias = Literal["ok", "warning", "failed"]


class Finding(NamedTuple):
    """What was looked at, how it is, what was seen, and what to do about it unless it is ok."""

    check: str
    status: Status
    seen: str
    remedy: str = ""


def ok(check: str, seen: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(check, "ok", seen)


def warning(check: str, seen: str, remedy: str) -> Finding:
    """Return a finding that deserves a look."""
    return Finding(check, "warning", seen, remedy)


def failed(check: str, seen: str, remedy: str) -> Finding:
    """Return a finding that must be mended."""
    return Finding(check, "failed", seen, remedy)
