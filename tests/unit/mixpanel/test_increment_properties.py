"""incrementProperties: numbers that are added to a profile."""

from typing import Any

import pytest

from switchyard.destinations.base import Operation
from switchyard.errors import InvalidEvent
from switchyard.events import Event

from .conftest import Perform


def track(increment: Any) -> Event:
    """Return a track call that increments."""
    return {"type": "track", "event": "E", "userId": "u", "properties": {"increment": increment}}


def test_numbers_are_added_to_the_users_profile(perform: Perform) -> None:
    """Text counts where JavaScript reads a number; other values are passed over, as in Segment."""
    increment = {
        "a": 1,
        "b": "2.5",
        "c": "",
        "d": None,
        "e": True,
        "f": {},
        "g": " 7 ",
        "h": "0x10",
        "i": -3,
        "j": "Infinity",
    }
    assert perform("incrementProperties", track(increment)).operations == [
        Operation(
            "/engage",
            {
                "$token": "token",
                "$distinct_id": "u",
                "$add": {"a": 1, "b": 2.5, "c": 0, "g": 7, "h": 16, "i": -3, "j": None},
            },
        )
    ]


def test_nothing_to_add_is_no_operation(perform: Perform) -> None:
    """An empty object asks for nothing."""
    assert perform("incrementProperties", track({})).operations == []


def test_values_that_are_all_passed_over_leave_an_empty_operation(perform: Perform) -> None:
    """As in Segment; Mixpanel's answer will say so."""
    assert perform("incrementProperties", track({"a": None})).record["$add"] == {}


@pytest.mark.parametrize("increment", [None, "", [], 5, {f"k{number}": 1 for number in range(21)}, {"k": "7 apples"}])
def test_what_can_not_be_added_is_an_invalid_event(perform: Perform, increment: Any) -> None:
    """No object, over twenty properties, or text that is no number."""
    with pytest.raises(InvalidEvent):
        perform("incrementProperties", track(increment))


def test_the_reason_names_neither_the_senders_key_nor_its_value(perform: Perform) -> None:
    """No personal data in a dead letter's reason (promise 7): a key may be an address, too."""
    with pytest.raises(InvalidEvent) as caught:
        perform("incrementProperties", track({"jane@example.com": "secret"}))
    assert (caught.value.reason, caught.value.field) == ("increment: a string that is not a number", "increment")
