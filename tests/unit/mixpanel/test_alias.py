"""alias: another id of a known person."""

import pytest

from switchyard.destinations.base import Operation
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.events import Event

from .conftest import Perform


@pytest.mark.parametrize(
    ("event", "ids"),
    [
        ({"userId": "u", "previousId": "p", "anonymousId": "a"}, {"alias": "u", "distinct_id": "p"}),
        ({"userId": None, "previousId": "p", "anonymousId": "a"}, {"alias": "a", "distinct_id": "p"}),
        ({"userId": 5, "previousId": 7}, {"alias": "5", "distinct_id": "7"}),
        ({"anonymousId": None}, {"alias": None}),
        ({}, {}),
    ],
)
def test_an_alias_joins_the_previous_id_to_the_new_one(perform: Perform, event: Event, ids: Event) -> None:
    """An id that is missing has no key: Mixpanel's answer will say what it misses."""
    assert perform("alias", event).operations == [
        Operation("/track", {"event": "$create_alias", "properties": {**ids, "token": "token"}})
    ]


def test_an_alias_names_its_source(perform: Perform) -> None:
    """As every event does."""
    ran = perform("alias", {"userId": "u"}, MixpanelSettings("t", sourceName="web"))
    assert ran.properties == {"alias": "u", "token": "t", "segment_source_name": "web"}
