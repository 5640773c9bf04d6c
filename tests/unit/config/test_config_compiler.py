"""Promise 8: a bad configuration does not deploy, and the message names file, line and what to write instead."""

import contextlib
from pathlib import Path

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from switchyard.config import load
from switchyard.destinations.mixpanel.settings import MixpanelSettings
from switchyard.errors import ConfigError
from switchyard_cli.config.compiler import compile_config, to_json
from switchyard_cli.config.documents import InvalidConfig

GOOD = """\
sources:
  - name: web
    writeKey: key-1
    destinations: [eu]
destinations:
  - name: eu
    type: mixpanel
    settings:
      projectToken: {secret: eu/token}
      apiRegion: EU
    subscriptions:
      - name: Sign-ups
        partnerAction: trackEvent
        subscribe: type = "track" and event = "Signed Up"
        mapping:
          event: {"@template": "{{event}} ANDROID"}
"""

KEYS = """writeKeys:
      - key-3
      - {key: key-2}
      - {key: key-1, enabled: false}"""

HOOK = "\n    webhook: {sharedSecret: {ssm: webhooks/s}}"


def compile_text(folder: Path, text: str):
    """Compile one file with this text."""
    (folder / "switchyard.yaml").write_text(text)
    return compile_config(folder)


def problems(folder: Path, text: str) -> list[str]:
    """Return the problems of a text as they are shown, without the folder."""
    with pytest.raises(InvalidConfig) as raised:
        compile_text(folder, text)
    return [str(problem).replace(str(folder) + "/", "") for problem in raised.value.problems]


def test_what_is_compiled_is_what_was_written(tmp_path):
    """Sources, destinations, settings and subscriptions come through as they were written."""
    config = compile_text(tmp_path, GOOD)
    assert config.sources[0].destinations == ("eu",)
    (destination,) = config.destinations
    assert destination.settings == {"projectToken": {"secret": "eu/token"}, "apiRegion": "EU"}
    assert destination.subscriptions[0].mapping == {"event": {"@template": "{{event}} ANDROID"}}


def test_lambda_loads_what_was_compiled(tmp_path):
    """The compiled file, loaded, is the same configuration."""
    config = compile_text(
        tmp_path, GOOD.replace("writeKey: key-1", KEYS + "\n    webhook: {sharedSecret: {ssm: webhooks/s}}")
    )
    (tmp_path / "config.json").write_bytes(to_json(config))
    assert load(str(tmp_path / "config.json")) == config


def test_several_files_are_joined(tmp_path):
    """Sources and destinations may stand in files of their own, JSON among them."""
    sources, destinations = GOOD.split("destinations:\n  - name: eu", 1)
    (tmp_path / "sources.yaml").write_text(sources)
    (tmp_path / "destinations.yml").write_text("destinations:\n  - name: eu" + destinations)
    more = {"sources": [{"name": "app", "writeKey": "key-2", "destinations": ["eu"]}]}
    (tmp_path / "more.json").write_bytes(orjson.dumps(more))
    assert [source.name for source in compile_config(tmp_path).sources] == ["app", "web"]


def test_presets_are_segments_six(tmp_path):
    """``subscriptions: presets``, or nothing, stands for Segment's own six subscriptions."""
    before = GOOD[: GOOD.index("    subscriptions:")]
    names = [each.name for each in compile_text(tmp_path, before).destinations[0].subscriptions]
    assert names == [
        each.name
        for each in compile_text(tmp_path, before + "    subscriptions: presets").destinations[0].subscriptions
    ]
    assert names == [
        "Track Calls",
        "Order Completed Calls",
        "Page Calls",
        "Screen Calls",
        "Identify Calls",
        "Group Calls",
    ]


@pytest.mark.parametrize("region", ["EU", "EU 🇪🇺"])
def test_segments_own_region_names_work(tmp_path, region):
    """A setting pasted from Segment, flag and all, is understood."""
    compiled = compile_text(tmp_path, GOOD.replace("apiRegion: EU", f"apiRegion: {region}"))
    assert MixpanelSettings(**compiled.destinations[0].settings).host == "https://api-eu.mixpanel.com"


WEBHOOK = "sources[0].webhook"
KEY = "sources[0].writeKeys[0]"
DESTINATION = "destinations[0]"
SUBSCRIPTION = "destinations[0].subscriptions[0]"


@pytest.mark.parametrize(
    ("wrong", "right", "line", "complaint"),
    [
        ("name: web", "name: we b", 2, "sources[0].name: write letters, digits, - and _, a letter or a digit first"),
        ("name: web", "name: 2026-01-15", 2, "sources[0].name: write a text; a number or a date needs quotes"),
        ("writeKey: key-1", 'writeKey: ""', 3, "sources[0].writeKey: this must not be empty"),
        ("writeKey: key-1", "writeKey: 'a:b'", 3, "sources[0].writeKey: write it without blanks and without : / ? # %"),
        ("writeKey: key-1", f"writeKey: {'k' * 201}", 3, "sources[0].writeKey: write at most 200 characters"),
        ("[eu]", "eu", 4, "sources[0].destinations: write a list: each item on a line of its own, after a dash"),
        ("[eu]", "[eu]\n    region: eu", 5, "sources[0].region: write 'US', 'EU' or 'IN'"),
        ("writeKey:", "writeky:", 3, "sources[0].writeky: there is no such key; did you mean 'writeKey'?"),
        ("    writeKey: key-1\n", "", 2, "sources[0].writeKey: this is missing"),
        ("key-1", "key/1", 3, "sources[0].writeKey: write it without blanks and without : / ? # %"),
        ("writeKey: key-1", "writeKeys: []", 3, "sources[0].writeKeys: "),
        ("writeKey: key-1", "writeKeys: [k, {key: a b}]", 3, "sources[0].writeKeys[1].key: write it without blanks"),
        (
            "writeKey: key-1",
            "writeKeys: [{key: k, enable: false}]",
            3,
            f"{KEY}.enable: there is no such key; did you mean",
        ),
        ("writeKey: key-1", "writeKeys: [{enabled: false}]", 3, f"{KEY}.key: this is missing"),
        ("writeKey: key-1", "writeKeys: [k, k]", 3, "sources[0].writeKeys[1]: another one has the same writeKeys"),
        (
            "    writeKey:",
            "    writeKeys: [k]\n    writeKey:",
            4,
            "sources[0].writeKey: write either writeKey or writeKeys",
        ),
        ("name: web", "name: web\n    side: browser", 3, "sources[0].side: "),
        ("name: web", "name: web\n    ip: partly", 3, "sources[0].ip: "),
        ("name: web", "name: web\n    trustedProxies: -1", 3, "sources[0].trustedProxies: "),
        (
            "writeKey: key-1",
            "webhook: {sharedSecret: hush}",
            3,
            f"{WEBHOOK}.sharedSecret[0]: name a secret below webhooks/",
        ),
        ("writeKey: key-1", "webhook: {sharedSecret: {secret: eu/token}}", 3, f"{WEBHOOK}.sharedSecret[0]: name a"),
        ("writeKey: key-1", "webhook: {sharedSecret: []}", 3, f"{WEBHOOK}.sharedSecret: "),
        (
            "writeKey: key-1",
            "webhook: {sharedsecret: {}}",
            3,
            f"{WEBHOOK}.sharedsecret: there is no such key; did you mean",
        ),
        ("[eu]", "[euu]", 4, "sources[0].destinations[0]: there is no destination 'euu'; did you mean 'eu'?"),
        ("mixpanel", "mixpanle", 7, f"{DESTINATION}.type: there is no destination type 'mixpanle'; did you mean"),
        ("apiRegion:", "apiRegoin:", 10, f"{DESTINATION}.settings.apiRegoin: there is no such setting; did you mean"),
        ("apiRegion: EU", "apiRegion: FR", 10, f"{DESTINATION}.settings.apiRegion: write 'US', 'EU', 'IN', 'US"),
        ("apiRegion: EU", "strictMode: 1", 10, f"{DESTINATION}.settings.strictMode: write '1' or '0', in quotes"),
        ("apiRegion: EU", "batchBytes: 2MB", 10, f"{DESTINATION}.settings.batchBytes: write a whole number, without"),
        ("apiRegion: EU", "batchBytes: 0", 8, f"{DESTINATION}.settings: batchBytes must be between 1 and 10485760"),
        ("- name: Sign-ups", "- Sign-ups\n      - name: S", 12, f"{SUBSCRIPTION}: write keys with their values, each"),
        ("subscribe:", "enabled: 'yes'\n        subscribe:", 14, f"{SUBSCRIPTION}.enabled: write true or false, wi"),
        ("      projectToken: {secret: eu/token}\n", "", 8, f"{DESTINATION}.settings.projectToken: this setting is"),
        ("trackEvent", "trackEvnt", 13, f"{SUBSCRIPTION}.partnerAction: there is no action 'trackEvnt'; did you mean"),
        ('event = "', 'event == "', 14, f"{SUBSCRIPTION}.subscribe: "),
        ("@template", "@tempalte", 16, f"{SUBSCRIPTION}.mapping.event"),
        (" event: {", " evnt: {", 16, f"{SUBSCRIPTION}.mapping.evnt: trackEvent has no such field; did you mean"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_remedy(tmp_path, wrong, right, line, complaint):
    """Each kind of mistake is found at build, at its line, with what to write instead."""
    assert wrong in GOOD
    found = problems(tmp_path, GOOD.replace(wrong, right))
    assert any(each.startswith(f"switchyard.yaml:{line}: {complaint}") for each in found), found


@pytest.mark.parametrize("written", ["preset", "{presets: true}", "null", "3"])
def test_presets_or_a_list_is_one_mistake(tmp_path, written):
    """What is neither of the two forms that subscriptions have is said once, with both."""
    before = GOOD[: GOOD.index("    subscriptions:")]
    assert problems(tmp_path, f"{before}    subscriptions: {written}") == [
        "switchyard.yaml:11: destinations[0].subscriptions: write presets, or a list of subscriptions"
    ]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([0.5, 1e300]) | st.text("aé:1 ", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=4,
)
PLACES = [
    ("sources",),
    ("sources", 0),
    *(("sources", 0, key) for key in ("name", "writeKey", "destinations", "region")),
    ("destinations",),
    ("destinations", 0),
    *(("destinations", 0, key) for key in ("name", "type", "settings", "subscriptions")),
    *(("destinations", 0, "settings", key) for key in ("projectToken", "apiRegion", "strictMode", "batchBytes")),
    ("destinations", 0, "subscriptions", 0),
    *(
        ("destinations", 0, "subscriptions", 0, key)
        for key in ("name", "partnerAction", "subscribe", "mapping", "enabled")
    ),
]


@given(place=st.sampled_from(PLACES), value=VALUES)
def test_mistakes_are_said_in_our_own_words(tmp_path_factory, place, value):
    """Whatever stands in whatever place, what is said of it is a remedy, and not how the check is built."""
    written = yaml.safe_load(GOOD)
    *way, last = place
    part = written
    for key in way:
        part = part[key]
    part[last] = value
    try:
        compile_text(tmp_path_factory.mktemp("config"), orjson.dumps(written).decode())
    except InvalidConfig as error:
        for problem in error.problems:
            message = problem.message.lower()
            assert not any(word in message for word in ("input", "should", "valid ", "instance", "unable"))
            assert "[list]" not in message


def test_a_condition_is_shown_with_an_arrow_at_the_mistake(tmp_path):
    """A mistake in a condition is pointed at, character by character."""
    (problem,) = problems(tmp_path, GOOD.replace('event = "Signed Up"', 'event ~ "Signed Up"'))
    condition, arrow = problem.splitlines()[-2:]
    assert condition[len(arrow) - 1] == "~"


def test_every_mistake_is_shown_at_once(tmp_path):
    """One run shows all mistakes, in the order of the file."""
    text = GOOD.replace("[eu]", "[us]").replace("apiRegion: EU", "apiRegion: FR")
    assert [each.split(":")[1] for each in problems(tmp_path, text)] == ["4", "10"]


def test_one_subscription_may_have_several_mistakes(tmp_path):
    """Action, condition and each field of the mapping are checked by themselves, and the subscription is named."""
    text = GOOD.replace('event = "Signed', 'evnt = "Signed').replace("@template", "@tempalte")
    text += "          app_nam: x\n          utm_properties: {utm_sorce: x, utm_medium: y}\n"
    starts = (
        f"switchyard.yaml:14: {SUBSCRIPTION}.subscribe: no event has a field evnt; did you mean event? ",
        f"switchyard.yaml:16: {SUBSCRIPTION}.mapping.event: there is no directive '@tempalte'; did you mean ",
        f"switchyard.yaml:17: {SUBSCRIPTION}.mapping.app_nam: trackEvent has no such field; did you mean 'app_name'? ",
        f"switchyard.yaml:18: {SUBSCRIPTION}.mapping.utm_properties.utm_sorce: utm_properties has no such field; did ",
    )
    for found, start in zip(problems(tmp_path, text), starts, strict=True):
        assert found.startswith(start)
        assert "(subscription 'Sign-ups')" in found
    assert len(problems(tmp_path, GOOD.replace("trackEvent", "trackEvnt"))) == 1


def test_names_and_keys_are_unique(tmp_path):
    """Two sources with one key could not be told apart."""
    app = "  - name: app\n    writeKey: key-1\n    destinations: []\n"
    twice = GOOD.replace("destinations:\n  - name: eu", f"{app}destinations:\n  - name: eu")
    assert problems(tmp_path, twice) == [
        "switchyard.yaml:6: sources[1].writeKey: another one has the same writeKey; each needs its own"
    ]


def test_keys_are_rotated_in_the_configuration(tmp_path):
    """A source may have several, each as its text or with ``enabled``; ``writeKey`` is short for one."""
    source = compile_text(tmp_path, GOOD.replace("writeKey: key-1", KEYS)).sources[0]
    assert (source.writeKeys, source.disabledKeys) == (("key-3", "key-2"), ("key-1",))
    assert [source.number_of(f"key-{name}") for name in "3214"] == [1, 2, 3, None]
    source = compile_text(tmp_path, GOOD).sources[0]
    assert (source.writeKeys, source.disabledKeys) == (("key-1",), ())


def test_a_source_says_what_it_is(tmp_path):
    """On which side it is, what it keeps of addresses and who stands before it; nothing of it needs to be written."""
    said = "name: web\n    side: server\n    ip: none\n    trustedProxies: 1"
    source = compile_text(tmp_path, GOOD.replace("name: web", said)).sources[0]
    assert (source.side, source.ip, source.trustedProxies) == ("server", "none", 1)
    source = compile_text(tmp_path, GOOD).sources[0]
    assert (source.side, source.ip, source.trustedProxies) == (None, "full", 0)


def test_a_source_may_be_segment(tmp_path):
    """It then needs no key; the shared secret is named, and so is the next one while it changes."""
    for secrets, names in (
        ("{secret: webhooks/s}", ["s"]),
        ("[{secret: webhooks/s}, {secret: webhooks/t}]", ["s", "t"]),
    ):
        text = GOOD.replace("writeKey: key-1", f"webhook: {{sharedSecret: {secrets}}}")
        source = compile_text(tmp_path, text).sources[0]
        assert source.webhookSecrets == tuple({"secret": f"webhooks/{name}"} for name in names)
        assert source.writeKeys == ()


def test_a_key_belongs_to_one_source(tmp_path):
    """A disabled one, too: who still sends with it is told so."""
    app = "  - name: app\n    writeKey: key-1\n    destinations: []\n"
    twice = GOOD.replace("writeKey: key-1", KEYS).replace(
        "destinations:\n  - name: eu", f"{app}destinations:\n  - name: eu"
    )
    assert problems(tmp_path, twice) == [
        "switchyard.yaml:9: sources[1].writeKey: another one has the same writeKey; each needs its own"
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sources: [", "switchyard.yaml:1: not YAML: "),
        (
            "a: {@path: $.b}\n",
            "switchyard.yaml:1: not YAML: found character '@' that cannot start any token; write it in",
        ),
        ("a: %b\n", "switchyard.yaml:1: not YAML: found character '%' that cannot start any token; put the text in"),
        ("a: {{event}}\n", "switchyard.yaml:1: not YAML: found unhashable key; put a text with braces in quotes"),
        ("a:\n\tb: 1\n", r"switchyard.yaml:2: not YAML: found character '\t' that cannot start any token; indent with"),
        (
            "a:\n  - b: 1\n    c 2\n    d: 3\n",
            "switchyard.yaml:3: not YAML: could not find expected ':'; write the key",
        ),
        ("a:\n  b: c: d\n", "switchyard.yaml:2: not YAML: mapping values are not allowed here; put a text"),
        ('a:\n  b: "c" = d\n', "switchyard.yaml:2: not YAML: expected <block end>, but found '<scalar>'; indent what"),
        ("a: [1, 2\nb: 3\n", "switchyard.yaml:2: not YAML: expected ',' or ']', but got ':'; close every bracket"),
        ("a: - b\n", "switchyard.yaml:1: not YAML: sequence entries are not allowed here; see this line and the one"),
        ("sources: []\nsources: []\n", "switchyard.yaml:2: 'sources' stands here a second time; keep one of them"),
        ("a: &x [1]\nb: *x\n", "switchyard.yaml:2: write the value out: aliases are not read"),
        ("- 1\n", "switchyard.yaml:1: "),
        ("sources: 3\n", "switchyard.yaml:1: sources: "),
        ("?" * 5000, "switchyard.yaml:1: "),
        ("[" * 5000, "switchyard.yaml:1: "),
    ],
)
def test_what_is_no_configuration_is_refused(tmp_path, text, complaint):
    """Broken YAML, aliases (a few lines could stand for gigabytes) and other shapes end in a message, at once."""
    assert problems(tmp_path, text)[0].startswith(complaint)


PASTED = """\
    subscriptions:
      - id: eoeXaMeAYcB2
        name: Sign-ups
        actionId: uD9jEQ4DxJZz
        actionSlug: trackEvent
        destinationId: fP7qoQw2HTWt
        modelId: ""
        enabled: true
        trigger: type = "track"
        settings: {}
"""


def test_a_subscription_pasted_from_segments_public_api_is_told_its_names(tmp_path):
    """Each once, with the name to write instead; Segment's ids are passed over."""
    pasted = GOOD[: GOOD.index("    subscriptions:")] + PASTED
    said = "is what Segment's Public API calls it"
    assert problems(tmp_path, pasted) == [
        f"switchyard.yaml:15: {SUBSCRIPTION}.actionSlug: write it as partnerAction; actionSlug {said}",
        f"switchyard.yaml:19: {SUBSCRIPTION}.trigger: write it as subscribe; trigger {said}",
        f"switchyard.yaml:20: {SUBSCRIPTION}.settings: write it as mapping; settings {said}",
    ]
    ours = {"actionSlug": "partnerAction", "trigger": "subscribe", "        settings: {}": "        mapping: {}"}
    for theirs, name in ours.items():
        pasted = pasted.replace(theirs, name)
    assert compile_text(tmp_path, pasted).destinations[0].subscriptions[0].partnerAction == "trackEvent"


def test_an_empty_folder_is_refused(tmp_path):
    """Without a file there is nothing to deploy."""
    with pytest.raises(ConfigError, match=r"write a switchyard\.yaml"):
        compile_config(tmp_path)
    with pytest.raises(ConfigError, match=r"nowhere: there is no such folder: .*--config"):
        compile_config(tmp_path / "nowhere")


@given(text=st.text(alphabet="abc:-[]{}\n \"'#&*!|>%@`", max_size=200))
def test_whatever_is_written_is_compiled_or_refused(tmp_path_factory, text):
    """No text makes the compiler fail in any other way than by saying what is wrong."""
    with contextlib.suppress(InvalidConfig):
        assert compile_text(tmp_path_factory.mktemp("config"), text).destinations == ()
