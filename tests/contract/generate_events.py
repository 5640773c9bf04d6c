"""Realistic events of all six calls from a seed: what browsers, phones and servers send, with their usual oddities."""

import copy
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from switchyard.events import Event

RECEIVED_AT = "2024-06-01T12:00:00.000Z"
"""When all of them arrived; also what the clock shows to Segment's code, which falls back to it."""

_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_ANDROID = "Mozilla/5.0 (Linux; Android 13; SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko)"

USER_AGENTS = (
    f"{_MAC} Chrome/120.0.0.0 Safari/537.36",
    f"{_MAC} Chrome/117.0.0.0 Safari/537.36 Edg/117.0.2045.60",
    f"{_IPHONE} Version/17.0 Mobile/15E148 Safari/604.1",
    f"{_IPHONE} CriOS/120.0.6099.50 Mobile/15E148 Safari/604.1",
    f"{_ANDROID} SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/119.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Dalvik/2.1.0 (Linux; U; Android 9; SM-G960F)",
    "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18",
    "okhttp/4.9.0",
    "",
)

SPOILERS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("context",), None),
    (("context",), "web"),
    (("context", "app", "build"), {"number": 7}),
    (("context", "campaign", "source"), ["a", "b"]),
    (("context", "ip"), {}),
    (("context", "locale"), ["en", "fr"]),
    (("context", "network", "bluetooth"), "yes"),
    (("context", "screen", "width"), "wide"),
    (("context", "userAgentData", "mobile"), "?1"),
    (("timestamp",), "yesterday"),
    (("timestamp",), {"iso": "2024-01-02"}),
)
"""Optional fields and values of a wrong type for them; each may cost its own field and nothing else."""


class Sample(NamedTuple):
    """An event that Segment takes, and the same with one wrong value that Segment would refuse it for."""

    event: Event
    spoiled: Event


def generate(seed: int, count: int) -> Iterator[Sample]:
    """Yield ``count`` samples; the same seed gives the same ones."""
    rng = random.Random(seed)
    for _ in range(count):
        event = _event(rng)
        where, wrong = rng.choice(SPOILERS)
        _remove(event, where)
        yield Sample(event, _with(event, where, wrong))


def _remove(event: Event, where: tuple[str, ...]) -> None:
    *parents, name = where
    for parent in parents:
        event = event.get(parent) or {}
    event.pop(name, None)


def _with(event: Event, where: tuple[str, ...], value: Any) -> Event:
    spoiled = here = copy.deepcopy(event)
    *parents, name = where
    for parent in parents:
        here[parent] = here.get(parent) or {}
        here = here[parent]
    here[name] = value
    return spoiled


def _event(rng: random.Random) -> Event:
    kind, body = rng.choice(_CALLS)
    event = {"type": kind, "receivedAt": RECEIVED_AT, "context": _context(rng), **_ids(rng), **body(rng)}
    if rng.random() < 0.95:
        event["timestamp"] = _timestamp(rng)
    if rng.random() < 0.97:
        event["messageId"] = _message_id(rng)
    return event


def _track(rng: random.Random) -> Event:
    name = rng.choice(["Product Viewed", "Button Clicked", "Signed Up", "購入", "order completed", "Points Earned"])
    properties = _properties(rng)
    if name == "Points Earned":
        properties["increment"] = _some(
            rng, {"points": 5, "visits": "1", "spent": 9.75, "hex": " 0x10 ", "none": None, "ok": True}
        )
    return {"event": name, "properties": properties}


def _order(rng: random.Random) -> Event:
    order = {"order_id": "o-1", "revenue": 99.5, "total": "100", "currency": "EUR", "coupon": "MAY", "checkout_id": 7}
    products = [_product(rng) for _ in range(rng.randrange(4))]
    properties = {
        **_some(rng, order),
        **_properties(rng),
        "products": rng.choice([products, products, {"sku": "lone"}]),
    }
    return {"event": "Order Completed", "properties": properties}


def _product(rng: random.Random) -> dict[str, Any]:
    names = {"product_id": 7, "sku": "s-1", "category": "Games", "name": "Monopoly", "brand": "", "variant": "blue"}
    numbers = {"price": rng.choice([18.99, "19", 20, 0]), "quantity": rng.choice([1, "2", 3.0]), "position": 2.5}
    return _some(
        rng,
        {
            **names,
            **numbers,
            "coupon": "C",
            "url": "https://x.example/p",
            "image_url": "https://x.example/i",
            "colour": "red",
        },
    )


def _page(rng: random.Random) -> Event:
    return {
        **_some(rng, {"name": rng.choice(["Home", "", None, "{{anonymousId}}"]), "category": "Docs"}),
        "properties": _properties(rng),
    }


def _identify(rng: random.Random) -> Event:
    return {"traits": _traits(rng)}


def _group(rng: random.Random) -> Event:
    return {"groupId": rng.choice(["acme", 42]), "traits": {**_traits(rng), **_some(rng, {"$group_id": "other"})}}


def _alias(rng: random.Random) -> Event:
    return {"previousId": rng.choice(["before", 7])}


_CALLS: tuple[tuple[str, Callable[[random.Random], Event]], ...] = (
    ("track", _track),
    ("track", _track),
    ("track", _order),
    ("page", _page),
    ("screen", _page),
    ("identify", _identify),
    ("group", _group),
    ("alias", _alias),
)


def _ids(rng: random.Random) -> dict[str, Any]:
    user = {"userId": rng.choice(["user_1", "user_1", 12345678901234567, None, ""])}
    return {
        **_some(rng, user),
        **_some(rng, {"anonymousId": rng.choice(["3f2504e0-4f89-41d3-9a0c-0305e82c3301", "anon-7"])}),
    }


def _message_id(rng: random.Random) -> str:
    uuid = f"{rng.getrandbits(128):032x}"
    return rng.choice([f"ajs-next-1704164645678-{uuid}", uuid, f"api-{uuid[:27]}", "null", "with space", "ünï", "m-1"])


def _timestamp(rng: random.Random) -> Any:
    moment = datetime(2024, 1, 2, tzinfo=UTC) + timedelta(milliseconds=rng.randrange(10**10))
    usual = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    unusual = [
        moment.isoformat(),
        f"{moment:%Y-%m-%dT%H:%M:%S}+05:30",
        f"{moment:%Y-%m-%dT%H:%M:%S}.1234567-08:00",
        f"{moment:%Y-%m-%d %H:%M:%S}",
        f"{moment:%Y-%m-%d %H:%M:%S} UTC",
        f"{moment:%Y-%m-%d}",
        f"{moment:%a, %d %b %Y %H:%M:%S} GMT",
        f"{moment:%a %b %d %Y %H:%M:%S} GMT+0100 (Central European Standard Time)",
        f"{moment:%m/%d/%Y, %I:%M:%S %p}",
        int(moment.timestamp() * 1000),
    ]
    return rng.choice([usual, usual, usual, rng.choice(unusual)])


def _properties(rng: random.Random) -> dict[str, Any]:
    own = {
        "product_id": "sku-1",
        "price": 18.99,
        "quantity": 2,
        "big": 123456789012,
        "tags": ["new", None, {"a": []}],
        "nested": {"a": {"b": None}, "empty": {}},
        "nothing": None,
        "blank": "",
        "emoji": "é😀\u2028",
        "7": "seven",
        "flag": False,
    }
    clashing = {
        "time": 1,
        "id": 2,
        "$anon_id": 3,
        "distinct_id": 4,
        "$group_id": 5,
        "$insert_id": 6,
        "$user_id": 7,
        "$device_id": "mine",
        "ip": "9.9.9.9",
        "$os": None,
        "mp_lib": "own",
        "utm_source": "own",
        "event_original_name": "own",
    }
    return {**_some(rng, own), **(_some(rng, clashing) if rng.random() < 0.3 else {})}


def _traits(rng: random.Random) -> dict[str, Any]:
    names = {"name": rng.choice(["N", None, ""]), "firstName": "F", "lastName": rng.choice(["L", "", 7, ["a", "b"]])}
    contact = {"email": rng.choice(["e@x.example", None]), "phone": 5, "username": "un", "plan": "pro", "age": 7.0}
    return {
        **_some(rng, names),
        **_some(rng, contact),
        **_some(rng, _created(rng)),
        **_some(rng, {"address": {"city": None}}),
    }


def _created(rng: random.Random) -> dict[str, Any]:
    return {"created": rng.choice(["2020-01-01", None]), "createdAt": 1, "created_at": rng.choice(["2021", None])}


def _context(rng: random.Random) -> dict[str, Any]:
    device = {
        "id": "d",
        "type": "ios",
        "name": "iPhone",
        "manufacturer": "Apple",
        "model": "iPhone7,2",
        "advertisingId": rng.choice(["ADV", None]),
        "idfa": "IDFA",
        "adTrackingEnabled": rng.choice([True, False, "true"]),
    }
    context = {
        "ip": rng.choice(["203.0.113.7", "", "2001:db8::1"]),
        "locale": "en-US",
        "timezone": "Europe/Berlin",
        "groupId": rng.choice(["g", 5]),
        "userAgent": rng.choice(USER_AGENTS),
        "userAgentData": _some(
            rng, {"mobile": rng.random() < 0.5, "platform": "macOS", "bitness": "64", "model": "m", "brands": []}
        ),
        "library": _some(rng, {"name": "analytics.js", "version": "next-1.62.0"}),
        "page": _some(
            rng, {"url": "https://x.example/a?b=c", "referrer": rng.choice(["", "https://y.example/"]), "path": "/a"}
        ),
        "campaign": _some(rng, {"source": "news", "medium": "", "name": None, "term": 5, "content": "hero"}),
        "os": _some(rng, {"name": "iOS", "version": rng.choice(["17.1", 17, 17.5])}),
        "screen": _some(rng, {"width": rng.choice([390, "390", 390.5]), "height": 844, "density": 3.0}),
        "app": _some(rng, {"name": "Shop", "version": 1.10, "build": 33, "namespace": "com.x", "platform": "p"}),
        "device": _some(rng, device),
        "network": _some(rng, {"bluetooth": True, "carrier": "T", "cellular": "false", "wifi": 1}),
        "location": _some(rng, {"country": "Germany", "region": "BE", "city": "Berlin"}),
        "integration": {"name": rng.choice(["Iterable", "other"])},
    }
    return _some(rng, context)


def _some(rng: random.Random, whole: dict[str, Any]) -> dict[str, Any]:
    """Return about three quarters of the keys."""
    return {name: value for name, value in whole.items() if rng.random() < 0.75}
