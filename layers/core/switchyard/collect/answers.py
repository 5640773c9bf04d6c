"""What collect answers. By these, to the letter, SDKs take a request for done, send it again or drop it."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

HEADERS: Final = {
    "Content-Type": "application/json",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
}

SETTINGS_SECONDS: Final = 300
"""For so long a browser may go on with a key that was disabled meanwhile."""

# The smallest there is: one transparent pixel.
_GIF: Final = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


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


def pixel() -> dict[str, Any]:
    """200 with an image, whatever became of the event: there is nobody who could read anything else."""
    headers = {**HEADERS, "Content-Type": "image/gif", "Cache-Control": "no-store"}
    return {"statusCode": 200, "headers": headers, "body": _GIF, "isBase64Encoded": True}


def settings(content: dict[str, Any]) -> dict[str, Any]:
    """200 with what an SDK is to know before it sends; browsers and proxies may keep it for five minutes."""
    return _answer(200, content, {"Cache-Control": f"public, max-age={SETTINGS_SECONDS}"})


def no_settings(code: str, message: str) -> dict[str, Any]:
    """404, after which an SDK says that it was given a wrong key."""
    return _answer(404, _error(code, message), {"Cache-Control": "no-store"})


def refused(code: str, message: str) -> dict[str, Any]:
    """400: of all refusals the one after which SDKs give up; a 401 or 413 some of them send again for ever."""
    return _answer(400, _error(code, message))


def not_found() -> dict[str, Any]:
    """404 for a path that is no call of the tracking API, as API Gateway itself says it."""
    return _answer(404, _error("not_found", "There is no such call."))


def method_not_allowed(method: str) -> dict[str, Any]:
    """405 for a path that is there for another method."""
    return _answer(
        405, _error("method_not_allowed", f"This path takes {method} alone."), {"Allow": f"{method},OPTIONS"}
    )


def unavailable() -> dict[str, Any]:
    """503 when a durable write failed: the SDK must send the request again."""
    return _answer(503, _error("unavailable", "The events could not be stored. Please send them again."))


def _error(code: str, message: str) -> dict[str, Any]:
    # Python's SDK reads code and message, Ruby's reads error.
    return {"success": False, "code": code, "message": message, "error": message}


def _answer(status: int, body: dict[str, Any], more_headers: Mapping[str, str] = {}) -> dict[str, Any]:
    headers = {**HEADERS, **more_headers}
    return {"statusCode": status, "headers": headers, "body": orjson.dumps(body).decode(), "isBase64Encoded": False}
