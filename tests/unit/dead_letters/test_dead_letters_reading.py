"""Reading a dead-letter queue: each message once, nothing lost, nothing hidden afterwards, and it ends."""

from collections import Counter
from collections.abc import Iterable
from itertools import cycle
from typing import Any

import pytest
from botocore.exceptions import ClientError

from switchyard.errors import QueueUnavailable
from switchyard_cli.dead_letters import reading
from switchyard_cli.dead_letters.reading import Reading


def numbers(visible):
    """Return what SQS says of a queue."""
    return {"ApproximateNumberOfMessages": str(visible), "ApproximateNumberOfMessagesNotVisible": "0"}


class Sqs:
    """A queue whose replies are given; what is asked of it is kept. It deletes none."""

    def __init__(self, replies: Iterable[list[str]], visible: int = 0) -> None:
        self.replies = iter(replies)
        self.asked: list[dict[str, Any]] = []
        self.get_queue_attributes = lambda **_: {"Attributes": numbers(visible)}
        self.change_message_visibility_batch = lambda **asked: self.asked.append(asked)
        self.delete_message_batch = lambda **_: {"Failed": [{"Id": "0", "Code": "InternalError"}]}

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        """Give the next messages; each receipt has the number of the call in it."""
        self.asked.append(asked)
        common = {"Body": "b", "Attributes": {"SentTimestamp": "1"}}
        ids: list[str] = next(self.replies, [])
        return {
            "Messages": [{"MessageId": each, "ReceiptHandle": f"r{len(self.asked)}-{each}", **common} for each in ids]
        }


def test_each_message_is_seen_once_and_is_there_afterwards(queues):
    """Whoever lists the queue sees every message once; then all of them can be received again at once."""
    bodies = [f"letter {number}" for number in range(45)]
    queues.put("mixpanel-dead", *bodies)
    with Reading(queues.sqs, queues.urls["mixpanel-dead"], 0) as letters:
        assert Counter(message.body for message in letters) == Counter(bodies)
        assert queues.hidden("mixpanel-dead") == 45
    assert queues.hidden("mixpanel-dead") == 0
    assert Counter(queues.bodies("mixpanel-dead")) == Counter(bodies)


def test_what_was_read_is_released_whatever_happens(queues):
    """An error, or Ctrl-C, in the middle hides nothing."""
    queues.put("mixpanel-dead", *map(str, range(12)))

    def read_one_and_stop():
        with Reading(queues.sqs, queues.urls["mixpanel-dead"], 0) as letters:
            next(iter(letters))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_one_and_stop()
    assert queues.hidden("mixpanel-dead") == 0


def test_a_message_that_comes_again_is_seen_once():
    """In a long reading the first messages appear again: they are known, and the newest receipt counts."""
    sqs = Sqs([["a", "b"], ["a", "c"], ["b"]])
    with Reading(sqs, "url", 0) as letters:
        assert [message.id for message in letters] == ["a", "b", "c"]
    released = {entry["ReceiptHandle"] for entry in sqs.asked[-1]["Entries"]}
    assert released == {"r2-a", "r3-b", "r2-c"}


def test_a_reading_ends_even_if_the_same_messages_come_for_ever():
    """Rounds without news are bounded."""
    with Reading(Sqs(cycle([["a"], ["b"]])), "url", 0) as letters:
        assert [message.id for message in letters] == ["a", "b"]


def test_a_queue_without_end_is_cut_short(monkeypatch):
    """SQS bounds what one may hold of a queue: the reading stops before, and says so."""
    monkeypatch.setattr(reading, "MAX_HELD", 4)
    with Reading(Sqs([[f"{round_}-{n}" for n in range(2)] for round_ in range(9)]), "url", 0) as letters:
        assert len(list(letters)) == 4
        assert letters.is_cut_short


@pytest.mark.parametrize(("visible", "seconds"), [(0, 60), (40_000, 2060), (10**9, 43_200)])
def test_messages_are_hidden_for_no_longer_than_a_slow_reading_takes(visible, seconds):
    """Should the process be killed, a few letters are back in a minute, and forty thousand in half an hour or so."""
    sqs = Sqs([], visible)
    with Reading(sqs, "url", 1) as letters:
        assert list(letters) == []
    (asked,) = sqs.asked
    assert (asked["VisibilityTimeout"], asked["WaitTimeSeconds"]) == (seconds, 1)


def test_what_others_hold_is_counted(queues):
    """Messages in other hands cannot be seen, so their number is told."""
    queues.put("mixpanel-dead", "one", "two")
    url = queues.urls["mixpanel-dead"]
    with Reading(queues.sqs, url, 0) as first:
        next(iter(first))
        assert Reading(queues.sqs, url, 0).in_other_hands == 2


def test_deleted_messages_are_gone_and_not_released(queues):
    """What was dealt with goes; the rest stays."""
    queues.put("mixpanel-dead", *"abc")
    with Reading(queues.sqs, queues.urls["mixpanel-dead"], 0) as letters:
        letters.delete([message for message in letters if message.body != "b"])
    assert queues.bodies("mixpanel-dead") == ["b"]


def test_a_deletion_that_sqs_did_not_make_is_told():
    """Nobody is told that a letter is gone while SQS still has it."""
    with Reading(Sqs([["a"]]), "url", 0) as letters, pytest.raises(QueueUnavailable, match="did not delete 1"):
        letters.delete(list(letters))


def test_a_release_that_fails_is_no_error(queues, monkeypatch):
    """The messages come back by themselves, only later."""
    queues.put("mixpanel-dead", "one")
    with Reading(queues.sqs, queues.urls["mixpanel-dead"], 0) as letters:
        assert len(list(letters)) == 1
        error = ClientError({"Error": {"Code": "ServiceUnavailable"}}, "ChangeMessageVisibilityBatch")
        monkeypatch.setattr(queues.sqs, "change_message_visibility_batch", lambda **_: (_ for _ in ()).throw(error))
