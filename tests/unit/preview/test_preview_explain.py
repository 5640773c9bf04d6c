"""Event → the documented line with its reasons, for scripts and for people."""

import io

import orjson
import pytest
from rich.console import Console

from switchyard_cli.preview.explain import Explainer
from switchyard_cli.preview.explain_text import print_explanation
from switchyard_cli.preview.preview import Previewer
from switchyard_cli.preview.reading import BadLine

ANDROID = {
    "name": "Android sign-ups",
    "partnerAction": "trackEvent",
    "subscribe": 'type = "track"\n  and properties.platform = "android"',
    "mapping": {"event": {"@template": "{{event}} ANDROID"}},
}
DISABLED = {"name": "Later", "partnerAction": "trackEvent", "subscribe": 'type = "track"', "enabled": False}


def explained(configured, event):
    """Return the explanation's document as scripts read it."""
    return orjson.loads(orjson.dumps(Explainer(configured).explain(event).document()))


def printed(configured, line, width=120):
    """Return the lines that people are shown."""
    file = io.StringIO()
    print_explanation(Console(file=file, width=width), Explainer(configured).explain(line))
    return [text.rstrip() for text in file.getvalue().splitlines()]


@pytest.mark.parametrize("platform", ["android", "ios", None, {"a": 1}])
@pytest.mark.parametrize("integrations", [{"All": True}, {"All": False}, [1]])
def test_an_explanation_begins_with_the_preview(configured, track, platform, integrations):
    """Whatever is explained, the documented line is in it, unchanged."""
    found = configured(ANDROID, DISABLED)
    event = track(properties={"platform": platform}, integrations=integrations)
    preview = orjson.loads(orjson.dumps(Previewer(found.destination).preview(event).document()))
    assert list(explained(found, event).items())[: len(preview)] == list(preview.items())


def test_every_subscription_has_its_state(configured, track):
    """Subscriptions are listed in their order: matched, not matched, or disabled."""
    found = configured(ANDROID, DISABLED, ANDROID | {"name": "All", "subscribe": 'type = "track"'})
    reasons = explained(found, track())["subscriptions"]
    states = [("Android sign-ups", "not matched"), ("Later", "disabled"), ("All", "matched")]
    assert [(each["name"], each["state"]) for each in reasons] == states
    assert [bool(each["because"]) for each in reasons] == [True, False, False]
    assert [bool(each["fields"]) for each in reasons] == [False, False, True]


def test_a_subscription_that_did_not_match_says_why(configured, track):
    """The part that was false is named with its place in the condition, and what the event has there."""
    (reason,) = explained(configured(ANDROID), track(properties={"platform": "ios"}))["subscriptions"]
    (cause,) = reason["because"]
    assert cause == {
        "part": 'properties.platform = "android"',
        "start": 21,
        "end": 52,
        "holds": False,
        "found": {"properties.platform": "ios"},
    }
    assert reason["subscribe"][cause["start"] : cause["end"]] == cause["part"]


@pytest.mark.parametrize(
    ("path", "found"), [("properties.a\\[1\\]", 2), ("properties.a.b", None), ("traits.x.y", None)]
)
def test_what_is_not_there_is_null(configured, track, path, found):
    """Paths lead through objects and lists; where they lead nowhere, a condition finds null."""
    subscription = ANDROID | {"subscribe": f'{path} = "x"'}
    (reason,) = explained(configured(subscription), track(properties={"a": [1, 2]}))["subscriptions"]
    assert reason["because"][0]["found"] == {path: found}


def test_the_fields_of_a_match_are_listed(configured, track):
    """A field says whether its mapping is the subscription's own, what it reads and what it becomes."""
    (reason,) = explained(configured(ANDROID), track(properties={"platform": "android"}))["subscriptions"]
    fields = {each["field"]: each for each in reason["fields"]}
    assert fields["event"] == {
        "field": "event",
        "from": "mapping",
        "mapping": {"@template": "{{event}} ANDROID"},
        "reads": ["event"],
        "value": "Signed Up ANDROID",
        "becomes": ["event"],
    }
    assert fields["user_id"]["from"] == "default"


@pytest.mark.parametrize(
    ("integrations", "blocked_by"),
    [
        ({"All": False}, "All"),
        ({"All": True, "Mixpanel": False}, "Mixpanel"),
        ({"eu": False, "Mixpanel": True}, "eu"),
        ({"All": False, "Mixpanel (Actions)": {"x": 1}}, None),
        ({"All": None}, None),
        (None, None),
    ],
)
def test_integrations_that_block_are_named(configured, track, integrations, blocked_by):
    """Where ``integrations`` says no, the name that decides is given, and no subscription is asked."""
    document = explained(configured(ANDROID), track(integrations=integrations))
    assert document["blockedBy"] == blocked_by
    assert bool(document["subscriptions"]) == (blocked_by is None)
    assert document["filtered"]


def test_a_line_without_an_event_has_no_reasons(configured):
    """A line that holds no event is explained by its error alone."""
    document = explained(configured(ANDROID), BadLine("line 2: not a JSON object"))
    assert (document["errors"], document["subscriptions"]) == (["line 2: not a JSON object"], [])


def test_long_and_deep_values_are_cut(configured, track):
    """A value of over 1,000 bytes is shown by its beginning, one that nests too deep by a remark."""
    deep = orjson.loads(b'{"a":' * 300 + b"1" + b"}" * 300)
    subscriptions = (ANDROID | {"subscribe": "properties.a = properties.long"}, DISABLED | {"enabled": True})
    found = explained(configured(*subscriptions), track(properties={"a": deep, "long": "x" * 5000}))["subscriptions"]
    values = found[0]["because"][0]["found"]
    assert values["properties.a"] == "(nested too deep to be shown)"
    assert values["properties.long"] == '"' + "x" * 998 + "…"
    assert {each["field"]: each["value"] for each in found[1]["fields"]}["event_properties"] == values["properties.a"]


def test_people_see_where_the_condition_failed(configured, track):
    """The line of the condition that has the deciding part is shown, with the part underlined exactly."""
    lines = printed(configured(ANDROID), track(properties={"platform": "ios"}))
    pointer = next(number for number, line in enumerate(lines) if "^" in line)
    condition, underline = lines[pointer - 1 : pointer + 1]
    start, end = underline.index("^"), underline.rindex("^") + 1
    assert condition[start:end] == 'properties.platform = "android"'
    assert underline[end:] == ' false: properties.platform is "ios"'


def test_people_see_the_pointer_whatever_the_width(configured, track):
    """Conditions are not wrapped, or the underline would be under something else."""
    subscription = ANDROID | {"subscribe": f'type = "track" and event != "{"x" * 200}" and properties.platform = 1'}
    lines = printed(configured(subscription), track(), width=40)
    (underline,) = [line for line in lines if "^" in line]
    assert lines[lines.index(underline) - 1][underline.index("^") :].startswith("properties.platform")


def test_people_see_what_is_sent_and_what_is_not(configured, track):
    """Records are shown as they are, then warnings and errors; an event that is filtered says so."""
    found = configured(ANDROID | {"subscribe": 'type = "track"'}, DISABLED)
    lines = printed(found, track(context={"app": {"name": {}}}))
    (operation,) = Previewer(found.destination).preview(track()).operations
    assert f"  → /import {operation.record.decode()}" in lines
    assert "  warning: app_name: an object where a string is expected; left out" in lines
    assert "  · Later, trackEvent: disabled" in lines
    assert "  error: line 2: not JSON" in printed(found, BadLine("line 2: not JSON"))
    assert printed(found, {"type": "page", "messageId": "m"})[-2:] == ["  filtered: nothing is sent", ""]
    blocked = printed(found, track(integrations={"All": False}))
    assert blocked == ["m-1  track  Signed Up", "  blocked by integrations: All is false", *blocked[-2:]]


def test_people_see_the_way_of_a_value(configured, track):
    """A row has the field, its value, where it comes from and what it becomes; own mappings are marked."""
    lines = printed(configured(ANDROID), track(properties={"platform": "android"}))
    rows = {line.split()[0]: " ".join(line.split()) for line in lines if line.startswith("     ")}
    assert rows["event"] == 'event "Signed Up ANDROID" @template event (own mapping) event'
    assert rows["insert_id"] == 'insert_id "m-1" $.messageId properties.$insert_id'


def test_markup_in_an_event_is_text(configured, track):
    """What looks like the console's own markup is shown as it came."""
    lines = "\n".join(printed(configured(ANDROID), track("[bold]Sale[/nonsense]", properties={"platform": "[red]"})))
    assert "[bold]Sale[/nonsense]" in lines
    assert '"[red]"' in lines
