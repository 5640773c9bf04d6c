"""One run of the forwarder: every event ends, for each destination, as exactly one of the ends there are."""

import io
import time
from dataclasses import replace

import boto3
import orjson
import pytest
from aws_lambda_powertools import Logger

from switchyard.config import Source
from switchyard.destinations.base import Outcome, Verdict
from switchyard.envelope import Item
from switchyard.errors import MissingSecret
from switchyard.forward.breaker import Trouble


def refuse(*texts):
    """Return an answer that refuses the records with these texts."""
    refused = Outcome(Verdict.INVALID, "the far side's own words", "text", 400)
    return lambda record: refused if record["text"] in texts else Outcome(Verdict.DELIVERED)


def answer(verdict, *texts, retry_after=None):
    """Return an answer that gives the records with these texts, or all, the verdict."""
    outcome = Outcome(verdict, "not now", status=503, retry_after=retry_after)
    return lambda record: outcome if not texts or record["text"] in texts else Outcome(Verdict.DELIVERED)


def test_what_is_delivered_leaves_nothing_behind(bench, envelope):
    """A message whose events were all delivered is acknowledged; nothing is queued or dead-lettered."""
    assert bench.run(envelope("a", "b", "c")) == []
    assert [record["text"] for record in bench.stub.sent] == ["a", "b", "c"]
    assert (bench.queued(), bench.dead_letters()) == ([], [])


def test_events_of_many_messages_share_batches(bench, envelope):
    """Events of several messages travel in one request, and each outcome lands on its own event."""
    bench.stub.answer = refuse("b", "d")
    assert bench.run(envelope("a"), envelope("b", "c"), envelope("d")) == []
    assert [letter.items[0].event["messageId"] for letter in bench.dead_letters()] == ["id-b", "id-d"]


def test_a_bad_event_costs_only_itself(bench, envelope):
    """Promise 4: one refused event is a dead letter, its neighbours in the same message are delivered."""
    bench.stub.answer = refuse("b")
    bench.run(envelope("a", "b", "c"))
    (letter,) = bench.dead_letters()
    assert letter.items == (Item.of(envelope("b").items[0].event, ("Echo#0",)),)
    assert bench.queued() == []


def test_a_dead_letter_says_why(bench, envelope):
    """Promise 2: a dead letter has the destination's own words, the field, the status and the operation as sent."""
    bench.stub.answer = refuse("b")
    bench.run(replace(envelope("b"), attempts=2))
    (letter,) = bench.dead_letters()
    failure = letter.failure
    assert (failure.code, failure.reason, failure.field) == ("invalid", "the far side's own words", "text")
    assert (failure.status, failure.attempts, letter.destination) == (400, 3, "one")
    assert (failure.class_, failure.subscription, failure.action) == ("invalid", "Echo", "echo")
    assert failure.operations[0]["record"]["text"] == "b"


def test_a_dead_letter_says_when_it_was_first_tried(bench, envelope):
    """Beside the time at which it failed stands that of the first of its tries, however long ago that was."""
    bench.stub.answer = answer(Verdict.TRANSIENT, "b")
    bench.run(envelope("a", "b"))
    (rest,) = bench.queued()
    bench.stub.answer = refuse("b", "c")
    bench.run(replace(rest, first_tried_at="2026-01-15T10:00:01.000Z"), envelope("c"))
    later, at_once = (letter.failure for letter in bench.dead_letters())
    assert rest.first_tried_at is not None
    assert later.firstTriedAt == "2026-01-15T10:00:01.000Z" < later.failedAt
    assert at_once.firstTriedAt == at_once.failedAt


def test_a_redriven_letter_starts_anew(bench, envelope):
    """The times and tries of a dead letter that is redriven and refused again are those of its new life."""
    bench.stub.answer = refuse("b")
    bench.run(replace(envelope("b"), attempts=7, first_tried_at="2026-01-15T10:00:01.000Z"))
    (dead,) = bench.dead_letters()
    bench.run(dead)
    _, again = bench.dead_letters()
    assert again.failure.attempts == 1
    assert again.failure.firstTriedAt == again.failure.failedAt


def test_a_dead_letter_holds_no_secret(bench, envelope):
    """Promise 7: the token that an endpoint wants in its records is masked in the dead letter."""
    bench.stub.answer = refuse("b")
    bench.run(envelope("b"))
    (letter,) = bench.dead_letters()
    assert bench.stub.sent[0]["$token"] == "token-that-nobody-may-see"
    assert letter.failure.operations[0]["record"]["$token"] == "***"


@pytest.mark.parametrize("text", ["refuse me", "break me"])
def test_an_event_that_cannot_be_mapped_is_a_dead_letter(bench, envelope, text):
    """Promise 4: what an action refuses, or a mistake of ours in it, costs that event alone."""
    assert bench.run(envelope("a", text, "c")) == []
    (letter,) = bench.dead_letters()
    assert letter.items[0].event["properties"]["text"] == text
    assert [record["text"] for record in bench.stub.sent] == ["a", "c"]


def test_only_the_rest_goes_back(bench, envelope):
    """A partly delivered message sends back what is left, with its attempt counted; the original is acknowledged."""
    bench.stub.answer = answer(Verdict.TRANSIENT, "b")
    assert bench.run(envelope("b", "a", "c")) == []
    (rest,) = bench.queued()
    assert [item.event["properties"]["text"] for item in rest.items] == ["b"]
    assert (rest.attempts, rest.destination, rest.request_id) == (1, "one", "request-1")


def test_only_the_operations_that_are_left_are_tried_again(bench, envelope):
    """An operation that was delivered is never repeated: ``$add`` must not be applied twice."""
    bench.stub.answer = lambda record: Outcome(Verdict.TRANSIENT if record["copy"] else Verdict.DELIVERED)
    bench.run(envelope("a", copies=3))
    (rest,) = bench.queued()
    assert rest.items[0].only == ("Echo#1", "Echo#2")
    bench.stub.sent.clear()
    bench.stub.answer = lambda _record: Outcome(Verdict.DELIVERED)
    bench.run(rest)
    assert [record["copy"] for record in bench.stub.sent] == [1, 2]


def test_an_event_that_is_refused_in_part_ends_when_all_of_it_has(bench, envelope):
    """Promise 2: what is good of it is still delivered, and the dead letter has what was refused, and no more."""
    ends = {0: Verdict.INVALID, 2: Verdict.TRANSIENT}
    bench.stub.answer = lambda record: Outcome(ends.get(record["copy"], Verdict.DELIVERED))
    bench.run(envelope("a", copies=3))
    (rest,) = bench.queued()
    assert (rest.items[0].only, bench.dead_letters()) == (("Echo#0", "Echo#2"), [])
    ends.pop(2)
    bench.run(rest)
    assert [letter.items[0].only for letter in bench.dead_letters()] == [("Echo#0",)]


@pytest.mark.parametrize(("verdict", "attempts"), [(Verdict.TRANSIENT, 1), (Verdict.THROTTLED, 0), (Verdict.SETUP, 0)])
def test_only_the_destinations_own_trouble_counts_as_an_attempt(bench, envelope, verdict, attempts):
    """Throttling and a wrong setup are not the event's fault: they cost no attempt (DESIGN §4)."""
    bench.stub.answer = answer(verdict)
    bench.run(envelope("a"))
    assert [rest.attempts for rest in bench.queued()] == [attempts]


def test_the_retry_window_ends_in_a_dead_letter(bench, envelope):
    """Promise 2: what could not be delivered within the window is a dead letter that says so."""
    bench.stub.answer = answer(Verdict.TRANSIENT)
    bench.run(replace(envelope("a"), attempts=3), age_ms=3_601_000)
    (letter,) = bench.dead_letters()
    assert (letter.failure.code, letter.failure.reason, bench.queued()) == ("transient", "not now", [])


def test_time_in_which_nothing_was_tried_is_not_held_against_an_event(bench, envelope):
    """Promise 2: after a day of a wrong key, or of waiting, the first failure is not the end."""
    bench.stub.answer = answer(Verdict.TRANSIENT)
    bench.run(envelope("a"), age_ms=100 * 3_600_000)
    assert (len(bench.queued()), bench.dead_letters()) == (1, [])


@pytest.mark.parametrize("verdict", [Verdict.THROTTLED, Verdict.SETUP])
def test_nothing_is_given_up_for_throttling_or_a_wrong_setup(bench, envelope, verdict):
    """A wrong key for a month loses nothing: such events are kept however old they are (DESIGN §4)."""
    bench.stub.answer = answer(verdict)
    bench.run(envelope("a"), age_ms=30 * 86_400_000)
    assert (len(bench.queued()), bench.dead_letters()) == (1, [])


def test_the_window_starts_with_the_first_try(bench, envelope):
    """A message that was sent back keeps the moment at which its first try became possible."""
    bench.stub.answer = answer(Verdict.TRANSIENT)
    bench.run(replace(envelope("a"), queued_at=1, attempts=3))
    assert bench.dead_letters()[0].failure.code == "transient"


def test_a_redriven_dead_letter_starts_anew(bench, envelope):
    """SQS's own redrive works on a dead letter: it has all its tries again, and only what had failed is sent."""
    bench.stub.answer = refuse("b")
    bench.run(replace(envelope("b"), attempts=7, queued_at=1))
    (letter,) = bench.dead_letters()
    bench.stub.answer = answer(Verdict.TRANSIENT)
    bench.run(letter)
    (rest,) = bench.queued()
    assert (rest.attempts, rest.failure, rest.items[0].only) == (1, None, ("Echo#0",))


def test_a_destination_in_trouble_delays_no_other(bench, envelope):
    """Promise 5: of two destinations one fails; the other has the event, and only the first is tried again."""
    seen = []

    def first_time_fails(record):
        seen.append(record)
        return Outcome(Verdict.TRANSIENT if len(seen) == 1 else Verdict.DELIVERED)

    bench.stub.answer = first_time_fails
    bench.run(envelope("a", source="both"))
    (rest,) = bench.queued()
    assert len(bench.stub.sent) == 2
    bench.run(rest)
    assert len(bench.stub.sent) == 3


def test_an_event_may_say_no(bench, envelope):
    """``integrations`` is honoured: by the destination's name, by the type's, and by All."""
    for integrations in ({"All": False}, {"Stub": False}, {"one": False, "Stub": True}):
        event = envelope("a").items[0].event | {"integrations": integrations}
        bench.run(replace(envelope("a"), items=(Item.of(event),)))
    assert bench.stub.sent == []
    event = envelope("a").items[0].event | {"integrations": {"All": False, "Stub": {"option": 1}}}
    bench.run(replace(envelope("a"), items=(Item.of(event),)))
    assert len(bench.stub.sent) == 1


def test_what_no_subscription_matches_is_filtered(bench, envelope, capsys):
    """Promise 2: an event that nothing matches ends as filtered, and is counted as that."""
    page = envelope("a").items[0].event | {"type": "page"}
    bench.run(replace(envelope("a"), items=(Item.of(page),)))
    assert bench.stub.sent == []
    (counts,) = [orjson.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert (counts["FilteredAtDestination"], counts["source"], counts["destination"]) == ([1.0], "web", "one")


def test_a_run_counts_its_messages_together(bench, envelope, capsys):
    """Browsers send an event a message: counted one by one, the lines for CloudWatch were most of the log."""
    bench.stub.answer = refuse("c")
    both = [envelope(each, source="both") for each in ("d", "e")]
    assert bench.run(envelope("a"), envelope("b", "c"), *both) == []
    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [
        (each["source"], each["destination"], each["SuccessfulDelivery"], each.get("FailedDelivery")) for each in lines
    ] == [("web", "one", [2.0], [1.0]), ("both", "one", [2.0], None), ("both", "two", [2.0], None)]


def test_every_event_can_be_found_in_lines_of_bounded_length(bench, envelope):
    """CloudWatch takes lines of 256 KB: the ids of a large message stand in several, each with its request's id."""
    texts, log = [str(number) for number in range(250)], io.StringIO()
    bench.forwarder = replace(bench.forwarder, logger=Logger(service="forward-in-lines", stream=log))
    bench.run(envelope(*texts))
    lines = [line for line in map(orjson.loads, log.getvalue().splitlines()) if line["message"] == "message forwarded"]
    assert [len(line["SuccessfulDelivery"]) for line in lines] == [100, 100, 50]
    assert sorted(each for line in lines for each in line["SuccessfulDelivery"]) == sorted(
        f"id-{each}" for each in texts
    )
    assert len({line["request_id"] for line in lines}) == 1


def test_a_missing_secret_keeps_everything(bench, envelope):
    """DESIGN §4, setup: no event is dead-lettered for a secret that cannot be read; it is tried again, slowly."""

    def missing():
        raise MissingSecret("the secret 'x' cannot be read")

    for name, destination in bench.forwarder.destinations.items():
        bench.forwarder.destinations[name] = replace(destination, settings=missing)
    bench.run(replace(envelope("a"), items=(Item.of(envelope("a").items[0].event, ("Echo#0",)),)))
    (rest,) = bench.queued()
    assert (rest.attempts, rest.items[0].only, bench.dead_letters()) == (0, ("Echo#0",), [])


def test_a_destination_that_is_gone_makes_dead_letters(bench, envelope):
    """Promise 2: events of a destination that was taken out of the configuration are kept, with that reason."""
    bench.run(replace(envelope("a"), destination="three"))
    failure = bench.dead_letters()[0].failure
    assert (failure.code, failure.action) == ("destination_gone", None)
    assert failure.reason == "the destination 'three' is not configured any more"


def test_a_source_that_is_gone_makes_dead_letters(bench, envelope):
    """Promise 2: so are events of a source that was taken out while they were in the queue."""
    bench.run(envelope("a", source="gone"))
    failure = bench.dead_letters()[0].failure
    assert (failure.code, failure.reason) == ("source_gone", "the source 'gone' is not configured any more")


def test_a_source_without_destinations_makes_dead_letters(bench, envelope):
    """Promise 2: events whose source has lost its last destination meanwhile do not vanish."""
    without = replace(bench.forwarder.config, sources=(Source("web", ("key",), ()),))
    bench.forwarder = replace(bench.forwarder, config=without)
    assert bench.run(envelope("a", "b")) == []
    assert [letter.items[0].event["messageId"] for letter in bench.dead_letters()] == ["id-a", "id-b"]
    failure = bench.dead_letters()[0].failure
    assert (failure.code, failure.reason) == ("destination_gone", "the source 'web' has no destination here any more")


def test_a_destination_that_a_source_names_twice_has_each_event_once(bench, envelope):
    """However often it is named, and even where each event is tried alone, it is one destination."""
    twice = replace(bench.forwarder.config, sources=(Source("web", ("key",), ("one", "one")),))
    bench.forwarder = replace(bench.forwarder, config=twice)
    assert bench.run(envelope("a", "b")) + bench.run(envelope("c", "d"), receives={"m0": 6}) == []
    assert [record["text"] for record in bench.stub.sent] == ["a", "b"]
    assert [item.event["messageId"] for rest in bench.queued() for item in rest.items] == ["id-c", "id-d"]


def test_without_time_left_nothing_is_started(bench, envelope):
    """No batch is started that the function's timeout would cut off; what is left comes again at once, uncounted."""
    times = iter([True, True, False, False])
    bench.run(envelope("a", "b", "c"), has_time=lambda: next(times))
    (rest,) = bench.queued()
    assert ([record["text"] for record in bench.stub.sent], rest.attempts) == (["a", "b"], 0)
    assert [item.event["properties"]["text"] for item in rest.items] == ["c"]


def test_a_message_that_cannot_be_settled_comes_again(bench, envelope):
    """Promise 2: while the dead-letter queue cannot be written, the message is not acknowledged."""
    bench.stub.answer = refuse("b")
    boto3.client("sqs").delete_queue(QueueUrl=bench.dead_letter_url)
    assert bench.run(envelope("a"), envelope("b")) == ["m1"]


def test_a_dead_letter_that_cannot_be_written_takes_no_neighbour_along(bench, envelope):
    """What is left of another message goes back all the same: come again whole, it would repeat what was delivered."""
    ends = {"b": Outcome(Verdict.INVALID), "c": Outcome(Verdict.TRANSIENT)}
    bench.stub.answer = lambda record: ends.get(record["text"], Outcome(Verdict.DELIVERED))
    boto3.client("sqs").delete_queue(QueueUrl=bench.dead_letter_url)
    assert bench.run(envelope("b", "a"), envelope("d", "c")) == ["m0"]
    assert [[item.event["messageId"] for item in rest.items] for rest in bench.queued()] == [["id-c"]]


def test_an_unreadable_message_takes_no_neighbour_along(bench, envelope):
    """A message that is no envelope is reported, and SQS moves it to the dead-letter queue in the end."""
    from switchyard.envelope import seal

    records = [
        {"messageId": "bad", "body": "{", "attributes": {"SentTimestamp": "1"}},
        {"messageId": "good", "body": seal(envelope("a"))[0], "attributes": {"SentTimestamp": "1"}},
    ]
    assert bench.forwarder.run(records, lambda: True) == ["bad"]
    assert len(bench.stub.sent) == 1


def test_a_sender_that_breaks_loses_nothing(bench, envelope):
    """A mistake of ours in a sender counts as trouble on the way: the events come again."""

    def broken(_record):
        raise ZeroDivisionError

    bench.stub.answer = broken
    assert bench.run(envelope("a", "b")) == []
    assert [len(rest.items) for rest in bench.queued()] == [2]


def test_a_thread_that_ends_loses_nothing(bench, envelope):
    """Promise 2: what nobody saw the end of is not acknowledged, whatever ended the thread that was at work on it."""

    def ended(_record):
        raise SystemExit

    bench.stub.answer = ended
    assert bench.run(envelope("a", "b")) == ["m0"]
    assert (bench.queued(), bench.dead_letters()) == ([], [])


def test_a_record_that_is_no_json_costs_only_itself(bench, envelope):
    """Promise 4: an operation that cannot be written (here for an integer beyond 64 bits) is a dead letter, alone."""
    bench.run(envelope("a"), envelope("exceed me"), envelope("c"))
    assert [record["text"] for record in bench.stub.sent] == ["a", "c"]
    (letter,) = bench.dead_letters()
    assert letter.items[0].event["messageId"] == "id-exceed me"
    assert (letter.failure.reason, letter.failure.operations) == ("the record cannot be written as JSON", ())


def test_an_endpoint_in_trouble_is_not_asked_again_in_the_run(bench, envelope):
    """After a batch that failed the later ones share its end: no update overtakes another, and nobody is hammered."""
    bench.stub.answer = answer(Verdict.TRANSIENT)
    bench.run(envelope("a", "b", "c", "d", "e"))
    assert len(bench.stub.sent) == 2
    assert [len(rest.items) for rest in bench.queued()] == [5]


def test_a_pending_operation_of_a_subscription_that_is_gone_is_a_dead_letter(bench, envelope):
    """Promise 2: renaming a subscription must not make what is still to be delivered vanish."""
    item = Item.of(envelope("a").items[0].event, ("Echo#0", "Old name#0"))
    bench.run(replace(envelope("a"), destination="one", items=(item,)))
    (letter,) = bench.dead_letters()
    assert (letter.failure.code, letter.items[0].only) == ("subscription_gone", ("Old name#0",))
    assert len(bench.stub.sent) == 1


def test_what_could_make_no_record_makes_all_of_them_once_it_is_mended(bench, envelope):
    """Promise 2: an order that could not be mapped means many records when it is redriven, and each is sent."""
    bench.run(envelope("refuse me", copies=3))
    (dead,) = bench.dead_letters()
    assert (dead.failure.subscription, dead.items[0].only) == ("Echo", ("Echo#",))
    event = dead.items[0].event
    mended = Item.of(event | {"properties": event["properties"] | {"text": "a"}}, dead.items[0].only)
    bench.run(replace(dead, items=(mended,)))
    assert [record["copy"] for record in bench.stub.sent] == [0, 1, 2]


def test_what_a_narrower_condition_leaves_out_is_filtered(bench, envelope):
    """A subscription that made no record, and is not for such events any more, filters them when they are redriven."""
    page = envelope("a").items[0].event | {"type": "page"}
    bench.run(replace(envelope("a"), destination="one", items=(Item.of(page, ("Echo#",)),)))
    assert (bench.stub.sent, bench.queued(), bench.dead_letters()) == ([], [], [])


def test_one_odd_message_takes_no_neighbour_along(bench, envelope):
    """Promise 4: what a person put into the queue by hand costs only itself, whatever it is."""
    odd_integrations = Item.of(envelope("x").items[0].event | {"integrations": "none"})
    too_often = replace(envelope("y"), attempts=2**64 - 1)
    bench.stub.answer = answer(Verdict.TRANSIENT, "y")
    assert bench.run(envelope("a"), replace(envelope("x"), items=(odd_integrations,)), envelope("b"), too_often) == [
        "m3"
    ]
    assert [record["text"] for record in bench.stub.sent] == ["a", "x", "b", "y"]


def test_a_text_that_is_no_event_costs_only_itself(bench, envelope):
    """Promise 4: what only a person can have put into a message is a dead letter, as it is; its neighbours go on."""
    broken = replace(envelope("a", "b"), items=(Item(b'{"type":"track",}'), *envelope("b").items))
    assert bench.run(broken, envelope("c")) == []
    assert [record["text"] for record in bench.stub.sent] == ["b", "c"]
    (letter,) = bench.dead_letters()
    assert (letter.failure.code, letter.items) == ("unreadable", broken.items[:1])


def test_a_text_that_is_no_event_goes_back_with_its_neighbours(bench, envelope):
    """Where nothing can be tried, it need not be read to be put off, however often that was so before."""
    broken = replace(envelope("a", "b"), items=(Item(b'{"a":}'), *envelope("b").items), attempts=6)
    assert bench.run(broken, has_time=lambda: False) == []
    assert sorted(item.text for rest in bench.queued() for item in rest.items) == sorted(
        item.text for item in broken.items
    )


def test_memory_is_bounded_by_planning_in_portions(bench, envelope, monkeypatch):
    """However many operations the messages mean, only some are planned and sent at once; all are delivered."""
    monkeypatch.setattr("switchyard.forward.run.MAX_OPERATIONS", 3)
    assert bench.run(*(envelope(f"{n}", copies=2) for n in range(7))) == []
    assert len(bench.stub.sent) == 14
    assert (bench.queued(), bench.dead_letters()) == ([], [])


def test_after_trouble_the_rest_is_not_even_planned(bench, envelope, monkeypatch):
    """A destination in trouble is asked once; what was not planned goes back whole, with the same attempt counted."""
    monkeypatch.setattr("switchyard.forward.run.MAX_OPERATIONS", 2)
    bench.stub.answer = answer(Verdict.TRANSIENT)
    bench.run(envelope("a", "b"), envelope("c", "d"))
    assert len(bench.stub.sent) == 2
    assert [item.only for rest in bench.queued() for item in rest.items] == [("Echo#0",), ("Echo#0",), None, None]


def test_what_keeps_failing_comes_back_in_halves(bench, envelope):
    """Promise 4: one event that makes the destination fail parts from its neighbours in the end."""
    bench.stub.answer = answer(Verdict.TRANSIENT)
    bench.run(replace(envelope("a", "b", "c"), attempts=6))
    assert sorted(len(rest.items) for rest in bench.queued()) == [1, 2]


def test_during_a_pause_nothing_is_sent_and_nothing_counted(bench, envelope):
    """A destination that is down is probed, not hammered: what comes meanwhile goes back until the pause is over."""
    bench.forwarder.troubles["one"] = {"/stub": Trouble(Outcome(Verdict.TRANSIENT, "down"), 9, time.time() + 600)}
    assert bench.run(envelope("a"), replace(envelope("b"), attempts=9, queued_at=1), anew=False) == []
    assert (bench.stub.sent, bench.dead_letters()) == ([], [])
    assert [rest.attempts for rest in bench.queued()] == [0, 9]


def test_a_pause_begins_with_the_trouble_and_ends_with_a_probe(bench, envelope):
    """The instance that was turned away remembers it; one request after the pause tells whether it is over."""
    bench.stub.answer = answer(Verdict.TRANSIENT, retry_after=100)
    bench.run(envelope("a"))
    bench.run(envelope("b"), anew=False)
    assert [record["text"] for record in bench.stub.sent] == ["a"]
    bench.forwarder.troubles["one"] = {"/stub": replace(bench.forwarder.troubles["one"]["/stub"], until=time.time())}
    bench.run(envelope("c", "d", "e", "f"), anew=False)
    assert [record["text"] for record in bench.stub.sent] == ["a", "c", "d"]
    assert bench.forwarder.troubles["one"]["/stub"].failures == 2


def test_the_pause_of_one_destination_is_not_anothers(bench, envelope):
    """Promise 5: what is remembered of one destination holds up no other."""
    bench.forwarder.troubles["one"] = {"/stub": Trouble(Outcome(Verdict.TRANSIENT, "down"), 9, time.time() + 600)}
    bench.run(envelope("a", source="both"), anew=False)
    assert len(bench.stub.sent) == 1
    assert [rest.destination for rest in bench.queued()] == ["one"]


def test_what_keeps_failing_is_parted_user_by_user(bench, envelope):
    """Updates of one profile keep together, in their order, while there are others to be parted from."""
    bench.stub.answer = answer(Verdict.TRANSIENT)
    users = {"a": "ann", "b": "bob", "c": "ann", "d": "bob", "e": "cy"}
    items = tuple(
        Item.of(item.event | {"userId": users[item.event["properties"]["text"]]}) for item in envelope(*users).items
    )
    bench.run(replace(envelope(), items=items, attempts=6))
    halves = [[item.event["properties"]["text"] for item in rest.items] for rest in bench.queued()]
    assert halves == [["a", "c"], ["b", "d", "e"]]


def test_what_is_left_of_a_message_stays_together(bench, envelope):
    """Tried or put off, what is left at a destination goes back as one: its parts would overtake each other."""
    bench.stub.answer = answer(Verdict.TRANSIENT)
    bench.run(envelope("a", "b", "c"))
    assert [[item.event["properties"]["text"] for item in rest.items] for rest in bench.queued()] == [["a", "b", "c"]]
