"""Which operations depend on their order: the updates of one profile, and identity calls."""

from switchyard.destinations.base import Operation
from switchyard.events import Json


def whose(operation: Operation) -> Json:
    """Return what an operation changes: a user, a group, or how ids belong together. An event changes nothing."""
    endpoint, record = operation
    if endpoint == "/engage":
        return ["user", record.get("$distinct_id")]
    if endpoint == "/groups":
        return ["group", record.get("$group_key"), record.get("$group_id")]
    return ["ids"] if endpoint == "/track" else None
