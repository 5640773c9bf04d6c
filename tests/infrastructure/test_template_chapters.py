"""The template as a text: its chapters follow an event on its way."""

import json
import re

import pytest

from switchyard import observability

CHAPTERS = [
    "PARAMETERS",
    "GLOBALS",
    "FRONT DOOR",
    "COLLECT",
    "ARCHIVE",
    "MIXPANEL",
    "EVERY QUEUE",
    "KEY OF YOUR OWN",
    "DASHBOARD",
    "LAYERS",
    "OUTPUTS",
]


@pytest.fixture(scope="module")
def chapters(template_text):
    """Title → text of each chapter, in their order."""
    _, *parts = re.split(r"^ *# =+\n *# ([A-Z ]+): [\s\S]+?# =+\n", template_text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_order_of_the_way(chapters):
    """A reader meets the parts in the order in which an event does."""
    assert list(chapters) == CHAPTERS


def test_what_belongs_together_stands_together(chapters, template):
    """Everything that is named for a chapter stands in it."""
    for title, prefixes in {
        "FRONT DOOR": ("Api", "CustomDomain"),
        "COLLECT": ("Collect",),
        "ARCHIVE": ("Archive",),
        "MIXPANEL": ("Mixpanel", "ForwardMixpanel"),
        "KEY OF YOUR OWN": ("Key",),
        "DASHBOARD": ("Dashboard",),
    }.items():
        named = {name for name in template["Resources"] if name.startswith(prefixes)}
        assert set(re.findall(r"^  (\w+):$", chapters[title], re.MULTILINE)) == named, title


def test_every_parameter_is_explained(template):
    """Every parameter says what it is for and has a default."""
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        assert "Default" in parameter, name


def test_operators_find_what_they_need(template, queues, functions):
    """The outputs name the API, the bucket, every queue and every function."""
    values = {output["Value"] for output in template["Outputs"].values()}
    assert {f"!Ref {name}" for name in ("ArchiveBucket", *queues, *functions)} <= values
    assert "!Sub https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}" in values


def test_setup_alarm_listens_to_what_forward_says(alarms, template, monkeypatch, capsys):
    """A wrong key raises the alarm: it watches the counter that forward emits, of this environment only."""
    for name, value in template["Globals"]["Function"]["Environment"]["Variables"].items():
        monkeypatch.setenv(name, value)

    observability.count({observability.SETUP_FAILURES: 1})

    emitted = json.loads(capsys.readouterr().out)
    (said,) = emitted["_aws"]["CloudWatchMetrics"]
    alarm = alarms["MixpanelSetupAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (said["Namespace"], said["Metrics"][0]["Name"])
    assert alarm["Dimensions"] == [{"Name": name, "Value": emitted[name]} for name in said["Dimensions"][0]]
