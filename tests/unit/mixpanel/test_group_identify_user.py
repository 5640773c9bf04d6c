"""groupIdentifyUser: the profile of a group."""

from typing import Any

import pytest

from switchyard.destinations.base import Operation
from switchyard.errors import InvalidEvent
from switchyard.events import Event

from .conftest import Perform


def group(**event: Any) -> Event:
    """Return a group call."""
    return {"type": "group", "messageId": "m", **event}


def test_a_group_is_set_under_its_key(perform: Perform) -> None:
    """``$group_id`` is the key unless a subscription names another."""
    event = group(groupId="g", traits={"name": "N", "createdAt": "c", "email": "e"})
    assert perform("groupIdentifyUser", event).operations == [
        Operation(
            "/groups",
            {
                "$token": "token",
                "$group_key": "$group_id",
                "$group_id": "g",
                "$set": {"$name": "N", "$created": "c", "email": "e"},
            },
        )
    ]


@pytest.mark.parametrize(
    ("trait", "group_id"), [("C", "C"), (77, 77), ([], []), ({}, {}), ("", "g"), (0, "g"), (False, "g"), (None, "g")]
)
def test_a_trait_named_like_the_key_is_the_groups_id(perform: Perform, trait: Any, group_id: Any) -> None:
    """Where JavaScript calls it true; it stays among the traits."""
    ran = perform("groupIdentifyUser", group(groupId="g", traits={"company": trait}), group_key="company")
    assert (ran.record["$group_key"], ran.record["$group_id"]) == ("company", group_id)
    assert ran.record["$set"] == {"company": trait}


def test_an_empty_key_is_none(perform: Perform) -> None:
    """A list of null is converted to an empty text, which Mixpanel would refuse; Segment falls back as well."""
    ran = perform("groupIdentifyUser", group(groupId="g", traits={}), group_key={"@literal": [None]})
    assert ran.operations[0].record["$group_key"] == "$group_id"


def test_a_group_without_traits_of_its_own_is_set_empty(perform: Perform) -> None:
    """So that it exists."""
    assert perform("groupIdentifyUser", group(groupId="g", traits={})).record["$set"] == {}


@pytest.mark.parametrize(
    "event", [group(traits={}), group(groupId="g"), group(groupId="g", traits="x"), group(groupId=[], traits={})]
)
def test_a_group_needs_an_id_and_traits(perform: Perform, event: Event) -> None:
    """Segment refuses the same."""
    with pytest.raises(InvalidEvent):
        perform("groupIdentifyUser", event)


@pytest.mark.parametrize("name", ["$name", "$created"])
def test_a_group_trait_that_already_has_mixpanels_name_is_kept(perform: Perform, name: str) -> None:
    """Segment loses it."""
    assert perform("groupIdentifyUser", group(groupId="g", traits={name: "mine"})).record["$set"] == {name: "mine"}
