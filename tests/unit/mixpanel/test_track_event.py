"""trackEvent: what a Mixpanel event has beside what Segment's corpus shows."""

import pytest

from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.errors import InvalidEvent
from switchyard.events import Event

from .conftest import Perform

TRACK: Event = {"type": "track", "event": "E", "messageId": "m", "timestamp": "2024-01-02T03:04:05.678Z"}


def test_an_event_goes_to_import_without_a_token(perform: Perform) -> None:
    """``/import`` knows the project by its credentials."""
    [operation] = perform("trackEvent", TRACK).operations
    assert operation.endpoint == "/import"
    assert operation.record == {
        "event": "E",
        "properties": {
            "time": 1704164645678,
            "ip": "0",
            "distinct_id": "",
            "$insert_id": "m",
            "$source": "segment",
            "event_original_name": "E",
        },
    }


@pytest.mark.parametrize("context", [{}, {"ip": ""}, {"ip": None}, {"ip": {}}])
def test_an_event_without_an_ip_is_not_located(perform: Perform, context: Event) -> None:
    """Mixpanel would take the forwarder's own address for the user's."""
    assert perform("trackEvent", {**TRACK, "context": context}).properties["ip"] == "0"


def test_an_ip_locates_the_user(perform: Perform) -> None:
    """The event's own is sent as it is, and the caller's property goes before it."""
    event = {**TRACK, "context": {"ip": "203.0.113.7"}}
    assert perform("trackEvent", event).properties["ip"] == "203.0.113.7"
    assert perform("trackEvent", {**event, "properties": {"ip": "0.0.0.0"}}).properties["ip"] == "0.0.0.0"


def test_ids_are_told_in_the_words_of_both_identity_systems(perform: Perform) -> None:
    """``$device_id`` and ``$user_id`` for the simplified merge, the others for the original one."""
    properties = perform("trackEvent", {**TRACK, "userId": "u", "anonymousId": "a"}).properties
    ids = {"id": "u", "distinct_id": "u", "$user_id": "u", "$identified_id": "u", "$anon_id": "a", "$device_id": "a"}
    assert ids.items() <= properties.items()


def test_a_library_without_a_name_is_sent_so(perform: Perform) -> None:
    """What a list of null makes of it is empty, in Segment's records, too."""
    properties = perform("trackEvent", {**TRACK, "context": {"library": {"name": [None]}}}).properties
    assert properties["mp_lib"] == ""


def test_the_callers_properties_can_not_replace_what_identifies_a_record(perform: Perform) -> None:
    """Seven names are reserved; every other property is the caller's to set, to null as well."""
    reserved = {"time": 1, "id": 2, "$anon_id": 3, "distinct_id": 4, "$group_id": 5, "$insert_id": 6, "$user_id": 7}
    free = {"$os": None, "mp_lib": "own", "$source": "own", "nested": {"a": [None]}}
    properties = perform("trackEvent", {**TRACK, "properties": {**reserved, **free}}).properties
    plain = perform("trackEvent", TRACK).properties
    assert properties == {**plain, **free}


def test_a_null_context_costs_nothing_else(perform: Perform) -> None:
    """A bad optional field costs only that field (promise 4)."""
    ran = perform("trackEvent", {**TRACK, "context": None})
    assert ran.properties == perform("trackEvent", TRACK).properties


def test_a_wrongly_typed_field_is_left_out_and_named(perform: Perform) -> None:
    """The record is that of an event without the field, and a warning says so (promise 4)."""
    ran = perform("trackEvent", {**TRACK, "context": {"screen": {"width": "wide"}, "locale": "de"}})
    assert ran.properties == perform("trackEvent", {**TRACK, "context": {"locale": "de"}}).properties
    assert ran.warnings == ["screen_width: a string where a number is expected; left out"]


def test_an_event_without_a_name_is_invalid(perform: Perform) -> None:
    """Mixpanel has nowhere to put it."""
    with pytest.raises(InvalidEvent, match="event is required"):
        perform("trackEvent", {**TRACK, "event": None})


@pytest.mark.parametrize("name", ["web", ""])
def test_the_source_is_named_when_the_destination_has_one(perform: Perform, name: str) -> None:
    """``segment_source_name`` tells several sources in one project apart."""
    ran = perform("trackEvent", TRACK, MixpanelSettings("t", sourceName=name))
    assert ran.properties["segment_source_name"] == name


@pytest.mark.parametrize(
    ("context", "source"),
    [
        ({"integration": {"name": "Iterable"}}, "Iterable"),
        ({"integration": {"name": "iterable"}}, "segment"),
        ({"integration": "Iterable"}, "segment"),
        ({"integration": None}, "segment"),
        ({}, "segment"),
    ],
)
def test_only_iterable_is_a_source_of_its_own(perform: Perform, context: Event, source: str) -> None:
    """Events that Iterable sends through Segment say so."""
    assert perform("trackEvent", {**TRACK, "context": context}).properties["$source"] == source


def test_a_subscription_may_map_fields_that_are_sent_nowhere(perform: Perform) -> None:
    """One that was copied from Segment names them all, with its batching options."""
    ran = perform("trackEvent", TRACK, device_id="d", region="r", enable_batching=True, batch_size=1000)
    assert ran == perform("trackEvent", TRACK)
