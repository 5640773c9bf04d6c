"""Messages that crash the function: what becomes of them, and of their neighbours."""

from dataclasses import replace

import pytest

from switchyard.crash_suspects import SUSPECT_FROM
from switchyard.errors import QueueUnavailable
from switchyard.forward.crashes import APART, APART_FROM, LAST_RECEIVE, crash_of


def test_a_suspect_is_worked_on_alone_after_the_others(bench, envelope):
    """Before a message that came too often is touched, its neighbours are settled and acknowledged."""
    acknowledged = []
    bench.forwarder.queue.acknowledge = lambda receipts: acknowledged.append((list(receipts), len(bench.stub.sent)))
    bench.run(envelope("a"), envelope("s"), envelope("b"), receives={"m1": SUSPECT_FROM})
    assert [record["text"] for record in bench.stub.sent] == ["a", "b", "s"]
    assert acknowledged == [(["receipt-m0", "receipt-m2"], 2)]


def test_without_suspects_lambda_acknowledges(bench, envelope):
    """A request to SQS for each run would cost more than it is good for."""
    bench.forwarder.queue.acknowledge = lambda _receipts: pytest.fail("nothing asked for it")
    assert bench.run(envelope("a"), envelope("b"), receives={"m1": SUSPECT_FROM - 1}) == []


def test_a_suspect_waits_while_its_neighbours_cannot_be_acknowledged(bench, envelope):
    """Else its crash would have them delivered twice; it comes again."""

    def fail(_receipts):
        raise QueueUnavailable

    bench.forwarder.queue.acknowledge = fail
    assert bench.run(envelope("a"), envelope("s"), receives={"m1": SUSPECT_FROM}) == ["m1"]
    assert [record["text"] for record in bench.stub.sent] == ["a"]


def test_of_several_suspects_each_comes_first_at_times(bench, envelope):
    """Chance decides: nobody stays behind one that crashes for ever."""
    first = set()
    for _ in range(50):
        bench.stub.sent.clear()
        bench.run(envelope("a"), envelope("b"), receives={"m0": 9, "m1": 9})
        first.add(bench.stub.sent[0]["text"])
    assert first == {"a", "b"}


def test_the_events_of_a_message_part_in_the_end(bench, envelope):
    """Promise 4: an event that crashes the function costs only itself; each event goes on in a message of its own."""
    message = replace(envelope("a", "b", source="both"), attempts=2)
    assert bench.run(message, receives={"m0": APART_FROM}) == []
    assert bench.stub.sent == []
    rest = bench.queued()
    assert [(each.destination, each.attempts, len(each.items)) for each in rest] == [
        ("one", 2, 1),
        ("one", 2, 1),
        ("two", 2, 1),
        ("two", 2, 1),
    ]


def test_the_last_receive_makes_a_dead_letter(bench, envelope):
    """Promise 2: what crashes the function again and again is not touched once more; its dead letter says why."""
    assert bench.run(envelope("a"), receives={"m0": LAST_RECEIVE}) == []
    (letter,) = bench.dead_letters()
    assert bench.stub.sent == []
    assert (letter.failure.code, letter.items[0].event["messageId"]) == ("crashed", "id-a")
    assert letter.failure.reason == "the function crashed or ran out of time on this message 119 times"


def test_after_a_bad_deployment_nothing_is_given_up_unheard():
    """A message of many events that crashed for hours is first taken apart, then tried, event by event."""
    assert crash_of(LAST_RECEIVE + 3, 2) is APART
    assert crash_of(LAST_RECEIVE - 1, 1) is None
