"""What travels in requests and answers, as JSON Schema. An event that breaks it costs only itself."""

from typing import Any, Final

from switchyard.collect.intake import MAX_BATCH_EVENTS
from switchyard.collect.normalise import MAX_MESSAGE_ID
from switchyard.events import CALLS

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string", "minLength": 1}
_OBJECT: Final[Schema] = {"type": "object"}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}

_COMMON: Final[Schema] = {
    "writeKey": {**_TEXT, "description": "Where the Authorization header has none."},
    "messageId": {
        "type": "string",
        "maxLength": MAX_MESSAGE_ID,
        "description": "The same when an event is sent again.",
    },
    "userId": _TEXT,
    "anonymousId": {**_TEXT, "description": "An event has a userId, an anonymousId or both."},
    "timestamp": _TIME,
    "sentAt": _TIME,
    "context": _OBJECT,
    "integrations": {**_OBJECT, "description": "Names of destinations, and All: false keeps the event from one."},
}
_PAGE: Final[Schema] = {"name": {"type": "string"}, "category": {"type": "string"}, "properties": _OBJECT}
_OWN: Final[dict[str, Schema]] = {
    "track": {"event": _TEXT, "properties": _OBJECT},
    "identify": {"traits": _OBJECT},
    "page": _PAGE,
    "screen": _PAGE,
    "group": {"groupId": _TEXT, "traits": _OBJECT},
    "alias": {"previousId": _TEXT},
}
_REQUIRED: Final = {"track": ["event"], "group": ["groupId"], "alias": ["userId", "previousId"]}
_EITHER_ID: Final = [{"required": ["userId"]}, {"required": ["anonymousId"]}]


def schemas() -> dict[str, Schema]:
    """Return every schema by its name."""
    return {
        **{call: _event(call) for call in CALLS},
        "event": {
            "oneOf": [{"allOf": [{"$ref": f"#/components/schemas/{call}"}, _of_type(call)]} for call in CALLS],
        },
        "batch": {
            "type": "object",
            "required": ["batch"],
            "properties": {
                "batch": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/event"},
                    "minItems": 1,
                    "maxItems": MAX_BATCH_EVENTS,
                },
                **{name: _COMMON[name] for name in ("writeKey", "sentAt", "context", "integrations")},
            },
        },
        "success": {"type": "object", "required": ["success"], "properties": {"success": {"const": True}}},
        "error": {
            "type": "object",
            "required": ["success", "code", "message", "error"],
            "properties": {"success": {"const": False}, "code": _TEXT, "message": _TEXT, "error": _TEXT},
        },
        "settings": {"type": "object", "required": ["integrations", "metrics", "plan"]},
    }


def _event(call: str) -> Schema:
    event: Schema = {"type": "object", "properties": {**_COMMON, **_OWN[call]}, "anyOf": _EITHER_ID}
    return event | ({"required": _REQUIRED[call]} if call in _REQUIRED else {})


def _of_type(call: str) -> Schema:
    return {"required": ["type"], "properties": {"type": {"const": call}}}
