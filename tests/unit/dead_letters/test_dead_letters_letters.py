"""What is known of a dead letter, whoever made it; which are meant; and what to do about them."""

from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from switchyard.envelope import Item, seal
from switchyard_cli.dead_letters import groups
from switchyard_cli.dead_letters.groups import OTHER_REASONS, Groups
from switchyard_cli.dead_letters.letter import letters_of
from switchyard_cli.dead_letters.reading import Message
from switchyard_cli.dead_letters.remedies import can_be_redriven, remedy
from switchyard_cli.dead_letters.selection import Selection
from switchyard_cli.dead_letters.text import age

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
SENT_AT = 1_768_471_215_000  # 10:00:15


def read(body, queue="mixpanel"):
    """Return the letters of a message with this body."""
    return letters_of(queue, Message("sqs-1", body, SENT_AT))


def test_a_letter_of_forwards_has_everything(letter):
    """Source, destination, action, class, the destination's own words, times, attempts, the event and the operation."""
    document = letter().document()
    assert document == {
        "queue": "mixpanel",
        "sqsMessageId": "sqs-1",
        "messageId": "m-1",
        "source": "web",
        "destination": "mixpanel-eu",
        "subscription": "Track Calls",
        "action": "trackEvent",
        "class": "invalid",
        "code": "invalid",
        "reason": "'properties.time' is invalid: must be specified as seconds since epoch",
        "field": "properties.time",
        "status": 400,
        "attempts": 2,
        "requestId": "request-1",
        "receivedAt": "2026-01-15T10:00:10.000Z",
        "firstTriedAt": "2026-01-15T10:00:10.500Z",
        "failedAt": "2026-01-15T10:00:11.000Z",
        "queuedAt": "2026-01-15T10:00:15.000Z",
        "event": {"type": "track", "event": "Paid", "messageId": "m-1", "userId": "u"},
        "only": ("Track Calls#0",),
        "operations": ({"key": "Track Calls#0", "endpoint": "/import", "record": {"event": "Paid"}},),
    }


def test_each_event_of_a_message_is_a_letter(envelope):
    """Collect's dead letters, and messages that crashed, hold many events: each is counted."""
    (body,) = seal(envelope("m-1", "m-2"))
    assert [each.message_id for each in read(body)] == ["m-1", "m-2"]


def test_what_sqs_moved_itself_is_shown_honestly(envelope):
    """Nobody wrote down why: code and reason say just that, and there is no class."""
    (body,) = seal(envelope("m-1", failure=None, attempts=3, first_tried_at="2026-01-15T10:00:10.700Z"))
    (crashed,) = read(body)
    assert (crashed.why.code, crashed.why.class_, crashed.failure.attempts) == ("crashed", None, 3)
    assert crashed.why.reason.startswith("no reason was written down: the function that reads the mixpanel queue")
    assert (crashed.document()["failedAt"], crashed.died_at) == (None, "2026-01-15T10:00:15.000Z")


@pytest.mark.parametrize("body", ["nonsense", "{}", '{"version": 2}', "[]"])
def test_a_message_of_somebody_elses_is_shown_as_it_is(body):
    """What is no envelope has no event, but it is there, and its text with it."""
    (letter,) = read(body)
    assert letter.why.code == "unreadable"
    assert letter.document()["body"] == body
    assert not can_be_redriven(letter.why)


def test_a_damaged_event_is_shown_as_it_is(envelope):
    """Forward carries events unread; one that is none takes neither its reason nor its neighbour along."""
    good = envelope("m-1")
    (body,) = seal(replace(good, items=(Item(b'{"type":"track",}'), *good.items)))
    broken, sound = read(body)
    assert broken.why == sound.why
    assert (broken.document()["messageId"], broken.document()["body"]) == (None, body)
    assert (sound.document()["messageId"], "body" in sound.document()) == ("m-1", False)


def test_a_message_without_events_is_not_overlooked(envelope):
    """Even an envelope that holds nothing is shown: it lies in the queue."""
    (body,) = seal(envelope("m-1"))
    (letter,) = read(body.replace(body[body.index('"items"') :], '"items":[]}'))
    assert (letter.why.code, letter.why.reason) == ("unreadable", "the message holds no event")


# ---- which are meant -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "other"),
    [
        ({"queue": "mixpanel"}, {"queue": "archive"}),
        ({"code": "invalid"}, {"code": "inv"}),
        ({"reason": "IS INVALID: must"}, {"reason": "distinct_id"}),
        ({"source": "web"}, {"source": "ios"}),
        ({"destination": "mixpanel-eu"}, {"destination": "mixpanel-us"}),
        ({"event": "Paid"}, {"event": "Pai"}),
        ({"start": datetime(2026, 1, 15, 10, 0, 11, tzinfo=UTC)}, {"start": NOON}),
        ({"end": NOON}, {"end": datetime(2026, 1, 15, 10, 0, 11, tzinfo=UTC)}),
    ],
)
def test_a_letter_is_meant_if_all_that_is_given_holds(letter, given, other):
    """Each filter lets its own letters through and no others; times are from the first, included, to the second."""
    assert Selection(**given).has(letter())
    assert not Selection(**other).has(letter())
    assert not Selection(**(given | {"source": "ios"})).has(letter())


def test_an_event_without_a_name_is_known_by_its_call(letter, envelope):
    """``--event identify`` means the identify calls."""
    identify = replace(envelope("m-1"), items=(Item.of({"type": "identify", "messageId": "m-1"}),))
    assert Selection(event="identify").has(letter(identify))


def test_a_letter_with_an_odd_time_is_not_in_any_time(letter):
    """A time that cannot be read is in no range, and does no other harm."""
    odd = letter(failedAt="yesterday")
    assert Selection().has(odd)
    assert not Selection(start=NOON).has(odd)
    assert age(odd.died_at, NOON) == "?"


# ---- by reason -------------------------------------------------------------------------------------------------------


def test_letters_are_counted_by_reason(letter):
    """A group has its number, oldest and newest, sources, an example and what to do; the largest comes first."""
    found = Groups()
    for minute in (3, 1, 2):
        found.add(letter(failedAt=f"2026-01-15T10:0{minute}:00.000Z"))
    found.add(letter(reason="another one"))
    first, second = (group.document() for group in found)
    assert (first["events"], second["events"], found.events) == (3, 1, 4)
    assert (first["oldest"], first["newest"]) == ("2026-01-15T10:01:00.000Z", "2026-01-15T10:03:00.000Z")
    assert (first["sources"], first["example"]["messageId"]) == ({"web": 3}, "m-1")
    assert "preview --explain" in first["remedy"]


def test_reasons_without_end_are_counted_together(letter, monkeypatch):
    """However many reasons somebody brings about, memory is bounded and each letter is counted."""
    monkeypatch.setattr(groups, "MAX_GROUPS", 3)
    found = Groups()
    for number in range(10):
        found.add(letter(reason=f"reason {number}"))
    assert {group.why.reason: group.events for group in found} == {
        OTHER_REASONS: 7,
        "reason 0": 1,
        "reason 1": 1,
        "reason 2": 1,
    }


@pytest.mark.parametrize(
    ("queue", "failure", "words"),
    [
        ("mixpanel", {"code": "transient", "class_": "transient"}, "well again, redrive"),
        ("mixpanel", {"code": "missing_field"}, "Map it otherwise"),
        ("mixpanel", {"code": "subscription_gone"}, "Give it its name back"),
        ("mixpanel", {"code": "destination_gone"}, "back into the configuration"),
        ("mixpanel", {"code": "a_new_one"}, "never take this record"),
        ("mixpanel", {"code": "a_new_one", "class_": "also_new"}, "`dlq show` has all"),
        ("collect", {"code": "event_not_defined"}, "never accepted"),
    ],
)
def test_each_reason_has_a_remedy(letter, queue, failure, words):
    """What to do depends on the code, else on the class; what collect refused was never accepted."""
    why = letter(queue=queue, **failure).why
    assert words in remedy(why)
    assert can_be_redriven(why) == (queue != "collect")


@pytest.mark.parametrize(
    ("then", "told"),
    [("11:59:59", "1 s"), ("11:58:30", "1 min"), ("09:00:00", "3 h"), ("12:00:05", "0 s")],
)
def test_an_age_is_told_in_its_largest_unit(then, told):
    """Seconds, minutes, hours or days; a clock that is ahead makes no negative age."""
    assert age(f"2026-01-15T{then}Z", NOON) == told
    assert age("2026-01-01T12:00:00Z", NOON) == "14 d"


def test_failures_are_typed(envelope):
    """A failure that is none makes the message unreadable, instead of the command fail."""
    (body,) = seal(envelope("m-1"))
    failure = orjson.loads(body) | {"failure": {"code": 1}}
    (letter,) = read(orjson.dumps(failure).decode())
    assert letter.why.code == "unreadable"
    assert letter.why.reason == "the message is not an envelope (code, reason, attempts)"
