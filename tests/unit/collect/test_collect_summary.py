"""What the log says of a request's events: enough to find and to count them, and no value of theirs (promise 7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.collect.intake import Intake, Refusal
from switchyard.collect.summary import MAX_REFUSED_IDS, summary
from switchyard.errors import InvalidEvent

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def accepted(**fields):
    """The summary of one good event."""
    return summary(Intake([{"type": "track", "messageId": "m", **fields}]), {})


def refused(*events, code="bad_request"):
    """The summary of bad events."""
    return summary(Intake(refused=[Refusal(event, InvalidEvent(code, "reason")) for event in events]), {})


def test_events_are_counted_by_type():
    """Good and bad ones; a type that is none counts as nothing."""
    bad = [Refusal({"type": each}, InvalidEvent("bad_request", "x")) for each in ("track", "jane", None, ["track"])]
    intake = Intake([{"type": each, "messageId": "m"} for each in ("track", "page", "track")], bad)
    said = summary(intake, {})
    assert said["calls"] == {"track": 3, "page": 1}
    assert (said["message_ids"], said["refused"]) == (["m", "m", "m"], {"bad_request": 4})


@pytest.mark.parametrize(
    ("library", "said"),
    [
        ({"name": "analytics-python", "version": "2.4.0"}, "analytics-python 2.4.0"),
        ({"name": "@segment/analytics-node", "version": "3.1.0"}, "@segment/analytics-node 3.1.0"),
        ({"name": "analytics.js", "version": "npm:next-1.84.3"}, "analytics.js npm:next-1.84.3"),
        ({"name": "analytics-go", "version": 3}, "analytics-go"),
        ({"name": "analytics-go", "version": "3 of jane"}, "analytics-go"),
        ({"name": "jane@example.com"}, None),
        ({"name": "Jane Roe"}, None),
        ({"name": "x" * 65}, None),
        ({"name": "analytics\n"}, None),
        ({"name": ["analytics.js"]}, None),
        ({}, None),
        ("analytics.js", None),
        (None, None),
    ],
)
def test_the_library_is_said_where_it_looks_like_one(library, said):
    """A name and a version, and nothing that could be a person's."""
    assert accepted(context={"library": library})["library"] == said
    assert refused({"context": {"library": library}})["library"] == said


@pytest.mark.parametrize(
    ("header", "said"), [("3", 3), ("0", 0), ("", 0), ("jane", 0), ("-1", 0), ("99999", 0), ("٣", 0)]
)
def test_an_sdks_own_count_of_tries_is_said(header, said):
    """As a number, or not at all."""
    assert summary(Intake([{"type": "track", "messageId": "m"}]), {"x-retry-count": header})["retries"] == said


def test_ids_of_bad_events_are_bounded():
    """In number and in length."""
    ids = refused(*({"messageId": str(number)} for number in range(100)), {"messageId": "x" * 101}, {})["refused_ids"]
    assert ids == {"bad_request": [str(number) for number in range(MAX_REFUSED_IDS)]}


@given(
    st.dictionaries(st.sampled_from(["type", "messageId", "context"]), JSON | st.just({"library": {"name": "a"}})),
    st.text(),
)
def test_any_bad_event_can_be_summed_up(event, header):
    """Whatever it holds."""
    assert summary(Intake(refused=[Refusal(event, InvalidEvent("c", "r"))]), {"x-retry-count": header})["refused"] == {
        "c": 1
    }
