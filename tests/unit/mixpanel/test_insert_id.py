"""``$insert_id``: legal for Mixpanel, and the same at every delivery."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.destinations.mixpanel.insert_id import insert_id, product_insert_id
from switchyard.errors import InvalidEvent
from switchyard.events import Event, Json

LEGAL = re.compile(r"[A-Za-z0-9-]{1,36}")
PLACEHOLDERS = [
    "00000000-0000-0000-0000-000000000000",
    "anon",
    "Anonymous",
    "NULL",
    "na",
    "undefined",
    "-1",
    "0",
    "TRUE",
]
IDS = st.text() | st.sampled_from(PLACEHOLDERS) | st.from_regex(LEGAL, fullmatch=True)
SCALARS = st.none() | st.integers() | st.text()
EVENTS = st.dictionaries(st.text(), st.recursive(SCALARS, st.lists, max_leaves=5))


@pytest.mark.parametrize("given_id", ["m", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "A" * 36])
def test_a_legal_id_is_kept(given_id: str) -> None:
    """So that it can be found again in Mixpanel."""
    assert insert_id(given_id, {}) == given_id


@pytest.mark.parametrize("given_id", [*PLACEHOLDERS, "A" * 37, "with space", "m\n", "ünï", "\ud800"])
def test_any_other_id_becomes_a_hash_of_it(given_id: str) -> None:
    """36 hexadecimal digits that differ for different ids."""
    assert re.fullmatch(r"[0-9a-f]{36}", insert_id(given_id, {}))
    assert insert_id(given_id, {}) != insert_id(f"{given_id}!", {})


@given(IDS, EVENTS, st.integers(0, 10_000))
def test_every_id_is_one_that_mixpanel_takes(given_id: str, event: Event, index: int) -> None:
    """At most 36 of the legal characters, and never one of the words that Mixpanel takes for none."""
    order_id = insert_id(given_id, event)
    for made in (order_id, product_insert_id(order_id, index)):
        assert LEGAL.fullmatch(made)
        assert made.lower() not in {word.lower() for word in PLACEHOLDERS}


@given(EVENTS, EVENTS)
def test_an_event_without_an_id_has_one_of_its_content(one: Event, other: Event) -> None:
    """The same content gives the same id, another one another (promise 3)."""
    assert (insert_id(None, one) == insert_id("", other)) == (one == other)


def test_the_order_of_an_events_keys_does_not_matter() -> None:
    """What is read back from the archive is the same event, in whatever order it was written."""
    assert insert_id(None, {"a": 1, "b": 2}) == insert_id(None, {"b": 2, "a": 1})


def test_the_products_of_an_order_have_ids_of_their_own() -> None:
    """Neither the order's nor each other's, however many there are; 1 and 11 of two orders don't meet."""
    ids = [product_insert_id(order, index) for order in ("m", "m1") for index in range(120)]
    assert len({*ids, "m", "m1"}) == len(ids) + 2


def test_an_event_that_nests_too_deeply_for_an_id_is_invalid() -> None:
    """It costs itself and no more (promise 4)."""
    deep: Json = {}
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(InvalidEvent, match="nests too deeply"):
        insert_id(None, {"properties": deep})
