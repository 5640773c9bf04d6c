"""Redrive and purge: what was counted and nothing else moves, crashes lose nothing, and repeating is safe."""

from collections import Counter
from dataclasses import replace

import pytest

from switchyard.envelope import Item
from switchyard.errors import QueueUnavailable
from switchyard_cli.dead_letters.queues import DeadLetterQueues
from switchyard_cli.dead_letters.selection import Selection
from switchyard_cli.deployment import NoDeployment
from switchyard_cli.rate_limit import Pace

AT_ONCE = Pace(10**9)


def chosen(queues, **selection):
    """Return the queues with a selection, and the ids of the messages that hold what is meant."""
    found = DeadLetterQueues(queues.deployment, Selection(**selection))
    return found, {letter.message.id for letter in found.letters()}


def redrive(queues, **selection):
    """Redrive what is meant; return how many."""
    found, ids = chosen(queues, **selection)
    return sum(found.redrive(ids, AT_ONCE))


def test_letters_go_back_to_the_queue_of_their_own_function(queues, envelope):
    """Forward's go to its queue, the archive's to the archive's; they start anew with what is left of them."""
    queues.put("mixpanel-dead", envelope("m-1"), envelope("m-2"))
    queues.put("archive-dead", envelope("a-1", failure=None, destination=None))
    assert redrive(queues) == 3
    assert (queues.ids("mixpanel"), queues.ids("archive")) == (["m-1", "m-2"], ["a-1"])
    assert (queues.bodies("mixpanel-dead"), queues.bodies("archive-dead")) == ([], [])
    first = queues.envelopes("mixpanel")[0]
    assert (first.failure, first.attempts, first.items[0].only) == (None, 0, ("Track Calls#0",))


def test_only_what_is_meant_is_moved(queues, envelope):
    """The other letters stay, and can be received at once."""
    queues.put("mixpanel-dead", envelope("m-1"), envelope("m-2", destination="mixpanel-us"), envelope("m-3"))
    assert redrive(queues, destination="mixpanel-eu") == 2
    assert (queues.ids("mixpanel"), queues.ids("mixpanel-dead")) == (["m-1", "m-3"], ["m-2"])
    assert queues.hidden("mixpanel-dead") == 0


def test_neighbours_in_a_message_stay_behind(queues, envelope):
    """Of a message that crashed, the events that are not meant stay, with all that was known of them."""
    mixed = envelope("m-1", "m-2", "m-3", failure=None)
    other = Item.of({"type": "track", "event": "Poison", "messageId": "m-2"})
    mixed = replace(mixed, items=(mixed.items[0], other, mixed.items[2]))
    queues.put("mixpanel-dead", mixed)
    assert redrive(queues, event="Paid") == 2
    assert queues.ids("mixpanel") == ["m-1", "m-3"]
    assert queues.envelopes("mixpanel-dead") == [replace(mixed, items=(other,))]


def test_what_comes_meanwhile_stays(queues, envelope):
    """A letter that fails again at once must not go round and round: only what was counted is moved."""
    queues.put("mixpanel-dead", envelope("m-1"))
    found, ids = chosen(queues)
    queues.put("mixpanel-dead", envelope("m-2"))
    assert sum(found.redrive(ids, AT_ONCE)) == 1
    assert (queues.ids("mixpanel"), queues.ids("mixpanel-dead")) == (["m-1"], ["m-2"])


def test_a_crash_repeats_letters_and_loses_none(queues, envelope, monkeypatch):
    """Sent and not deleted: the letter is in both queues. The next run takes up what is left; each event was sent."""
    ids = [f"m-{number}" for number in range(25)]
    queues.put("mixpanel-dead", *map(envelope, ids))
    found, counted = chosen(queues)
    real, calls = queues.sqs.delete_message_batch, []

    def crash(**asked):
        calls.append(asked)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(**asked)

    monkeypatch.setattr(found._sqs, "delete_message_batch", crash)
    with pytest.raises(KeyboardInterrupt):
        sum(found.redrive(counted, AT_ONCE))
    assert (len(queues.ids("mixpanel")), len(queues.ids("mixpanel-dead"))) == (20, 15)
    assert redrive(queues) == 15
    assert set(queues.ids("mixpanel")) == set(ids)
    assert sum(Counter(queues.ids("mixpanel")).values()) == 35
    assert queues.ids("mixpanel-dead") == []


def test_a_queue_that_takes_nothing_loses_nothing(queues, envelope, monkeypatch):
    """Where SQS does not confirm that it holds a letter, the letter stays where it was."""
    queues.put("mixpanel-dead", envelope("m-1"))
    found, counted = chosen(queues)
    monkeypatch.setattr(found._sqs, "send_message_batch", lambda **_: {"Successful": []})
    with pytest.raises(QueueUnavailable):
        sum(found.redrive(counted, AT_ONCE))
    assert queues.ids("mixpanel-dead") == ["m-1"]
    assert queues.hidden("mixpanel-dead") == 0


def test_what_was_never_accepted_is_never_redriven(queues, envelope):
    """Collect's letters have no queue to go to, whatever is asked for."""
    queues.put("collect-dead", envelope("c-1", destination=None))
    assert redrive(queues) == 0
    assert queues.ids("collect-dead") == ["c-1"]


def test_purge_deletes_what_is_meant_alone(queues, envelope):
    """Whatever is not meant stays, in the same message, too; messages that nobody can read can be purged."""
    mixed = envelope("m-1", "m-2")
    mixed = replace(mixed, items=(mixed.items[0], Item.of({"type": "page", "messageId": "m-2"})))
    queues.put("mixpanel-dead", mixed, "nonsense")
    found, ids = chosen(queues, event="Paid")
    assert sum(found.purge(ids, AT_ONCE)) == 1
    assert "nonsense" in queues.bodies("mixpanel-dead")
    found, ids = chosen(queues, code="unreadable")
    assert sum(found.purge(ids, AT_ONCE)) == 1
    assert (queues.ids("mixpanel-dead"), queues.bodies("mixpanel")) == (["m-2"], [])


def test_an_unknown_queue_is_named(queues):
    """A typing mistake is no empty list."""
    with pytest.raises(NoDeployment, match="no dead-letter queue 'mixpannel'; did you mean 'mixpanel'"):
        DeadLetterQueues(queues.deployment, Selection(queue="mixpannel"))


def test_letters_in_other_hands_are_told(queues, envelope):
    """What another command holds at the moment is not counted, and a remark says so."""
    queues.put("mixpanel-dead", envelope("m-1"), envelope("m-2"))
    queues.sqs.receive_message(QueueUrl=queues.urls["mixpanel-dead"], VisibilityTimeout=60)
    found = DeadLetterQueues(queues.deployment, Selection())
    assert len(list(found.letters())) == 1
    assert found.remarks[0].startswith("1 more message(s) of mixpanel are in other hands")


# ---- pace ------------------------------------------------------------------------------------------------------------


def test_a_rate_is_kept():
    """A hundred at twenty a second take five seconds, however they are portioned; lost time is not made up for."""
    clock = [0.0]
    pace = Pace(20, now=lambda: clock[0], sleep=lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    for _ in range(10):
        pace.keep(10)
    assert clock == [pytest.approx(5)]
    clock[0] += 60
    pace.keep(20)
    assert clock == [pytest.approx(66)]
