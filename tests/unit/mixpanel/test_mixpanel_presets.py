"""Segment's six presets: each call goes to one action, and every subscription compiles."""

import re
from pathlib import Path

import pytest
import yaml

from switchyard.destinations.mixpanel.actions import ACTIONS
from switchyard.destinations.mixpanel.presets import PRESETS
from switchyard.fql import compile_fql


@pytest.mark.parametrize(
    ("event", "names"),
    [
        ({"type": "track", "event": "Signed Up"}, ["Track Calls"]),
        ({"type": "track", "event": "Order Completed"}, ["Order Completed Calls"]),
        ({"type": "page"}, ["Page Calls"]),
        ({"type": "screen"}, ["Screen Calls"]),
        ({"type": "identify"}, ["Identify Calls"]),
        ({"type": "group"}, ["Group Calls"]),
        ({"type": "alias"}, []),
    ],
)
def test_a_call_matches_the_preset_that_segment_has_for_it(event: dict[str, str], names: list[str]) -> None:
    """Each call is taken once; there is no preset for alias."""
    assert [preset["name"] for preset in PRESETS if compile_fql(preset["subscribe"])(event)] == names


def test_a_preset_names_an_action_and_fields_that_exist() -> None:
    """A preset is written as a user writes a subscription."""
    for preset in PRESETS:
        assert set(preset["mapping"]) <= {field.name for field in ACTIONS[preset["partnerAction"]].fields}


def test_the_documentation_has_them_written_out() -> None:
    """Who wants to change one begins with what stands in docs/configuration.md."""
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text()
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    (written,) = [
        each["subscriptions"] for each in blocks if "subscriptions" in each and len(each["subscriptions"]) > 1
    ]
    assert [{"mapping": {}} | each for each in written] == list(PRESETS)


def test_each_action_is_known_by_its_own_name() -> None:
    """The names are Segment's, so that subscriptions can be pasted in."""
    names = ["trackEvent", "trackPurchase", "identifyUser", "groupIdentifyUser", "incrementProperties", "alias"]
    assert [(name, action.name) for name, action in ACTIONS.items()] == list(zip(names, names, strict=True))
