"""Segment's requests and ours as lists of the same shape, with the differences that concern every record."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from switchyard.config import SubscriptionConfig
from switchyard.destinations.mixpanel import DESTINATION_TYPE
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.events import Event, Json
from switchyard.subscriptions import Result, Subscription, compile_subscription, run_subscriptions

CONFORMANCE = Path(__file__).parent / "conformance"

HASHED = "<a hash>"
"""Stands for an ``$insert_id`` of 36 hexadecimal digits, since Segment has none to compare it with."""

_MADE_UP = frozenset({"ii", "3lllllll3lllllll"})
"""What Segment makes up for an event without messageId where chance is frozen at 0.5 and at 0.1."""

_PLACEHOLDERS = frozenset({"null"})
_LEGAL = re.compile(r"[A-Za-z0-9-]{1,36}")
_HASH = re.compile(r"[0-9a-f]{36}")


def read_lines(name: str) -> list[Json]:
    """Return the JSON values of a corpus, one a line."""
    text = (CONFORMANCE / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def compile_all(subscriptions: Iterable[Mapping[str, Json]]) -> list[Subscription]:
    """Compile what a user would write into the configuration."""
    names = ("partnerAction", "subscribe", "mapping")
    return [
        compile_subscription(
            SubscriptionConfig(name=str(number), **{name: each[name] for name in names if name in each}),
            DESTINATION_TYPE,
        )
        for number, each in enumerate(subscriptions)
    ]


def run(subscriptions: list[Subscription], event: Event, settings: MixpanelSettings) -> tuple[list[Result], list[str]]:
    """Return what an event becomes, and the warnings."""
    warnings: list[str] = []
    return run_subscriptions(subscriptions, event, settings, warnings.append), warnings


def our_records(results: Iterable[Result]) -> list[Json]:
    """Return ``[endpoint, record]`` for each operation; an ``$insert_id`` that is a hash is ``HASHED``."""
    records = [[each.operation.endpoint, comparable(each.operation.record)] for each in results if each.operation]
    for endpoint, record in records:
        if endpoint == "/import" and _HASH.fullmatch(record["properties"]["$insert_id"]):
            record["properties"]["$insert_id"] = HASHED
    return records


def segment_records(answer: Mapping[str, Any]) -> list[Json]:
    """Return the same for what the oracle caught, with ``ip`` and ``$insert_id`` as they are to be here."""
    return [
        [urlsplit(request["url"]).path, _with_our_differences(comparable(record))]
        for request in answer["requests"]
        for record in (request["body"] if isinstance(request["body"], list) else [request["body"]["data"]])
    ]


def _with_our_differences(record: dict[str, Any]) -> dict[str, Any]:
    properties = record.get("properties", {})
    if "$insert_id" in properties:
        properties.setdefault("ip", "0")
        if record["event"] == "Product Purchased" or not _is_kept(properties["$insert_id"]):
            properties["$insert_id"] = HASHED
    return record


def _is_kept(insert_id: str) -> bool:
    return bool(_LEGAL.fullmatch(insert_id)) and insert_id not in _MADE_UP | _PLACEHOLDERS


def comparable(value: Json) -> Json:
    """Return a copy whose numbers are doubles, as they are to a reader of JSON; true is still not 1."""
    if isinstance(value, dict):
        return {name: comparable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, bool):
        return {"boolean": value}
    return float(value) if isinstance(value, int) else value
