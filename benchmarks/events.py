"""Track events of 1.6 KB: the same ones, to the byte, that the benchmark of Segment's destination makes for itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from math import floor
from typing import Any, Final

import orjson

_START: Final = datetime(2024, 1, 2, 3, 4, 5, 678_000, UTC)
_IDS_START: Final = 1_704_153_600_000
_NAMES: Final = ("Product Viewed", "Button Clicked", "Signed Up", "Search Performed")
_IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0_3 like Mac OS X)"
_WEBKIT: Final = "AppleWebKit/537.36 (KHTML, like Gecko)"
_USER_AGENTS: Final = (
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Chrome/120.0.0.0 Safari/537.36",
    f"{_IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/117.0.0.0 Safari/537.36 Edg/117.0.2045.60",
    "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/119.0",
)
_SEED_END: Final = 0x7FFFFFFF


def track_events(count: int) -> list[bytes]:
    """Return the JSON of the first ``count`` events."""
    digits = _digits()
    return [orjson.dumps(_event(number, lambda length: _hex(digits, length))) for number in range(count)]


def _digits() -> Iterator[str]:
    """Yield hexadecimal digits by the generator of that benchmark, which reckons in doubles, as JavaScript does."""
    seed = 1
    while True:
        seed = int(seed * 1103515245.0 + 12345.0) & _SEED_END
        yield f"{floor(seed / _SEED_END * 16):x}"


def _hex(digits: Iterator[str], length: int) -> str:
    return "".join(next(digits) for _ in range(length))


def _uuid(random: Callable[[int], str]) -> str:
    return f"{random(8)}-{random(4)}-4{random(3)}-a{random(3)}-{random(12)}"


def _event(number: int, random: Callable[[int], str]) -> dict[str, Any]:
    time = (_START + timedelta(milliseconds=number * 137)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "type": "track",
        "event": _NAMES[number % 4],
        "messageId": f"ajs-next-{_IDS_START + number}-{_uuid(random)}",
        "anonymousId": _uuid(random),
        "userId": f"user_{number % 5000}" if number % 3 else None,
        **dict.fromkeys(("timestamp", "originalTimestamp", "sentAt", "receivedAt"), time),
        "writeKey": random(32),
        "channel": "client",
        "version": 2,
        "properties": _properties(number),
        "context": _context(number),
        "integrations": {"All": True},
        "_metadata": {"bundled": ["Segment.io"], "unbundled": [], "bundledIds": []},
    }


def _properties(number: int) -> dict[str, Any]:
    return {
        "product_id": f"sku-{number % 500}",
        "category": "Games",
        "name": "Monopoly: 3rd Edition",
        "brand": "Hasbro",
        "price": 18.99,
        "quantity": 1 + number % 3,
        "coupon": "MAYDEALS",
        "position": number % 20,
        "currency": "USD",
        "experiment": {"id": "exp_42", "variant": "a" if number % 2 else "b"},
        "tags": ["new", "sale"],
    }


def _context(number: int) -> dict[str, Any]:
    mobile, brands = number % 4 == 1, [{"brand": "Chromium", "version": "120"}]
    return {
        "ip": f"203.0.113.{number % 250}",
        "locale": "en-US",
        "timezone": "America/New_York",
        "userAgent": _USER_AGENTS[number % 4],
        "userAgentData": {"mobile": mobile, "platform": "macOS", "brands": brands},
        "library": {"name": "analytics.js", "version": "npm:next-1.62.0"},
        "page": _page(number % 97),
        "campaign": {
            "name": "spring_sale",
            "source": "newsletter",
            "medium": "email",
            "term": "games",
            "content": "hero",
        },
        "os": {"name": "macOS", "version": "14.1"},
        "screen": {"width": 1920, "height": 1080, "density": 2},
        "app": {"name": "Shop", "version": "3.2.1", "build": "321"},
        "groupId": f"org_{number % 40}",
    }


def _page(product: int) -> dict[str, Any]:
    path = f"/products/{product}/reviews"
    return {
        "path": path,
        "referrer": "https://www.google.com/",
        "search": "?utm_source=newsletter",
        "title": f"Product {product}",
        "url": f"https://shop.example.com{path}?utm_source=newsletter",
    }
