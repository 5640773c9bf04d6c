"""Collect's routes → an OpenAPI document."""

from typing import Any, Final

import yaml

from switchyard.collect.intake import MAX_RELAYED_EVENTS
from switchyard.collect.routes import ROUTES, Route, Use
from switchyard_cli.openapi.schemas import Schema, schemas

_ABOUT: Final = """\
Segment's HTTP Tracking API, as Switchyard answers it. Every path also exists without the /v1 and with a slash at the \
end, and answers a browser's OPTIONS. Bodies are read as JSON whatever their Content-Type, gzipped or not. An event \
that breaks its schema is answered 200 like the others, and is kept as a dead letter with the reason."""
_KEYS: Final[list[dict[str, list[str]]]] = [{"writeKey": []}, {}]
"""The key is either in the header, or in the body or the query."""


def write_openapi() -> str:
    """Return the document as YAML."""
    return yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def document() -> dict[str, Any]:
    """Return the document: an operation for each route."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Switchyard", "version": "1", "description": _ABOUT},
        "servers": [{"url": "{host}/v1", "variables": {"host": {"default": "http://127.0.0.1:3000"}}}],
        "paths": {route.path: {route.method.lower(): _operation(route)} for route in ROUTES},
        "components": {
            "schemas": schemas(),
            "responses": {name: _response(*each) for name, each in _RESPONSES.items()},
            "securitySchemes": {
                "writeKey": {"type": "http", "scheme": "basic", "description": "The key as user name, no password."}
            },
        },
    }


_RESPONSES: Final = {
    "Accepted": ("Every queue concerned holds the events.", "success"),
    "Refused": ("The request is refused as a whole and must not be sent again.", "error"),
    "Throttled": ("Too many requests; Retry-After says when to come again.", "error"),
    "Unavailable": ("The events could not be stored; send them again.", "error"),
    "UnknownKey": ("No source has this key, or it is disabled.", "error"),
}


def _response(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": _json(f"#/components/schemas/{schema}")}


def _json(reference: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": reference}}}


def _operation(route: Route) -> dict[str, Any]:
    return {"summary": f"{route.use}".capitalize(), **_OPERATIONS[route.use](route)}


def _event(route: Route) -> dict[str, Any]:
    body = {"required": True, "content": _json(f"#/components/schemas/{route.call}")}
    return {"security": _KEYS, "requestBody": body, "responses": _responses("Accepted", "Refused", "Unavailable")}


def _metrics(_: Route) -> dict[str, Any]:
    body = {"content": {"text/plain": {"schema": {"type": "string"}}}}
    return {"requestBody": body, "responses": _responses("Accepted")}


def _pixel(_: Route) -> dict[str, Any]:
    data = "The event as JSON in base64. In place of it, dotted parameters, such as properties.subject."
    image = {"description": "An image, whatever became of the event.", "content": {"image/gif": {}}}
    parameters = [_parameter("data", "query", data), _parameter("writeKey", "query", "The key, where data has none.")]
    return {"parameters": parameters, "responses": {"200": image, **_responses()}}


def _settings(_: Route) -> dict[str, Any]:
    found = {"description": "Where to send, and with which key.", "content": _json("#/components/schemas/settings")}
    key = _parameter("writeKey", "path", "The key that the page or the app was given.")
    return {"parameters": [key], "responses": {"200": found, **_responses("UnknownKey")}}


def _webhook(_: Route) -> dict[str, Any]:
    event: Schema = {"$ref": "#/components/schemas/event"}
    events: Schema = {"type": "array", "items": event, "minItems": 1, "maxItems": MAX_RELAYED_EVENTS}
    signature = "HMAC-SHA1 of the body (of a list, of its first event), in hexadecimal digits."
    return {
        "parameters": [
            _parameter("source", "path", "The name of the source in the configuration."),
            _parameter("X-Signature", "header", signature),
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"oneOf": [event, events]}}}},
        "responses": _responses("Accepted", "Refused", "Unavailable"),
    }


def _parameter(name: str, place: str, description: str) -> Schema:
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, **required, "description": description, "schema": {"type": "string"}}


def _responses(*names: str) -> dict[str, Any]:
    return {_STATUS[name]: {"$ref": f"#/components/responses/{name}"} for name in (*names, "Throttled")}


_STATUS: Final = {"Accepted": "200", "Refused": "400", "UnknownKey": "404", "Throttled": "429", "Unavailable": "503"}
_OPERATIONS: Final = {
    Use.EVENT: _event,
    Use.BATCH: _event,
    Use.METRICS: _metrics,
    Use.PIXEL: _pixel,
    Use.SETTINGS: _settings,
    Use.WEBHOOK: _webhook,
}


class _Dumper(yaml.SafeDumper):
    """Writes everything out: a reader need not look for what an alias stands for."""

    def ignore_aliases(self, _data: object) -> bool:
        """Say that nothing is to become an alias."""
        return True
