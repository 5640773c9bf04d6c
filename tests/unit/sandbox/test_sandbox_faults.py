"""Faults on purpose: each does what it says, happens as often as it says, and can be repeated."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchyard_cli.sandbox import ConnectionDropped, Faults, Sandbox
from switchyard_cli.sandbox.faults import KINDS


@pytest.fixture
def always(connect):
    """A client of a sandbox in which one fault always happens."""

    def make(kind):
        return connect(Sandbox(faults=Faults(rates={kind: 1})))

    return make


ERRORS = {
    "throttle": {
        "code": 429,
        "error": "Project exceeded rate limits. Please retry the request with exponential backoff.",
        "status": "Too Many Requests",
    },
    "unauthorized": {"code": 401, "error": "Invalid credentials", "status": "Unauthorized"},
}


@pytest.mark.parametrize("kind", ERRORS)
def test_documented_errors(always, event, kind):
    """429 and 401 have the documented bodies, and nothing is stored."""
    client = always(kind)
    assert client.import_events(event()) == (ERRORS[kind]["code"], ERRORS[kind])
    assert client.sandbox.events() == []
    assert client.sandbox.faults.injected == {kind: 1}


def test_throttling_names_no_time(always):
    """Mixpanel's 429 comes without ``Retry-After``."""
    reply = always("throttle").sandbox.handle("POST", "/engage", {}, b"")
    assert (reply.status, "Retry-After" in reply.headers) == (429, False)


def test_unauthorized_has_another_body_elsewhere(always):
    """A 401 of ``/track``, ``/engage`` and ``/groups`` has no code in its body."""
    assert always("unauthorized").post("/engage", b"[]") == (401, {"error": "Invalid credentials", "status": "error"})


def test_server_errors_vary(always, event):
    """500, 502 and 503 all come up, with JSON, and nothing is stored."""
    client = always("server_error")
    replies = [client.import_events(event()) for _ in range(30)]
    assert {status for status, _ in replies} == {500, 502, 503}
    assert all(content["code"] == status for status, content in replies)
    assert client.sandbox.events() == []


def test_html_error_is_a_page(always):
    """A balancer's 502 is a page for people."""
    reply = always("html_error").sandbox.handle("POST", "/import", {}, b"")
    assert (reply.status, reply.headers["Content-Type"][:9], reply.body[:6]) == (502, "text/html", b"<html>")


@pytest.mark.parametrize(("kind", "stored"), [("drop_before", 0), ("drop_after", 1)])
def test_connection_drops_before_or_after_the_commit(always, event, kind, stored):
    """A dropped connection leaves the sender in doubt: the events may be stored, or not."""
    client = always(kind)
    with pytest.raises(ConnectionDropped):
        client.import_events(event())
    assert len(client.sandbox.events()) == stored
    assert client.sandbox.faults.injected == {kind: 1}
    assert client.sandbox.requests == {("/import", 0): 1}


def test_reply_is_cut_short(always, event):
    """A cut reply announces more than it has, and the events are stored."""
    client = always("truncate")
    with pytest.raises(json.JSONDecodeError):
        client.import_events(event())
    reply = client.sandbox.handle("POST", "/track", {}, b"")
    assert int(reply.headers["Content-Length"]) > len(reply.body)
    assert len(client.sandbox.events()) == 1
    assert client.sandbox.faults.injected == {"truncate": 2}


def test_count_is_wrong(always, event):
    """The number of records is off by one, in partial replies and in those of ``/engage``, too."""
    client = always("wrong_count")
    assert client.import_events(event("id-1"), event("id-2"))[1]["num_records_imported"] == 1
    status, content = client.import_events(event("id-3", time=None))
    assert (status, content["num_records_imported"], len(content["failed_records"])) == (400, 1, 1)
    update = {"$token": "token", "$distinct_id": "u", "$set": {}}
    assert client.send("/engage?strict=1", update)["num_good_events"] == 0
    assert client.sandbox.faults.injected == {"wrong_count": 3}


def test_only_what_happened_is_counted(always):
    """A reply without a number of records cannot be miscounted, so no fault is counted."""
    client = always("wrong_count")
    assert client.send("/engage") == 0
    assert client.sandbox.faults.injected == {}


def test_windows_have_no_faults(always):
    """Faults strike at Mixpanel's endpoints, and not at the windows below ``/sandbox``."""
    assert always("drop_before").get("/sandbox/events") == []


@pytest.mark.parametrize("rates", [{"fire": 0.1}, {"throttle": -0.1}, {"throttle": 0.6, "truncate": 0.6}])
def test_rates_that_make_no_sense(rates):
    """Unknown kinds, negative rates and more than 1 in all are errors."""
    with pytest.raises(ValueError, match=r"fault|rates"):
        Faults(rates=rates)


def draws(seed, rates, number=200):
    """Draw from a fresh schedule."""
    faults = Faults(seed, rates)
    return [faults.draw() for _ in range(number)]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(), weights=st.dictionaries(st.sampled_from(KINDS), st.floats(0, 1 / len(KINDS))))
def test_schedule_repeats(seed, weights):
    """The same seed and rates give the same faults in the same order, and only kinds that have a rate."""
    drawn = draws(seed, weights)
    assert drawn == draws(seed, weights)
    assert set(drawn) <= {None} | {kind for kind, weight in weights.items() if weight}


def test_rates_are_probabilities():
    """Over many requests each kind comes as often as its rate says, and most requests are left alone."""
    drawn = draws(7, dict.fromkeys(KINDS, 0.05), 4000)
    assert all(140 < drawn.count(kind) < 260 for kind in KINDS)
    assert 2250 < drawn.count(None) < 2550


@pytest.mark.parametrize("seed", range(20))
def test_retrying_through_every_fault_stores_each_event_once(connect, event, seed):
    """Promise 3: whoever repeats the identical event until it is confirmed has it stored once, whatever goes wrong."""
    client = connect(Sandbox(faults=Faults(seed, dict.fromkeys(KINDS, 0.1))))
    for number in range(10):
        assert any(confirmed(client, event(f"id-{number}")) for _ in range(200))
    assert len(client.sandbox.events()) == client.sandbox.counts["stored"] == 10


def confirmed(client, record):
    """Send one event; a reply counts only if it is readable and its number is right."""
    try:
        status, content = client.import_events(record)
    except (ConnectionDropped, json.JSONDecodeError):
        return False
    return status == 200 and content["num_records_imported"] == 1
