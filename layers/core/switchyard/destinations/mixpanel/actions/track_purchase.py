"""trackPurchase: an order for ``/import``, and a ``Product Purchased`` for each of its products."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from switchyard.destinations.base import Field, Operation, Payload, Warn
from switchyard.destinations.mixpanel.actions.event_fields import EVENT_FIELDS, EVENT_NAME, defaults
from switchyard.destinations.mixpanel.actions.event_properties import event_properties
from switchyard.destinations.mixpanel.directives import path
from switchyard.destinations.mixpanel.insert_id import product_insert_id
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.errors import InvalidEvent
from switchyard.events import Event

MAX_PRODUCTS: Final = 1000
MAX_BYTES: Final = 1_000_000
"""Each product's record repeats the order's properties: 32 KiB of event could mean 30 MB of records."""

_PRODUCT: Final = (
    Field("product_id", "Product Id", "string", path("$.product_id")),
    Field("sku", "SKU", "string", path("$.sku")),
    Field("category", "Category", "string", path("$.category")),
    Field("name", "Name", "string", path("$.name")),
    Field("brand", "Brand", "string", path("$.brand")),
    Field("variant", "Variant", "string", path("$.variant")),
    Field("price", "Price", "number", path("$.price")),
    Field("quantity", "Quantity", "integer", path("$.quantity")),
    Field("coupon", "Coupon", "string", path("$.coupon")),
    Field("position", "position", "number", path("$.position")),
    Field("url", "url", "string", path("$.url")),
    Field("image_url", "Image url", "string", path("$.image_url")),
)

FIELDS: Final = (
    Field("generatePurchaseEventPerProduct", "Generate Purchase Event Per Product", "boolean", default=True),
    *EVENT_FIELDS,
    Field(
        "products",
        "Products",
        "object",
        {"@arrayPath": ["$.properties.products", defaults(_PRODUCT)]},
        multiple=True,
        properties=_PRODUCT,
        open=True,
    ),
    EVENT_NAME,
)

_OF_THE_ORDER_ALONE: Final = frozenset(
    {"affiliation", "subtotal", "total", "revenue", "shipping", "tax", "discount", "coupon", "currency"}
    | {"order_number", "products"}
)


def perform(payload: Payload, event: Event, settings: MixpanelSettings, warn: Warn) -> list[Operation]:
    """Return the order's operation and then its products', in their order."""
    order = event_properties(payload, event, settings, warn)
    products = payload.get("products", []) if payload.get("generatePurchaseEventPerProduct") else []
    return [_operation(payload["event"], order), *_purchases(order, products, warn)]


def _purchases(order: dict[str, Any], products: list[dict[str, Any]], warn: Warn) -> Iterator[Operation]:
    shared = {name: value for name, value in order.items() if name not in _OF_THE_ORDER_ALONE}
    most = min(MAX_PRODUCTS, MAX_BYTES // _size(shared))
    if len(products) > most:
        warn("products: there are too many of them, or the order is too large, for each to become an event of its own")
    for index, product in enumerate(products[:most]):
        own = {"time": order["time"] - (index + 1), "$insert_id": product_insert_id(order["$insert_id"], index)}
        yield _operation("Product Purchased", {**shared, **own, **product})


def _size(properties: dict[str, Any]) -> int:
    try:
        return len(orjson.dumps(properties))
    except TypeError as error:
        raise InvalidEvent("invalid_field", "the order nests too deeply to be written") from error


def _operation(name: str, properties: dict[str, Any]) -> Operation:
    return Operation("/import", {"event": name, "properties": properties})
