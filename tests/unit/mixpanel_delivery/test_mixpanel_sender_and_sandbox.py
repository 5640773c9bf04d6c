"""Batcher, sender and transport against the strict sandbox over real HTTP: what Mixpanel would hold in the end."""

from collections import Counter
from dataclasses import replace

import orjson
import pytest

from switchyard.destinations.base import Operation, Outcome, Verdict
from switchyard.destinations.mixpanel.batcher import batches
from switchyard.destinations.mixpanel.sender import send
from switchyard_cli.sandbox import Faults, Sandbox
from switchyard_cli.sandbox.faults import KINDS

TOKEN = "a1b2c3d4e5f60718"


def event(number, **properties):
    """An event that Mixpanel takes, unless the properties say otherwise."""
    always = {"time": 1_790_000_000_000, "distinct_id": "u1", "$insert_id": f"m-{number}", "ip": "0"}
    return Operation("/import", {"event": "Signed Up", "properties": always | properties})


def profile(user, **traits):
    """An update of a user's profile."""
    return Operation("/engage", {"$token": TOKEN, "$distinct_id": user, "$set": traits})


def group(name, **traits):
    """An update of a group's profile."""
    return Operation("/groups", {"$token": TOKEN, "$group_key": "company", "$group_id": name, "$set": traits})


def identity(anonymous, user):
    """The call that joins two ids."""
    ids = {"$identified_id": user, "$anon_id": anonymous, "token": TOKEN}
    return Operation("/track", {"event": "$identify", "properties": ids})


@pytest.fixture
def sandbox(monkeypatch):
    """A sandbox of the project, served where ``MIXPANEL_URL`` says."""
    sandbox = Sandbox(project_token=TOKEN)
    with sandbox.serve() as server:
        monkeypatch.setenv("MIXPANEL_URL", server.url)
        yield sandbox


def deliver(operations, settings):
    """Send everything once; the outcomes are in the order of the operations."""
    outcomes: dict[int, Outcome] = {}
    for batch in batches([Operation(each.endpoint, orjson.dumps(each.record)) for each in operations], settings):
        outcomes |= zip(batch.positions, send(batch, settings, lambda: True), strict=True)
    return [outcomes[position] for position in range(len(operations))]


def test_every_endpoint_takes_what_is_sent(sandbox, settings):
    """Events, identity calls, user and group profiles: delivered, and there."""
    operations = [
        event(1),
        identity("2e5b2f1c-6f04-4f2c-8a5d-0c7d6b1f9a11", "u1"),
        profile("u1", plan="pro"),
        group("acme", seats=3),
    ]
    assert [outcome.verdict for outcome in deliver(operations, settings)] == [Verdict.DELIVERED] * 4
    assert [stored["event"] for stored in sandbox.events()] == ["$identify", "Signed Up"]
    assert sandbox.profiles()["u1"]["plan"] == "pro"
    assert sandbox.groups()["company"]["acme"]["seats"] == 3
    assert sandbox.counts["located_by_request_ip"] == 0


def test_only_the_bad_records_are_refused_in_mixpanels_words(sandbox, settings):
    """Promise 4 at the endpoints that name their failures; promise 7 for the words."""
    bad_group = Operation("/groups", {"$token": TOKEN, "$group_key": "company", "$set": {"plan": "pro"}})
    operations = [event(1), event(2, time="2026-11-22"), profile("", plan="pro"), profile("u1", plan="pro"), bad_group]
    outcomes = deliver(operations, settings)
    assert [outcome.verdict.value for outcome in outcomes] == [
        "delivered",
        "invalid",
        "invalid",
        "delivered",
        "invalid",
    ]
    assert [outcomes[place].field for place in (1, 2, 4)] == ["properties.time", "$distinct_id", "$group_id"]
    assert outcomes[2].reason == "$distinct_id, missing or empty"
    assert "2026" not in outcomes[1].reason


def test_requests_over_the_limit_are_halved(sandbox, settings):
    """Where Mixpanel's limit is below ours, everything arrives all the same, and once."""
    sandbox.max_request_bytes = 2000
    outcomes = deliver([*(event(number) for number in range(100)), event(100, text="x" * 3000)], settings)
    assert Counter(outcome.verdict for outcome in outcomes) == {Verdict.DELIVERED: 100, Verdict.INVALID: 1}
    assert sandbox.counts["received"] == len(sandbox.events()) == 100


def test_updates_of_one_user_apply_in_order_and_once(sandbox, settings):
    """However they are spread over batches and halves: the last value stays, and ``$add`` counts each time once."""
    sandbox.max_request_bytes = 1000
    adds = [Operation("/engage", {"$token": TOKEN, "$distinct_id": "u1", "$add": {"n": 1}}) for _ in range(50)]
    sets = [profile("u1", last=number) for number in range(50)]
    outcomes = deliver([each for pair in zip(adds, sets, strict=True) for each in pair], settings)
    assert {outcome.verdict for outcome in outcomes} == {Verdict.DELIVERED}
    assert sandbox.profiles()["u1"] == {"n": 50, "last": 49}


@pytest.mark.parametrize(
    ("strict", "kinds", "rate"),
    [
        ("1", set(KINDS), 0.08),
        ("0", set(KINDS) - {"wrong_count"}, 0.02),  # there the count is all that the sandbox tells
    ],
)
def test_nothing_is_lost_or_doubled_under_faults(sandbox, settings, strict, kinds, rate):
    """Promises 2 and 3: whatever is lost on the way is sent again, until each event is stored once or refused."""
    sandbox.faults = Faults(seed=7, rates=dict.fromkeys(sorted(kinds), rate))
    settings = replace(settings, strictMode=strict, batchBytes=2000)
    bad = set(range(0, 400, 10))
    still_open = {number: event(number, **({"time": "never"} if number in bad else {})) for number in range(400)}
    ended: dict[int, Verdict] = {}
    for _ in range(50):
        verdicts = [outcome.verdict for outcome in deliver(list(still_open.values()), settings)]
        ended |= {n: v for n, v in zip(still_open, verdicts, strict=True) if v in {Verdict.DELIVERED, Verdict.INVALID}}
        still_open = {number: each for number, each in still_open.items() if number not in ended}
    assert ended == {n: Verdict.INVALID if n in bad else Verdict.DELIVERED for n in range(400)}
    stored = Counter(each["properties"]["$insert_id"] for each in sandbox.events())
    assert stored == Counter(f"m-{number}" for number in set(range(400)) - bad)
    assert set(sandbox.faults.injected) == kinds
