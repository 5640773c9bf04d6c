"""What people call an event."""

from switchyard.events import Event


def event_name(event: Event) -> str:
    """Return the event's name, or the call that it is where it has none."""
    return str(event.get("event") or event.get("type") or "")
