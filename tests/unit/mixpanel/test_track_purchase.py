"""trackPurchase: an order and its products."""

import json
import re
from typing import Any

import pytest

from switchyard.destinations.mixpanel.actions.track_purchase import MAX_BYTES, MAX_PRODUCTS
from switchyard.events import Event, Json

from .conftest import Perform


def order(products: Json, **properties: Any) -> Event:
    """Return an Order Completed of 2 January 2024."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": "m",
        "timestamp": "2024-01-02T03:04:05.678Z",
        "userId": "u",
        "properties": {"order_id": "o", **properties, "products": products},
    }


def products_of(perform: Perform, event: Event) -> list[dict[str, Any]]:
    """Return the properties of the product events."""
    return [operation.record["properties"] for operation in perform("trackPurchase", event).operations[1:]]


def test_an_order_comes_first_and_then_its_products(perform: Perform) -> None:
    """The order is an event like any other; each product has one of its own."""
    event = order([{"sku": "a"}, {"sku": "b"}])
    first, *rest = perform("trackPurchase", event).operations
    assert [first] == perform("trackEvent", event).operations
    assert [(each.endpoint, each.record["event"], each.record["properties"]["sku"]) for each in rest] == [
        ("/import", "Product Purchased", "a"),
        ("/import", "Product Purchased", "b"),
    ]


def test_a_product_has_the_orders_properties_but_its_sums(perform: Perform) -> None:
    """So that products can be analysed by everything the order says, and no revenue counts twice."""
    sums = dict.fromkeys(
        [
            "affiliation",
            "subtotal",
            "total",
            "revenue",
            "shipping",
            "tax",
            "discount",
            "coupon",
            "currency",
            "order_number",
        ],
        1,
    )
    [product] = products_of(perform, order([{"sku": "a", "price": "19"}], **sums, gift=True))
    [plain] = perform("trackEvent", order(None, gift=True)).operations
    expected = {
        **plain.record["properties"],
        "sku": "a",
        "price": 19,
        "time": 1704164645677,
        "$insert_id": product["$insert_id"],
    }
    del expected["products"]
    assert product == expected


def test_products_are_told_apart_by_id_and_time(perform: Perform) -> None:
    """Each has a legal id of its own and is a millisecond before the one above, so that Mixpanel keeps them all."""
    products = products_of(perform, order([{}, {}, {}]))
    assert len({product["$insert_id"] for product in products}) == 3
    assert all(re.fullmatch("[0-9a-f]{36}", product["$insert_id"]) for product in products)
    assert [product["time"] for product in products] == [1704164645677, 1704164645676, 1704164645675]


def test_the_ids_of_products_come_from_the_message(perform: Perform) -> None:
    """The same order has the same ids at every delivery, another order others (promise 3)."""
    [once], [again] = products_of(perform, order([{}])), products_of(perform, order([{}]))
    [other] = products_of(perform, {**order([{}]), "messageId": "n"})
    assert once == again
    assert once["$insert_id"] != other["$insert_id"]


@pytest.mark.parametrize(
    ("product", "sent"),
    [
        ({"sku": "a", "price": None}, {"sku": "a"}),
        ({"sku": "a", "price": "cheap"}, {"sku": "a"}),
        ({"sku": "a", "price": ""}, {"sku": "a"}),
        ({"sku": "a", "quantity": 2.5}, {"sku": "a"}),
        ({"sku": {}, "price": 5}, {"price": 5}),
    ],
)
def test_a_null_or_wrong_value_costs_only_its_own_key(perform: Perform, product: Json, sent: dict[str, Any]) -> None:
    """A price of null is no price of 0 (promise 4)."""
    [properties] = products_of(perform, order([product]))
    [empty] = products_of(perform, order([{}]))
    assert properties == {**empty, **sent, "$insert_id": properties["$insert_id"]}


def test_a_null_product_costs_only_itself(perform: Perform) -> None:
    """The others are sent, and the order as it came (promise 4)."""
    event = order([None, {"sku": "a"}])
    assert [product["sku"] for product in products_of(perform, event)] == ["a"]
    assert perform("trackPurchase", event).operations[0].record["properties"]["products"] == [None, {"sku": "a"}]


def test_a_product_that_is_no_object_costs_only_itself(perform: Perform) -> None:
    """Where a subscription maps the products as they come, a warning says so (promise 4)."""
    ran = perform("trackPurchase", order(["a", {"sku": "b"}]), products={"@path": "$.properties.products"})
    assert [each.record["properties"]["sku"] for each in ran.operations[1:]] == ["b"]
    assert ran.warnings == ["products: a string where an object is expected; left out"]


def test_a_products_own_keys_go_before_the_orders(perform: Perform) -> None:
    """Also those that only a subscription of one's own maps, as in Segment."""
    products = {"@path": "$.properties.products"}
    ran = perform("trackPurchase", order([{"sku": "a", "time": 1, "order_id": "p"}]), products=products)
    assert {"sku": "a", "time": 1, "order_id": "p"}.items() <= ran.operations[1].record["properties"].items()


@pytest.mark.parametrize("products", [None, [], "x", 5])
def test_an_order_without_products_is_only_itself(perform: Perform, products: Json) -> None:
    """What is no list of products costs no order."""
    assert len(perform("trackPurchase", order(products)).operations) == 1


@pytest.mark.parametrize("switch", [False, None, "false"])
def test_product_events_can_be_switched_off(perform: Perform, switch: Json) -> None:
    """By a subscription, as in Segment."""
    ran = perform("trackPurchase", order([{"sku": "a"}]), generatePurchaseEventPerProduct=switch)
    assert len(ran.operations) == 1


def test_an_order_of_endless_products_is_bounded(perform: Perform) -> None:
    """Each product repeats the order's properties: one small event must not fill the memory."""
    ran = perform("trackPurchase", order([{}] * (MAX_PRODUCTS + 1)))
    assert 1 < len(ran.operations) <= 1 + MAX_PRODUCTS
    assert ran.warnings[0].startswith("products: there are too many of them")


def test_a_large_order_of_many_products_is_bounded(perform: Perform) -> None:
    """A request of a kilobyte (gzipped) could mean half a gigabyte of records."""
    ran = perform("trackPurchase", order([{}] * 1000, note="x" * 29_000))
    assert sum(len(json.dumps(operation.record)) for operation in ran.operations) < 1.1 * MAX_BYTES
    assert len(ran.operations) > 20
