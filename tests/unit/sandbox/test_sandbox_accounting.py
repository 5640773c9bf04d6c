"""Whatever is sent, the sandbox's books balance, and sending it twice changes no event."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from switchyard_cli.sandbox import Sandbox

NOW = 1_700_000_000

EVENTS = st.fixed_dictionaries(
    {"event": st.sampled_from(["A", "B", "", "$identify"])},
    optional={
        "properties": st.fixed_dictionaries(
            {},
            optional={
                "time": st.sampled_from([NOW, NOW * 1000, NOW - 10 * 86400, NOW + 9999, "now"]),
                "distinct_id": st.sampled_from(["u", "v", "", "null"]),
                "$insert_id": st.sampled_from(["i", "j", "k:"]),
                "$identified_id": st.just("u"),
                "$anon_id": st.just("w"),
                "$ignore": st.booleans(),
                "token": st.sampled_from(["token", "other", ""]),
            },
        )
    },
)
UPDATES = st.fixed_dictionaries(
    {},
    optional={
        "$token": st.sampled_from(["token", "other"]),
        "$distinct_id": st.sampled_from(["u", "v", ""]),
        "$group_key": st.just("company"),
        "$group_id": st.sampled_from(["acme", ""]),
        "$set": st.just({"a": 1}),
    },
)
REQUESTS = st.tuples(
    st.sampled_from(["/import?strict=1", "/import", "/track", "/engage?strict=1", "/groups"]),
    st.lists(EVENTS | UPDATES, min_size=1, max_size=6),
)
AUTHORIZED = {"Authorization": "Basic dG9rZW46", "Content-Type": "application/json"}


def send(sandbox, target, records):
    """Post records to a sandbox in process."""
    return sandbox.handle("POST", target, AUTHORIZED, json.dumps(records).encode())


@settings(max_examples=60, deadline=None)
@given(requests=st.lists(REQUESTS, max_size=6), identity=st.sampled_from(["original", "simplified"]))
def test_every_record_received_is_accounted_for(requests, identity):
    """Each record ends as exactly one of stored, duplicate, update, refused, ignored, too old or unknown."""
    sandbox = Sandbox("token", identity, clock=lambda: NOW)
    for target, records in requests:
        send(sandbox, target, records)
    ends = ("stored", "duplicates", "updates", "refused", "ignored", "too_old", "unknown_token")
    assert sandbox.counts["received"] == sum(len(records) for _, records in requests)
    assert sum(sandbox.counts[end] for end in ends) == sandbox.counts["received"]
    assert sandbox.counts["stored"] == len(sandbox.events())


@settings(max_examples=60, deadline=None)
@given(records=st.lists(EVENTS, min_size=1, max_size=8))
def test_imported_and_failed_are_all(records):
    """In strict mode ``num_records_imported`` and ``failed_records`` add up to what was sent."""
    reply = json.loads(send(Sandbox("token", clock=lambda: NOW), "/import?strict=1", records).body)
    failed = [row["index"] for row in reply.get("failed_records", [])]
    assert reply["num_records_imported"] + len(failed) == len(records)
    assert failed == sorted(set(failed))


@settings(max_examples=60, deadline=None)
@given(records=st.lists(EVENTS, min_size=1, max_size=8))
def test_importing_twice_is_importing_once(records):
    """Promise 3: the same batch again leaves the same events behind."""
    once, twice = Sandbox("token", clock=lambda: NOW), Sandbox("token", clock=lambda: NOW)
    for sandbox in (once, twice, twice):
        send(sandbox, "/import?strict=1", records)
    assert once.events() == twice.events()
