"""identifyUser: who is who, and the profile."""

from typing import Any

import pytest

from switchyard.destinations.base import Operation
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.events import Event

from .conftest import Perform


def identify(**event: Any) -> Event:
    """Return an identify call."""
    return {"type": "identify", "messageId": "m", **event}


def profile(perform: Perform, **traits: Any) -> Any:
    """Return the ``$set`` that traits become."""
    return perform("identifyUser", identify(userId="u", traits=traits)).record["$set"]


def test_the_ids_are_joined_before_the_profile_is_written(perform: Perform) -> None:
    """In this order, since the profile belongs to the user who has just become known."""
    event = identify(userId="u", anonymousId="a", context={"ip": "203.0.113.7"}, traits={"plan": "pro"})
    assert perform("identifyUser", event).operations == [
        Operation(
            "/track", {"event": "$identify", "properties": {"$identified_id": "u", "$anon_id": "a", "token": "token"}}
        ),
        Operation("/engage", {"$token": "token", "$distinct_id": "u", "$ip": "203.0.113.7", "$set": {"plan": "pro"}}),
    ]


@pytest.mark.parametrize("traits", [{}, None, "x"])
def test_without_traits_there_is_no_profile(perform: Perform, traits: Any) -> None:
    """Wrong traits cost only themselves (promise 4)."""
    operations = perform("identifyUser", identify(anonymousId="a", traits=traits)).operations
    assert [operation.endpoint for operation in operations] == ["/track"]


def test_without_ids_and_traits_there_is_nothing_to_do(perform: Perform) -> None:
    """Which is no error, as in Segment."""
    assert perform("identifyUser", identify()).operations == []


@pytest.mark.parametrize(
    ("ids", "distinct_id"),
    [
        ({"userId": "u", "anonymousId": "a"}, {"$distinct_id": "u"}),
        ({"userId": None, "anonymousId": "a"}, {"$distinct_id": "a"}),
        ({"anonymousId": "a"}, {"$distinct_id": "a"}),
        ({"userId": ""}, {}),
        ({"userId": None}, {}),
        ({"anonymousId": None}, {"$distinct_id": None}),
    ],
)
def test_a_profile_is_the_users_or_else_the_anonymous_ones(perform: Perform, ids: Event, distinct_id: Event) -> None:
    """A missing id has no key; Mixpanel's answer will say what it misses."""
    operation = perform("identifyUser", identify(**ids, traits={"x": 1})).operations[-1]
    assert operation.record == {"$token": "token", **distinct_id, "$set": {"x": 1}}


def test_a_profile_without_an_ip_has_none(perform: Perform) -> None:
    """The request itself says ``ip=0``, so that nobody is located at the forwarder."""
    assert "$ip" not in perform("identifyUser", identify(userId="u", traits={"x": 1})).record


def test_known_traits_get_mixpanels_names(perform: Perform) -> None:
    """The others stay as they are, with their nulls."""
    traits = {
        "email": "e",
        "firstName": "F",
        "lastName": "L",
        "phone": 5,
        "username": None,
        "createdAt": "c",
        "x": None,
    }
    assert profile(perform, **traits) == {
        "$email": "e",
        "$first_name": "F",
        "$last_name": "L",
        "$name": "F L",
        "$phone": 5,
        "$username": None,
        "$created": "c",
        "x": None,
    }


@pytest.mark.parametrize("name", ["$created", "$email", "$first_name", "$last_name", "$name", "$username", "$phone"])
def test_a_trait_that_already_has_mixpanels_name_is_kept(perform: Perform, name: str) -> None:
    """Segment loses it."""
    assert profile(perform, **{name: "mine"}) == {name: "mine"}


def test_segments_name_of_a_trait_goes_before_mixpanels(perform: Perform) -> None:
    """If the caller gave both, it is as in Segment."""
    assert profile(perform, **{"$email": "mine", "email": "e"}) == {"$email": "e"}


@pytest.mark.parametrize(
    ("traits", "name"),
    [
        ({"name": "N", "firstName": "F", "lastName": "L"}, "N"),
        ({"name": "", "firstName": "F", "lastName": "L"}, ""),
        ({"name": None, "firstName": "F", "lastName": "L"}, "F L"),
        ({"firstName": 1.0, "lastName": [["a", None], "b"]}, "1 a,,b"),
        ({"firstName": {}, "lastName": True}, "[object Object] true"),
        ({"firstName": "F"}, None),
        ({"firstName": "F", "lastName": ""}, None),
    ],
)
def test_a_name_is_made_up_of_first_and_last(perform: Perform, traits: Event, name: str | None) -> None:
    """As JavaScript joins them, and only where both say something."""
    assert profile(perform, **traits).get("$name") == name


@pytest.mark.parametrize(
    ("traits", "created"),
    [
        ({"created": 1, "createdAt": 2, "created_at": 3}, {"$created": 1}),
        ({"created": None, "createdAt": 2}, {"$created": 2}),
        ({"createdAt": None, "created_at": 3}, {"$created": 3}),
        ({"created_at": None}, {"$created": None}),
        ({"created": None, "x": 1}, {"x": 1}),
    ],
)
def test_the_first_date_of_creation_counts(perform: Perform, traits: Event, created: Event) -> None:
    """Segment's SDKs know three names for it."""
    assert profile(perform, **traits) == created


def test_an_identity_event_names_the_source(perform: Perform) -> None:
    """A profile has no place for it."""
    ran = perform("identifyUser", identify(anonymousId="a", traits={"x": 1}), MixpanelSettings("t", sourceName="web"))
    assert ran.operations[0].record["properties"]["segment_source_name"] == "web"
    assert "web" not in str(ran.operations[1])
