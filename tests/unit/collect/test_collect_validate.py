"""Segment's ingest rules and its drop codes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.collect import validate
from switchyard.errors import InvalidEvent

GOOD = {
    "track": {"type": "track", "userId": "u", "event": "Signed Up"},
    "identify": {"type": "identify", "userId": "u"},
    "page": {"type": "page", "anonymousId": "a"},
    "screen": {"type": "screen", "anonymousId": "a"},
    "group": {"type": "group", "userId": "u", "groupId": "g"},
    "alias": {"type": "alias", "userId": "u", "previousId": "a"},
}
CALLS = [*GOOD]
NO_STRINGS = [5, True, [], {}, ["u"]]
NO_OBJECTS = [5, False, "", "text", [], [{}]]


def refused(event) -> tuple[str, str | None]:
    """The code with which an event is refused, and the field that is to blame."""
    with pytest.raises(InvalidEvent) as caught:
        validate.check(event)
    return caught.value.code, caught.value.field


@pytest.mark.parametrize("call", CALLS)
def test_each_call_passes_with_what_it_needs(call):
    """These are the smallest events that somebody can use."""
    validate.check(GOOD[call])


@pytest.mark.parametrize(
    "event",
    [
        {**GOOD["track"], "anonymousId": None},
        {**GOOD["track"], "userId": None, "anonymousId": "a"},
        {**GOOD["track"], "userId": False, "anonymousId": "a"},
        {**GOOD["track"], "userId": {}, "anonymousId": "a"},
        {**GOOD["page"], "name": "", "category": None},
        {**GOOD["screen"], "name": "Home", "category": ""},
        {**GOOD["identify"], "properties": "of no concern"},
        {**GOOD["track"], "name": 5, "category": [], "traits": 5, "groupId": {}, "previousId": ""},
        *({**GOOD[call], "traits": None, "properties": None} for call in CALLS),
    ],
)
def test_what_is_optional_may_be_missing_null_or_empty(event):
    """One good id is enough, and a null is as good as nothing."""
    validate.check(event)


@pytest.mark.parametrize("kind", [None, "", "Track", "track ", "delete", 5, True, [], ["track"], {}])
def test_the_type_is_one_of_six_calls(kind):
    """Anything else, of whatever JSON type, is a bad request."""
    assert refused({**GOOD["track"], "type": kind}) == ("bad_request", "type")
    assert refused({"userId": "u"}) == ("bad_request", "type")


@pytest.mark.parametrize("call", CALLS)
def test_every_call_needs_somebody(call):
    """Without userId and anonymousId nobody did it; the server is stricter than some SDKs here."""
    event = {name: value for name, value in GOOD[call].items() if name not in ("userId", "anonymousId")}
    assert refused(event) == ("no_user_anon_id", None)
    assert refused({**event, "userId": None, "anonymousId": None}) == ("no_user_anon_id", None)


@pytest.mark.parametrize("value", ["", *NO_STRINGS, False])
def test_ids_are_strings_that_are_not_empty(value):
    """Numbers have become strings before this, so nothing else will do."""
    assert refused({"type": "page", "userId": value}) == ("id_not_string", None)
    assert refused({"type": "page", "anonymousId": value}) == ("id_not_string", None)
    assert refused({**GOOD["group"], "groupId": value}) == ("id_not_string", "groupId")
    assert refused({**GOOD["alias"], "previousId": value}) == ("id_not_string", "previousId")
    assert refused({**GOOD["alias"], "userId": value, "anonymousId": "a"}) == ("id_not_string", "userId")


def test_group_and_alias_need_their_ids():
    """A group has a groupId, an alias connects a previousId with a userId."""
    assert refused({"type": "group", "userId": "u"}) == ("id_required", "groupId")
    assert refused({"type": "alias", "userId": "u"}) == ("id_required", "previousId")
    assert refused({"type": "alias", "anonymousId": "a", "previousId": "p"}) == ("id_required", "userId")


def test_track_needs_the_name_of_its_event():
    """It is a string that is not empty."""
    for nothing in (None, ""):
        assert refused({**GOOD["track"], "event": nothing}) == ("event_not_defined", "event")
    for value in NO_STRINGS:
        assert refused({**GOOD["track"], "event": value}) == ("event_not_string", "event")
    assert refused({"type": "track", "userId": "u"}) == ("event_not_defined", "event")


@pytest.mark.parametrize("value", NO_OBJECTS)
def test_properties_and_traits_are_objects(value):
    """Properties belong to track, page and screen, traits to identify and group."""
    for call in ("track", "page", "screen"):
        assert refused({**GOOD[call], "properties": value}) == ("properties_not_object", "properties")
    for call in ("identify", "group"):
        assert refused({**GOOD[call], "traits": value}) == ("traits_not_object", "traits")


@pytest.mark.parametrize("call", ["page", "screen"])
@pytest.mark.parametrize("value", NO_STRINGS)
def test_name_and_category_are_strings(call, value):
    """Those of a page and of a screen; an empty one passes, since mobile SDKs send it."""
    assert refused({**GOOD[call], "name": value}) == ("name_not_string", "name")
    assert refused({**GOOD[call], "category": value}) == ("category_not_string", "category")


@pytest.mark.parametrize("character", ["x", "é", "東", "🦄"])
def test_an_event_has_32_kib_as_compact_json(character):
    """The measure is UTF-8 without blanks and escapes, so nothing that an SDK let pass is refused."""
    width = len(character.encode())
    padding = (32 * 1024 - len('{"a":"","b":""}')) % width
    count = (32 * 1024 - len('{"a":"","b":""}')) // width
    validate.check_size({"a": character * count, "b": "y" * padding})
    with pytest.raises(InvalidEvent) as caught:
        validate.check_size({"a": character * count, "b": "y" * (padding + 1)})
    assert caught.value.code == "payload_too_large"


JSON: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.none(), max_size=1) | st.just({})
)
FIELDS = ["userId", "anonymousId", "groupId", "previousId", "event", "name", "category", "properties", "traits"]


@given(st.sampled_from(CALLS) | JSON, st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_event_passes_or_is_refused(kind, fields):
    """No JSON in any field raises anything but InvalidEvent, and the reason quotes no value (promise 7)."""
    marked = {name: f"secret {value}" if isinstance(value, str) and value else value for name, value in fields.items()}
    try:
        validate.check({"type": kind, **marked})
    except InvalidEvent as reason:
        quoted = f"{reason.code} {reason.reason} {reason.field}"
    else:
        quoted = ""
    assert "secret" not in quoted
