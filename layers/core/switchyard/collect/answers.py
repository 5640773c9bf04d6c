"""What collect answers. By these, to the letter, SDKs take a request for done, send it again or drop it."""

from typing import Any, Final

import orjson

HEADERS: Final = {
    "Content-Type": "application/json",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
}


def accepted() -> dict[str, Any]:
    """200, the only status that every SDK takes for success."""
    return _answer(200, {"success": True})


def preflight() -> dict[str, Any]:
    """200 to a browser that asks before it sends headers of its own; it may remember this for two hours."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET,POST,OPTIONS",
        "Access-Control-Allow-Headers": "authorization,content-type,x-retry-count",
        "Access-Control-Max-Age": "7200",
    }
    return {"statusCode": 200, "headers": headers, "body": "", "isBase64Encoded": False}


def refused(code: str, message: str) -> dict[str, Any]:
    """400: of all refusals the one after which SDKs give up; a 401 or 413 some of them send again for ever."""
    return _answer(400, _error(code, message))


def not_found() -> dict[str, Any]:
    """404 for a path that is no call of the tracking API, as API Gateway itself says it."""
    return _answer(404, _error("not_found", "There is no such call."))


def unavailable() -> dict[str, Any]:
    """503 when a durable write failed: the SDK must send the request again."""
    return _answer(503, _error("unavailable", "The events could not be stored. Please send them again."))


def _error(code: str, message: str) -> dict[str, Any]:
    # Python's SDK reads code and message, Ruby's reads error.
    return {"success": False, "code": code, "message": message, "error": message}


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": HEADERS, "body": orjson.dumps(body).decode(), "isBase64Encoded": False}
