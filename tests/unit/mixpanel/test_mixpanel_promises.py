"""The promises that hold for every action and every event."""

import copy
import json
import random
import secrets
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.destinations.base import Operation
from switchyard.destinations.mixpanel import dates, event_time
from switchyard.destinations.mixpanel.actions import ACTIONS
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.errors import InvalidEvent
from switchyard.events import Event
from switchyard.fields import compile_coercion
from switchyard.mapping import compile_fields

SETTINGS = MixpanelSettings("token", sourceName="web")

WORDS = st.sampled_from(["", "x", "2024-01-02", "5", "true", "ip", "name", "\ud800", "m" * 40])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6
)
CONTEXT = st.sampled_from(
    [
        "app",
        "campaign",
        "device",
        "ip",
        "integration",
        "library",
        "locale",
        "network",
        "os",
        "page",
        "screen",
        "userAgent",
    ]
)
PARTS = st.sampled_from(
    ["name", "version", "build", "width", "height", "source", "medium", "mobile", "bluetooth", "idfa", "country", "url"]
)
PRODUCTS = st.lists(st.dictionaries(st.sampled_from(["sku", "price", "quantity"]), VALUES) | VALUES, max_size=3)
EVENTS = st.fixed_dictionaries(
    {"event": st.just("E") | VALUES, "groupId": st.just("g") | VALUES},
    optional={
        **dict.fromkeys(["name", "userId", "anonymousId", "previousId", "messageId"], VALUES),
        **dict.fromkeys(["timestamp", "receivedAt"], VALUES),
        "traits": st.dictionaries(
            st.sampled_from(["name", "firstName", "lastName", "email", "$email", "created"]), VALUES
        )
        | VALUES,
        "properties": st.fixed_dictionaries({}, optional={"products": PRODUCTS, "increment": VALUES, "ip": VALUES})
        | VALUES,
        "context": st.dictionaries(CONTEXT, st.dictionaries(PARTS, VALUES, max_size=4) | VALUES, max_size=6) | VALUES,
    },
)


def compiled(name: str) -> Callable[[Event], list[Operation]]:
    """Return an action with its default mapping."""
    fields = ACTIONS[name].fields
    evaluate = compile_fields({field.name: field.default for field in fields if field.default is not None})
    coerce = compile_coercion(fields)

    def run(event: Event) -> list[Operation]:
        try:
            payload = coerce(evaluate(event, lambda *_: None), lambda _: None)
            return ACTIONS[name].perform(payload, event, SETTINGS, lambda _: None)
        except InvalidEvent:
            return []

    return run


RUN = {name: compiled(name) for name in ACTIONS}


def forbidden(*_: Any, **__: Any) -> NoReturn:
    """Stand for what no operation may depend on."""
    raise AssertionError


class NoClock(datetime):
    """A datetime that does not know what time it is."""

    now = forbidden
    utcnow = forbidden
    today = forbidden


@given(st.sampled_from(sorted(ACTIONS)), EVENTS)
def test_any_event_becomes_operations_or_is_invalid(action: str, event: Event) -> None:
    """Whatever JSON an event holds, nothing but InvalidEvent is raised: a bad event costs only itself (promise 4)."""
    for operation in RUN[action](event):
        assert operation.endpoint in {"/import", "/track", "/engage", "/groups"}
        json.dumps(operation.record)


@given(st.sampled_from(sorted(ACTIONS)), EVENTS)
def test_the_same_event_becomes_the_same_operations(action: str, event: Event) -> None:
    """An event delivered twice is delivered the same (promise 3), and it is not changed on the way."""
    before = json.dumps(event)
    assert json.dumps(RUN[action](event)) == json.dumps(RUN[action](copy.deepcopy(event)))
    assert json.dumps(event) == before


@pytest.mark.parametrize("action", sorted(ACTIONS))
@pytest.mark.parametrize(
    "given_fields", [{}, {"messageId": "not legal", "timestamp": "no date"}, {"messageId": "", "timestamp": 0}]
)
def test_operations_ask_neither_the_clock_nor_chance(
    action: str, given_fields: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times and ids are pure functions of the archived event, also where it lacks them (promise 3)."""
    for module in (dates, event_time):
        monkeypatch.setattr(module, "datetime", NoClock)
    for module, names in {
        time: ("time", "time_ns", "monotonic"),
        random: ("random", "getrandbits", "randrange"),
        secrets: ("token_hex", "token_bytes", "choice"),
        uuid: ("uuid1", "uuid4"),
    }.items():
        for name in names:
            monkeypatch.setattr(module, name, forbidden)
    properties = {"products": [{"sku": "a"}], "increment": {"k": 1}}
    event = {"event": "E", "userId": "u", "groupId": "g", "traits": {"x": 1}, "properties": properties, **given_fields}
    assert RUN[action](event)


@given(EVENTS)
def test_every_import_record_has_what_mixpanel_requires(event: Event) -> None:
    """A name, a whole number for a time, a distinct_id, an ip and a legal ``$insert_id``."""
    for operation in RUN["trackPurchase"](event):
        properties = operation.record["properties"]
        assert type(properties["time"]) is int
        assert isinstance(properties["distinct_id"], str)
        assert 1 <= len(properties["$insert_id"]) <= 36
        assert "ip" in properties
        assert "token" not in properties
