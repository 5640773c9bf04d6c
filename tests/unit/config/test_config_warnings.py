"""What a configuration without mistakes will surely do wrong is said at build, with file and line; nothing else is."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from switchyard.events import CALLS
from switchyard.fql import compile_fql
from switchyard.fql.parser import parse
from switchyard_cli.commands.config import app
from switchyard_cli.config.compiler import compile_written
from switchyard_cli.config.sources_and_destinations import read_written
from switchyard_cli.config.warnings import find_warnings
from switchyard_cli.config.warnings.conditions import possible_calls

ROOT = Path(__file__).parents[3]
KEY = "7f8e9d0c1b2a39485766"
SETTINGS = {"projectToken": {"secret": "eu/token"}, "apiRegion": "EU"}
TRACK = {"name": "Track", "partnerAction": "trackEvent", "subscribe": 'type = "track"'}


def config(*subscriptions, source=(), destination=()):
    """Return a configuration that gives no warning, changed; without subscriptions it has the presets."""
    web = {"name": "web", "writeKey": KEY, "destinations": ["eu"], **dict(source)}
    eu = {"name": "eu", "type": "mixpanel", "settings": SETTINGS, **dict(destination)}
    if subscriptions:
        eu["subscriptions"] = [{"name": f"number {i}", **each} for i, each in enumerate(subscriptions)]
    return {"sources": [web], "destinations": [eu]}


def warnings(folder, document, *, deploying=False):
    """Return the warnings as ``path: message``."""
    (folder / "switchyard.json").write_text(json.dumps(document, indent="\t"))
    written = read_written(folder)
    return [each.message for each in find_warnings(written, compile_written(written), deploying=deploying)]


def subscription_warnings(folder, *subscriptions):
    """Return the warnings about these subscriptions, without the destination's part of the path."""
    found = warnings(folder, config(*subscriptions))
    assert all(each.startswith("destinations[0].subscriptions") for each in found)
    return [each.removeprefix("destinations[0].subscriptions") for each in found]


def action(name, subscribe, **mapping):
    """Return a subscription."""
    return {"partnerAction": name, "subscribe": subscribe, "mapping": mapping}


def test_presets_and_good_keys_give_no_warning(tmp_path):
    """A configuration with Segment's presets and nothing strange is fine as it is."""
    assert warnings(tmp_path, config(), deploying=True) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"source": {"destinations": []}}, "sources[0].destinations: its events are archived"),
        ({"source": {"destinations": []}}, "destinations[0].name: no source feeds it"),
        ({"source": {"writeKey": "changeme"}}, "sources[0].writeKey: anybody can guess"),
        ({"source": {"writeKey": "YOUR_SEGMENT_WRITE_KEY"}}, "sources[0].writeKey: anybody can guess"),
        ({"source": {"writeKey": "0" * 32}}, "sources[0].writeKey: anybody can guess"),
        ({"source": {"writeKey": KEY[:15]}}, "sources[0].writeKey: anybody can guess"),
        ({"source": {"writeKey": None, "writeKeys": [KEY, "short"]}}, "sources[0].writeKeys[1]: anybody can guess"),
        ({"source": {"region": "US"}}, "sources[0].destinations[0]: the source's region is US, but 'eu' sends its"),
        (
            {"destination": {"settings": {"projectToken": "0123456789"}}},
            "destinations[0].settings.projectToken: a secret in plain text; name it, as {secret: eu/project-token}",
        ),
        (
            {"destination": {"settings": {**SETTINGS, "apiSecret": "0123456789"}}},
            "destinations[0].settings.apiSecret: a secret in plain text",
        ),
        ({"destination": {"subscriptions": []}}, "destinations[0].subscriptions: no subscription is enabled"),
    ],
)
def test_bad_wiring_is_warned_about(tmp_path, change, expected):
    """Each is something that nobody can want, with what to write instead."""
    assert any(each.startswith(expected) for each in warnings(tmp_path, config(**change)))


@pytest.mark.parametrize("document", [{}, {"sources": []}])
def test_a_configuration_without_sources_is_warned_about(tmp_path, document):
    """It is no mistake, since a preview needs none, but deployed it would answer 400 to everybody."""
    assert warnings(tmp_path, document) == ["there is no source, so no event is accepted; write one under `sources:`"]


def test_no_warning_repeats_a_key_or_a_token(tmp_path):
    """No secret in a message (promise 7)."""
    document = config(source={"writeKey": "changeme"}, destination={"settings": {"projectToken": "hush-hush"}})
    text = "\n".join(warnings(tmp_path, document))
    assert text
    assert "changeme" not in text
    assert "hush" not in text


@pytest.mark.parametrize("region", ["EU", "EU 🇪🇺"])
def test_a_source_may_feed_its_own_region(tmp_path, region):
    """Segment's flags do not make it another region."""
    settings = {**SETTINGS, "apiRegion": region}
    assert warnings(tmp_path, config(source={"region": "EU"}, destination={"settings": settings})) == []


def test_a_region_that_is_not_set_is_the_default(tmp_path):
    """Mixpanel's default is US, so a European source may not go there (promise 6)."""
    document = config(source={"region": "EU"}, destination={"settings": {"projectToken": {"ssm": "token"}}})
    [warning] = warnings(tmp_path, document)
    assert "but 'eu' sends its events to US" in warning


def test_the_samples_key_is_right_until_it_is_deployed(tmp_path):
    """A local stack may keep the key that is shipped; a deployment, with a key that everybody knows, is warned."""
    document = config(source={"writeKey": "demo-write-key"})
    assert warnings(tmp_path, document) == []
    assert len(warnings(tmp_path, document, deploying=True)) == 1


def test_the_shipped_configuration_gives_no_other_warning():
    """What is shipped is as it should be, but for its key."""
    written = read_written(ROOT / "layers" / "config")
    compiled = compile_written(written)
    assert find_warnings(written, compiled, deploying=False) == []
    [key] = find_warnings(written, compiled, deploying=True)
    assert key.message.startswith("sources[0].writeKey: ")


# ---- subscriptions that send nothing ---------------------------------------------------------------------------------


def test_a_disabled_subscription_is_mentioned(tmp_path):
    """It sends nothing, and somebody may believe that it does."""
    [warning] = subscription_warnings(tmp_path, TRACK, {**action("alias", 'type = "alias"'), "enabled": False})
    assert warning.startswith("[1].enabled: this subscription is disabled")


def test_only_disabled_subscriptions_are_none(tmp_path):
    """A destination whose every subscription is disabled gets nothing at all."""
    found = subscription_warnings(tmp_path, {**TRACK, "enabled": False})
    assert any(each.startswith(": no subscription is enabled") for each in found)


@pytest.mark.parametrize(
    "condition",
    [
        'type = "Track"',
        'type = "track" and type = "page"',
        'event = "A" and (event = "B" or event in ["C", "D"])',
        'type in ["track", "page"] and "identify" = type',
        '(type = "tracks" or type = "pages") and event = "A"',
        "properties.seats = 3 and properties.seats = '3'",
        "event in []",
        "type = null",
        'false and type = "track"',
    ],
)
def test_a_condition_that_nothing_satisfies_is_warned_about(tmp_path, condition):
    """It contradicts itself, or wants a type that no call has."""
    [warning] = subscription_warnings(tmp_path, action("trackEvent", condition))
    assert warning.startswith("[0].subscribe: no event can satisfy this")


FIELDS = ("type", "event", "name", "userId", "properties.seats", "properties.plan.name")
VALUES = ("track", "page", "alias", "A", 3, "3", 3.0, True, None)
comparisons = st.builds(
    "{} {} {}".format, st.sampled_from(FIELDS), st.sampled_from(["=", "!="]), st.sampled_from(VALUES).map(json.dumps)
) | st.builds("{} in {}".format, st.sampled_from(FIELDS), st.lists(st.sampled_from(VALUES)).map(json.dumps))
conditions = st.recursive(
    comparisons,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner) | inner.map("!({})".format)
    ),
    max_leaves=6,
)
events = st.fixed_dictionaries(
    {"type": st.sampled_from(CALLS)},
    optional={
        "event": st.sampled_from(VALUES),
        "name": st.sampled_from(VALUES),
        "userId": st.sampled_from(VALUES),
        "properties": st.fixed_dictionaries({}, optional={"seats": st.sampled_from(VALUES)}),
    },
)


@pytest.mark.parametrize(
    ("condition", "calls"),
    [
        ('type = "page" or (event = "A" and event = "B")', {"page"}),
        ('type = "page" or "screen" = type', {"page", "screen"}),
        ("type in ['page', 'pages'] and properties.tags = ['a']", {"page"}),
        ("properties.seats = 1 and properties.seats = true", set()),
        ("!(type = 'page')", set(CALLS)),
    ],
)
def test_calls_are_left_out_where_that_is_certain(condition, calls):
    """``and``, ``or``, ``=`` and ``in`` are understood, whatever they stand in."""
    assert possible_calls(parse(condition)) == calls


@given(condition=conditions, event=events)
def test_what_is_called_impossible_never_happens(condition, event):
    """Whatever the condition, an event that satisfies it is of a type that was called possible."""
    if compile_fql(condition)(event):
        assert event["type"] in possible_calls(parse(condition))


@pytest.mark.parametrize(
    ("subscription", "field"),
    [
        (action("trackEvent", 'type = "page"'), "event"),
        (action("trackPurchase", 'type = "screen" and name = "Basket"'), "event"),
        (action("groupIdentifyUser", 'type = "identify"'), "group_id"),
        (action("incrementProperties", 'type = "identify"'), "increment"),
    ],
)
def test_an_action_that_can_only_refuse_is_warned_about(tmp_path, subscription, field):
    """A call that has nothing for a required field would be a dead letter each time."""
    [warning] = subscription_warnings(tmp_path, subscription)
    assert warning.startswith("[0].subscribe: ")
    assert f"'{field}' has no value" in warning


@pytest.mark.parametrize(
    "subscription",
    [
        action("trackEvent", 'type = "page"', event={"@template": "{{properties.title}}"}),
        action("trackEvent", 'type = "page" or match(event, "A*")'),
        action("trackEvent", "length(event) > 20 or type = 'page'"),
        action("trackEvent", 'properties.plan = "Pro"'),
        action("incrementProperties", 'type = "page"'),
    ],
)
def test_an_action_that_may_succeed_is_left_alone(tmp_path, subscription):
    """Nothing is said where an event of another call, or a mapping of one's own, may have a value."""
    assert subscription_warnings(tmp_path, subscription) == []


# ---- subscriptions that send twice -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("earlier", "later", "endpoint"),
    [
        (TRACK, action("trackEvent", 'type = "track" and event = "Signed Up"'), "/import"),
        (action("trackEvent", 'event = "Signed Up"'), TRACK, "/import"),
        (TRACK, action("trackEvent", 'event = "A"', event={"@template": "{{event}} ANDROID"}), "/import"),
        (TRACK, action("trackPurchase", 'event = "Order Completed"'), "/import"),
        (TRACK, action("trackEvent", '"Signed Up" = event'), "/import"),
        (TRACK, action("trackEvent", 'match(event, "Order [CP]*")'), "/import"),
        (TRACK, action("trackEvent", 'contains(event, "Order")'), "/import"),
        (TRACK, action("trackEvent", 'lowercase(event) = "order"'), "/import"),
        (TRACK, action("trackEvent", 'type = "track" and properties.total > 100'), "/import"),
        (TRACK, action("trackEvent", 'type = "track" and properties.total < 100'), "/import"),
        (TRACK, action("trackEvent", 'type = "track" and userId != null'), "/import"),
        (TRACK, action("trackEvent", 'type = "track" and anonymousId != null'), "/import"),
        (TRACK, action("trackEvent", 'type != "page" and type != "screen"'), "/import"),
        (TRACK, action("trackEvent", r'type = "track" and properties.products\[0\].sku = "G-32"'), "/import"),
        (
            action("trackEvent", f"event in {json.dumps([f'e{i}' for i in range(99)])}"),
            action("trackEvent", 'event = "e90"'),
            "/import",
        ),
        (
            action("trackEvent", 'event = "e90"'),
            action("trackEvent", f"event in {json.dumps([f'e{i}' for i in range(99)])}"),
            "/import",
        ),
        (
            action("identifyUser", 'type = "identify"'),
            action("identifyUser", 'type = "identify" and traits.vip'),
            "/engage",
        ),
        (
            action("incrementProperties", 'type = "track"'),
            action("incrementProperties", 'event = "Points Earned"'),
            "/engage",
        ),
        (
            action("groupIdentifyUser", 'type = "group"'),
            action("groupIdentifyUser", 'groupId = "org-7"'),
            "/groups",
        ),
        (action("alias", 'type = "alias"'), action("alias", 'previousId != "u-1"'), "/track"),
    ],
)
def test_events_that_are_sent_twice_are_warned_about(tmp_path, earlier, later, endpoint):
    """Both conditions hold for an event, and both actions make a record of the same thing."""
    [warning] = subscription_warnings(tmp_path, earlier, later)
    name = earlier.get("name", "number 0")
    assert warning.startswith(f"[1].subscribe: '{name}' sends some of these to {endpoint}, too, where ")


def test_the_event_that_is_named_is_really_sent_twice(tmp_path):
    """What the warning shows is a condition, and both subscriptions match an event that satisfies it."""
    narrow = 'type = "track" and event != "A" and properties.plan in ["Free", "Pro"] and properties.seats >= 5'
    [warning] = subscription_warnings(tmp_path, TRACK, action("trackEvent", narrow))
    shown = warning.partition("too, where ")[2].partition(";")[0]
    assert shown == 'type = "track" and properties.plan = "Free" and properties.seats = 5'
    event = {"type": "track", "event": "B", "properties": {"plan": "Free", "seats": 5}}
    assert all(compile_fql(each)(event) for each in (shown, narrow, TRACK["subscribe"]))


@pytest.mark.parametrize(
    "mapping", [{}, {"event": {"@path": "$.properties.title"}}, {"event": {"@template": "{{properties.title}}"}}]
)
def test_a_copy_is_warned_about_whatever_it_maps(tmp_path, mapping):
    """The same condition, but for blanks, the same action and the same mapping: everything goes out twice."""
    subscriptions = (action("trackEvent", condition, **mapping) for condition in ("name='a'", "name  =  'a'"))
    [warning] = subscription_warnings(tmp_path, *subscriptions)
    assert warning.startswith("[1].subscribe: 'number 0' ")


def test_of_many_copies_each_is_warned_about_once(tmp_path):
    """A warning for each pair would bury the others."""
    assert len(subscription_warnings(tmp_path, *[TRACK | {"name": str(number)} for number in range(5)])) == 4


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (
            action("trackEvent", 'type = "track" and event != "Order Completed"'),
            action("trackPurchase", 'type = "track" and event = "Order Completed"'),
        ),
        (action("trackEvent", 'event = "A"'), action("trackEvent", 'event = "B"')),
        (action("trackEvent", 'match(event, "A*")'), action("trackEvent", 'match(event, "B*")')),
        (TRACK, action("identifyUser", 'type = "track"')),
        (TRACK, action("identifyUser", 'type = "track" and anonymousId != null')),
        (TRACK, action("incrementProperties", 'type = "track"')),
        (action("trackEvent", 'type = "page"', event="Page"), action("trackEvent", 'match(event, "O*")')),
        (
            action("incrementProperties", 'type = "track"', increment={"events": 1}),
            action("incrementProperties", 'event = "A"', increment={"orders": 1}),
        ),
        (
            action("identifyUser", 'type = "identify"'),
            action("identifyUser", "traits.vip = true", user_id={"@path": "$.traits.team"}),
        ),
        (
            action("groupIdentifyUser", 'type = "group"'),
            action("groupIdentifyUser", 'type = "group"', group_key="$team"),
        ),
    ],
)
def test_two_subscriptions_may_share_an_event(tmp_path, earlier, later):
    """Different events, endpoints, counters, users or groups are no repetition; and a page call has no ``event``."""
    assert subscription_warnings(tmp_path, earlier, later) == []


def test_a_disabled_copy_sends_nothing_twice(tmp_path):
    """Only what is enabled counts."""
    [warning] = subscription_warnings(tmp_path, TRACK, {**TRACK, "name": "copy", "enabled": False})
    assert warning.startswith("[1].enabled: ")


def test_destinations_do_not_shadow_each_other(tmp_path):
    """Two projects may have the same subscriptions."""
    document = config(TRACK)
    other = copy.deepcopy(document["destinations"][0]) | {"name": "other"}
    document["destinations"].append(other)
    document["sources"][0]["destinations"].append("other")
    assert warnings(tmp_path, document) == []


# ---- mappings --------------------------------------------------------------------------------------------------------

IDENTIFY = 'type = "identify"'


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user_id", "server"),
        ("user_id", 7),
        ("user_id", {"@literal": "server"}),
        ("user_id", {"@template": "user-{{userId}}"}),
        (
            "anonymous_id",
            {"@if": {"exists": {"@path": "$.anonymousId"}, "then": {"@path": "$.anonymousId"}, "else": "x"}},
        ),
    ],
)
def test_one_id_for_many_people_is_warned_about(tmp_path, field, value):
    """Whoever they are, or whoever they are as long as they are not known, would be one user at Mixpanel."""
    [warning] = subscription_warnings(tmp_path, action("identifyUser", IDENTIFY, **{field: value}))
    assert warning.startswith(f"[0].mapping.{field}: different people get one id here")


@pytest.mark.parametrize(
    "value",
    [
        {"@path": "$.traits.id"},
        {"@template": "{{userId}}"},
        {"@if": {"exists": {"@path": "$.userId"}, "then": {"@path": "$.userId"}, "else": {"@path": "$.anonymousId"}}},
        {"@case": {"operator": "upper", "value": {"@path": "$.userId"}}},
        None,
        "",
    ],
)
def test_an_id_from_the_event_is_left_alone(tmp_path, value):
    """An id that differs, or that is missing, is as it should be."""
    assert subscription_warnings(tmp_path, action("identifyUser", IDENTIFY, user_id=value)) == []


TRACKED = 'type = "track" and event = "a"'


@pytest.mark.parametrize(
    ("mapping", "warning"),
    [
        (
            {"ip": "$.context.ip"},
            '.ip: this is sent as it stands; for the value in the event write {"@path": "$.context',
        ),
        ({"event_properties": {"a": {"b": ["$.userId"]}}}, ".event_properties.a.b[0]: this is sent as it stands"),
        ({"event": {"@template": "Saw {{name"}}, ".event.@template: a {{ is not closed here, so it is sent as it st"),
        ({"event": {"@template": "{{event}} of {{name} x"}}, ".event.@template: a {{ is not closed here"),
        ({"ip": {"@if": {"exists": 1, "then": {"@template": "{{{a"}}}}, ".ip.@if.then.@template: a {{ is not closed"),
    ],
)
def test_a_text_that_was_meant_to_be_filled_in_is_warned_about(tmp_path, mapping, warning):
    """A path without its directive, and a placeholder without its end, would go out letter by letter."""
    [said] = subscription_warnings(tmp_path, action("trackEvent", TRACKED, **mapping))
    assert said.startswith(f"[0].mapping{warning}")


@pytest.mark.parametrize(
    "value",
    [
        "$.",
        "$.99",
        "from $.50",
        {"@path": "$.a"},
        {"@template": "{{{event}}} {{name}} }} { x"},
        {"@literal": "$.a"},
        {"@arrayPath": ["$.products", {"a": {"@path": "$.b"}}]},
    ],
)
def test_other_texts_are_left_alone(tmp_path, value):
    """Prices, templates that are closed, and paths where a directive takes one."""
    assert subscription_warnings(tmp_path, action("trackEvent", TRACKED, event_properties={"a": value})) == []


GROUP = action("groupIdentifyUser", 'type = "group"', group_key="company_id")


@pytest.mark.parametrize("others", [[], [{"plan": {"@path": "$.properties.plan"}}], [{}, {"company": 1}]])
def test_a_group_key_that_no_event_has_is_warned_about(tmp_path, others):
    """Events belong to a group by a property of that name; where all properties are listed, it is not among them."""
    subscriptions = [action("trackEvent", f'event = "{n}"', event_properties=each) for n, each in enumerate(others)]
    [warning] = subscription_warnings(tmp_path, *subscriptions, GROUP)
    assert warning.startswith(f"[{len(others)}].mapping.group_key: no event has the property 'company_id'")


@pytest.mark.parametrize(
    "track",
    [
        TRACK,
        action("trackEvent", 'type = "track"', event_properties={"company_id": {"@path": "$.context.groupId"}}),
        action("trackEvent", 'type = "track"', event_properties={"@path": "$.properties"}),
        action("trackEvent", 'type = "track"', event_properties={"@merge": {"direction": "left", "objects": []}}),
    ],
)
def test_a_group_key_that_events_may_have_is_left_alone(tmp_path, track):
    """Whatever passes on what callers send may have the property: that cannot be known from the configuration."""
    assert subscription_warnings(tmp_path, track, GROUP) == []


def test_mixpanels_own_group_key_is_left_alone(tmp_path):
    """``$group_id`` is filled by another field."""
    listed = action("trackEvent", 'type = "track"', event_properties={})
    assert subscription_warnings(tmp_path, listed, GROUP | {"mapping": {"group_key": "$group_id"}}) == []


# ---- the command -----------------------------------------------------------------------------------------------------

YAML = """\
sources:
  - name: web
    writeKey: changeme
    destinations: [eu]
destinations:
  - name: eu
    type: mixpanel
    settings:
      projectToken: {secret: eu/token}
    subscriptions:
      - name: Pages
        partnerAction: trackEvent
        subscribe: type = "page"
"""


@pytest.fixture
def folder(tmp_path):
    """A configuration with a warning in line 3 and one in line 13."""
    (tmp_path / "switchyard.yaml").write_text(YAML)
    return tmp_path


def check(folder, *options):
    """Run ``switchyard config check``; return the exit code and the lines, without the folder."""
    result = CliRunner().invoke(app, ["check", "--config", str(folder), *options])
    return result.exit_code, result.stdout.replace(f"{folder}/", "").splitlines()


def test_warnings_have_file_and_line_and_do_no_harm(folder):
    """Each warning is a line that editors make a link of; the configuration is good all the same."""
    code, lines = check(folder)
    assert code == 0
    assert [each.split(":")[:3] for each in lines[:-1]] == [
        ["switchyard.yaml", "3", " warning"],
        ["switchyard.yaml", "13", " warning"],
    ]
    assert lines[-1].endswith("1 source(s), 1 destination(s), no mistakes, 2 warning(s)")


def test_strict_makes_errors_of_them(folder):
    """``--strict`` fails where there is a warning, and says nothing else where there is none."""
    code, lines = check(folder, "--strict")
    assert code == 1
    assert [each.split(":")[2] for each in lines[:-1]] == [" error", " error"]
    assert lines[-1].endswith("1 source(s), 1 destination(s), 2 error(s)")
    (folder / "switchyard.yaml").write_text(YAML.replace("changeme", KEY).replace("page", "track"))
    code, lines = check(folder, "--strict")
    assert (code, len(lines)) == (0, 1)


def test_strict_minds_the_samples_key(folder):
    """``--strict`` looks at a configuration as a deployment does."""
    (folder / "switchyard.yaml").write_text(YAML.replace("changeme", "demo-write-key").replace("page", "track"))
    assert check(folder)[0] == 0
    assert check(folder, "--strict")[0] == 1


def test_the_build_shows_warnings_and_goes_on(folder):
    """A deployment is told on stderr, of the sample's key, too, and gets its file."""
    (folder / "switchyard.yaml").write_text(YAML.replace("changeme", "demo-write-key"))
    result = CliRunner().invoke(
        app, ["build", "--config", str(folder), "--output", str(folder / "out" / "config.json")]
    )
    assert result.exit_code == 0
    assert result.stderr.count(": warning: ") == 2
    assert json.loads((folder / "out" / "config.json").read_bytes())["sources"][0]["name"] == "web"


def test_the_region_is_for_the_check_alone(folder):
    """What Lambda reads has no region in it."""
    (folder / "switchyard.yaml").write_text(YAML.replace("    writeKey", "    region: US\n    writeKey"))
    [source] = compile_written(read_written(folder)).sources
    assert not hasattr(source, "region")
