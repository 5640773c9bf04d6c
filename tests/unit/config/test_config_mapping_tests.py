"""Mapping tests as files: what they say about a configuration is exact, and what is wrong with them is named."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from switchyard_cli.commands.config import app
from switchyard_cli.config.compiler import compile_config
from switchyard_cli.config.documents import InvalidConfig
from switchyard_cli.config.mapping_tests.differences import NOTHING, compare_exactly, compare_in_part
from switchyard_cli.config.mapping_tests.running import run_mapping_tests

ROOT = Path(__file__).parents[3]
CONFIG = {
    "sources": [{"name": "web", "writeKey": "key", "destinations": ["eu"]}],
    "destinations": [{"name": "eu", "type": "mixpanel", "settings": {"projectToken": {"secret": "eu/token"}}}],
}
EVENT = {
    "type": "track",
    "event": "Signed Up",
    "userId": "u-1",
    "timestamp": "2026-01-15T10:00:00Z",
    "properties": {"plan": "Pro", "seats": 3},
}
OPERATION = {"subscription": "Track Calls", "action": "trackEvent", "endpoint": "/import"}
PROPERTIES = {
    "ip": "0",
    "distinct_id": "u-1",
    "$source": "segment",
    "$user_id": "u-1",
    "event_original_name": "Signed Up",
    "time": 1768471200000,
    "$insert_id": "mapping-test",
    "id": "u-1",
    "$identified_id": "u-1",
    "plan": "Pro",
    "seats": 3,
}
RECORD = {"event": "Signed Up", "properties": PROPERTIES}
"""All that becomes of EVENT."""


@pytest.fixture
def folder(tmp_path):
    """A configuration with Segment's presets, and a folder for payloads beside it."""
    (tmp_path / "switchyard.yaml").write_text(json.dumps(CONFIG))
    (tmp_path / "tests").mkdir()
    (tmp_path / "events").mkdir()
    return tmp_path


def run(folder, **test):
    """Run one test of EVENT, changed, and return the differences as (place, expected, made)."""
    written = {"name": "a test", "destination": "eu", "event": EVENT, **test}
    document = [{key: value for key, value in written.items() if value is not None}]
    (folder / "tests" / "tests.yaml").write_text(json.dumps(document))
    [result] = run_mapping_tests(folder)
    return [(each.location, each.expected, each.made) for each in result.differences]


def problems(folder, text):
    """Return what is wrong with a file of tests, as it is shown, without the folder."""
    (folder / "tests" / "tests.yaml").write_text(text)
    with pytest.raises(InvalidConfig) as raised:
        run_mapping_tests(folder)
    return [str(problem).replace(f"{folder}/", "") for problem in raised.value.problems]


# ---- what is expected ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operation",
    [
        {"endpoint": "/import"},
        {"subscription": "Track Calls"},
        {"action": "trackEvent"},
        {"record": {}},
        {"record": {"properties": {"plan": "Pro"}}},
        {**OPERATION, "record": RECORD},
    ],
)
def test_an_expectation_may_say_any_part_of_an_operation(folder, operation):
    """What is left out may be anything."""
    assert run(folder, expect=[operation]) == []


@pytest.mark.parametrize(
    ("operation", "where", "expected", "made"),
    [
        ({"endpoint": "/engage"}, ("endpoint",), "/engage", "/import"),
        ({"action": "trackPurchase"}, ("action",), "trackPurchase", "trackEvent"),
        ({"record": {"event": "Signed up"}}, ("record", "event"), "Signed up", "Signed Up"),
        ({"record": {"properties": {"seats": 4}}}, ("record", "properties", "seats"), 4, 3),
        ({"record": {"properties": {"seats": "3"}}}, ("record", "properties", "seats"), "3", 3),
        ({"record": {"properties": {"colour": None}}}, ("record", "properties", "colour"), None, NOTHING),
        ({"record": {"event": {"name": 1}}}, ("record", "event"), {"name": 1}, "Signed Up"),
    ],
)
def test_a_difference_is_shown_at_its_place(folder, operation, where, expected, made):
    """Each value that differs, and none else, with what was made instead."""
    assert run(folder, expect=[operation]) == [(("expect", 0, *where), expected, made)]


def test_what_comes_closest_is_shown(folder):
    """Of several operations, the one that differs least is compared with what is expected."""
    products = [{"sku": "one", "price": 1}, {"sku": "two", "price": 2}]
    event = EVENT | {"event": "Order Completed", "properties": {"products": products}}
    wanted = {"record": {"event": "Product Purchased", "properties": {"sku": "two", "price": 3}}}
    place = ("expect", 0, "record", "properties", "price")
    assert run(folder, event=event, expect=[wanted]) == [(place, 3, 2)]


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), ([1], [True]), ([1], [1, 2]), (None, ""), ("1", 1)])
def test_values_of_different_types_differ(one, other):
    """What Python or YAML might take for the same is not the same in JSON."""
    for expected, made in ((one, other), (other, one)):
        assert list(compare_in_part([{"record": expected}], [{"record": made}], ()))
    assert not list(compare_in_part([{"record": one}], [{"record": one}], ()))


def test_exact_means_nothing_else(folder):
    """``exact`` refuses a property, and an operation, that is not expected."""
    assert run(folder, exact=True, expect=[{**OPERATION, "record": RECORD}]) == []
    less = {**RECORD, "properties": {key: PROPERTIES[key] for key in PROPERTIES if key != "plan"}}
    assert run(folder, expect=[{"record": less}]) == []
    place = ("expect", 0, "record", "properties", "plan")
    assert run(folder, exact=True, expect=[{"record": less}]) == [(place, NOTHING, "Pro")]


def test_exact_counts_operations(folder):
    """An identify call with an anonymous id makes two operations, and each has to be expected."""
    event = {"type": "identify", "userId": "u-1", "anonymousId": "a-1", "traits": {"plan": "Pro"}}
    both = [{"endpoint": "/track"}, {"endpoint": "/engage"}]
    assert run(folder, event=event, expect=both, exact=True) == []
    assert run(folder, event=event, expect=both[1:]) == []
    [_, (where, expected, made)] = run(folder, event=event, expect=[{"endpoint": "/track"}, *both], exact=True)
    assert (where, expected, made) == (("expect", 2), {"endpoint": "/engage"}, NOTHING)
    [(where, expected, _)] = run(folder, event=event, expect=both[:1], exact=True)
    assert (where, expected) == (("expect", 1), NOTHING)


def test_operations_are_expected_in_their_order(folder):
    """Others may stand between them, but the later one has to come later."""
    event = {"type": "identify", "userId": "u-1", "anonymousId": "a-1", "traits": {"plan": "Pro"}}
    swapped = [{"endpoint": "/engage"}, {"endpoint": "/track"}]
    assert run(folder, event=event, expect=swapped) == [(("expect", 1), {"endpoint": "/track"}, NOTHING)]


def test_filtered_means_that_nothing_is_sent(folder):
    """No subscription matches, or the event itself says no."""
    assert run(folder, event=EVENT | {"integrations": {"All": False}}, filtered=True) == []
    assert run(folder, event={"type": "alias", "userId": "u-1", "previousId": "u-0"}, filtered=True) == []
    [(where, _, made)] = run(folder, filtered=True)
    assert where == ("filtered",)
    assert [each["endpoint"] for each in made] == ["/import"]


def test_an_error_has_to_be_expected(folder):
    """What makes a dead letter of the event fails a test that does not say so, whatever else was made."""
    subscription = {"name": "Pages", "partnerAction": "trackEvent", "subscribe": 'type = "page"'}
    config = json.loads(json.dumps(CONFIG))
    config["destinations"][0]["subscriptions"] = [
        subscription,
        subscription | {"name": "All", "mapping": {"event": "P"}},
    ]
    (folder / "switchyard.yaml").write_text(json.dumps(config))
    event = {"type": "page", "userId": "u-1"}
    error = "Pages: event is required and has no value"
    assert run(folder, event=event, errors=[error]) == []
    assert run(folder, event=event, expect=[{"subscription": "All"}]) == [(("errors",), [], [error])]


def test_an_event_that_collect_refuses_is_an_error(folder):
    """An event that nobody could use never reaches the destination."""
    no_name = {"type": "track", "userId": "u-1"}
    assert run(folder, event=no_name, errors=["a track call needs the name of its event"]) == []
    assert run(folder, event={"batch": []}, errors=["The batch has no events."]) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, "", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
operations = st.lists(st.fixed_dictionaries({"endpoint": st.sampled_from("xy"), "record": json_values}), max_size=3)


@given(made=operations)
def test_whatever_was_made_is_as_it_is(made):
    """A list of operations does not differ from itself, nor from one with more in between."""
    assert list(compare_exactly(made, made, ())) == []
    assert list(compare_in_part(made, [each for one in made for each in ({**one, "endpoint": "z"}, one)], ())) == []


@given(expected=operations, made=operations)
def test_exact_is_the_equality_of_json(expected, made):
    """Two lists of operations that JSON writes alike have no difference; all others have one (1.0 is 1 to JSON)."""

    def same(one, other):
        if isinstance(one, dict) and isinstance(other, dict):
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(same, one, other))
        return isinstance(one, bool) == isinstance(other, bool) and one == other

    assert (list(compare_exactly(expected, made, ())) == []) == same(expected, made)


# ---- what is sent ----------------------------------------------------------------------------------------------------


def test_a_file_is_found_from_the_configuration(folder):
    """A payload lies in a file of its own, whose name may say the call; the path starts at the folder."""
    (folder / "events" / "page.json").write_text('{"writeKey": "key", "userId": "u-1", "name": "Home"}')
    assert run(folder, event=None, file="events/page.json", expect=[{"record": {"event": "Viewed Home"}}]) == []


def test_a_batch_is_all_its_events(folder):
    """Their operations come one after the other; what the batch says counts for each."""
    body = {"batch": [EVENT, EVENT | {"event": "Left"}], "context": {"ip": "203.0.113.7"}}
    expected = [{"record": {"event": name, "properties": {"ip": "203.0.113.7"}}} for name in ("Signed Up", "Left")]
    assert run(folder, event=body, expect=expected) == []


def test_an_event_is_what_collect_makes_of_it(folder):
    """Numbers as ids become text and a missing context an object, before the destination sees it."""
    assert run(folder, event=EVENT | {"userId": 7}, expect=[{"record": {"properties": {"distinct_id": "7"}}}]) == []


def test_an_event_is_received_when_it_was_sent(folder):
    """So its time is the one that was given, whatever the clock of the machine says (promise 3)."""
    sent = EVENT | {"sentAt": "2026-01-15T10:00:05Z"}
    for event in (EVENT, sent):
        assert run(folder, event=event, expect=[{"record": {"properties": {"time": 1768471200000}}}]) == []
    without = {key: value for key, value in EVENT.items() if key != "timestamp"}
    assert run(folder, event=without, expect=[{"record": {"properties": {"time": 1767225600000}}}]) == []


def test_an_archived_event_is_taken_as_it_is(folder):
    """What has a ``receivedAt`` was collected already, and keeps it."""
    times = {"receivedAt": "2026-01-15T11:00:00Z", "sentAt": "2026-01-15T10:30:00Z", "timestamp": None}
    archived = EVENT | times | {"messageId": "m-1"}
    properties = {"time": 1768474800000, "$insert_id": "m-1"}
    assert run(folder, event=archived, expect=[{"record": {"properties": properties}}]) == []


def test_a_secrets_name_stands_for_its_value(folder, monkeypatch):
    """Nobody needs the token to run the tests, and nobody sees it."""
    monkeypatch.setenv("SWITCHYARD_SECRET_EU_TOKEN", "hush")
    event = {"type": "group", "userId": "u-1", "groupId": "g-1", "traits": {}}
    assert run(folder, event=event, expect=[{"record": {"$token": "<eu/token>"}}]) == []


# ---- mistakes in the tests -------------------------------------------------------------------------------------------

GOOD = """\
- name: Sign-ups
  destination: eu
  event: {type: track, event: Signed Up, userId: u-1}
  expect:
    - subscription: Track Calls
      record: {event: Signed Up}
"""


@pytest.mark.parametrize(
    ("wrong", "right", "line", "complaint"),
    [
        ("- name: Sign-ups\n  destination", "- destination", 1, "[0].name: this is missing"),
        ("destination: eu", "destination: us", 2, "[0].destination: there is no destination 'us'; known are eu"),
        ("destination: eu", "destinatoin: eu", 2, "[0].destinatoin: there is no such key; did you mean 'destination'?"),
        ("  event: {type: track, event: Signed Up, userId: u-1}\n", "", 1, "[0]: write either event or file"),
        ("  event:", "  file: track.json\n  event:", 1, "[0]: write either event or file"),
        (
            "Track Calls",
            "Track Call",
            5,
            "[0].expect[0].subscription: no subscription 'Track Call' is enabled; did you",
        ),
        ("record:", "recrod:", 6, "[0].expect[0].recrod: there is no such key; did you mean 'record'?"),
        ("  event: {type: track, event: Signed Up, userId: u-1}", "  file: x.json", 3, "[0].file: "),
        ("Signed Up}", "2026-01-15}", 6, "[0].expect[0].record.event: JSON has no such date; put the value in quotes"),
        ("{event: Signed Up}", f"{{n: {2**70}}}", 6, "[0].expect[0].record.n: JSON has no such int; put the value in"),
        ("{event: Signed Up}", r'{event: "\ud83c"}', 6, "[0].expect[0].record.event: there are halves of characters"),
        ("{event: Signed Up}", "{7: seven}", 6, "[0].expect[0].record.7: the keys of an object are strings"),
        (
            "  expect:",
            "  filtered: true\n  expect:",
            1,
            "[0]: write expect or errors with what becomes of the event, or",
        ),
        (GOOD[GOOD.index("  expect") :], "", 1, "[0]: write expect or errors with what becomes of the event, or"),
        ("    - subscription: Track Calls\n      record: {event: Signed Up}", "    - {}", 5, "[0].expect[0]: write at"),
        ("- name: Sign-ups\n", "name: Sign-ups\n", 1, "write a list: each item on a line of its own"),
        ("- name: Sign-ups", "- name: [", 1, "not YAML"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_remedy(folder, wrong, right, line, complaint):
    """As for a configuration (promise 8)."""
    assert wrong in GOOD
    text = GOOD.replace(wrong, right)
    text = text.replace("\n  ", "\n") if right.startswith("name") else text
    found = problems(folder, text)
    start = "tests/tests.yaml:" if complaint == "not YAML" else f"tests/tests.yaml:{line}: {complaint}"
    assert any(each.startswith(start) and complaint in each for each in found), found


def test_tests_may_be_json(folder):
    """With tabs and with escapes, as programs write it; a mistake has its line."""
    file = folder / "tests" / "tests.json"
    event = EVENT | {"event": "🎁"}
    test = {"name": "a test", "destination": "eu", "event": event, "expect": [{"record": {"event": "🎁"}}]}
    file.write_text(json.dumps([test], indent="\t"))
    assert [each.differences for each in run_mapping_tests(folder)] == [[]]
    file.write_text('[\n{"name":,}]')
    with pytest.raises(InvalidConfig, match=r"tests\.json:2: not JSON: "):
        run_mapping_tests(folder)


@pytest.mark.parametrize(
    ("content", "reason"),
    [("[1]", "not a JSON object"), ("{", "unexpected end"), (" " * 2_000_001, "larger than 2,000,000 bytes")],
)
def test_a_payload_that_is_none_is_named(folder, content, reason):
    """The file of a payload holds one JSON object of bearable size."""
    (folder / "events" / "track.json").write_text(content)
    text = GOOD.replace("event: {type: track, event: Signed Up, userId: u-1}", "file: events/track.json")
    [problem] = problems(folder, text)
    assert problem.startswith(f"tests/tests.yaml:3: [0].file: events/track.json: {reason}")


def test_every_mistake_is_shown_at_once(folder):
    """One run shows those of all tests, in the order of the file."""
    second = GOOD.replace("destination: eu", "destination: us")
    found = problems(folder, GOOD.replace("event: {type: track, event: Signed Up, userId: u-1}", "file: x") + second)
    assert [each.split(":")[1] for each in found] == ["3", "8"]


def test_tests_are_no_configuration(folder):
    """The configuration's folder is read without the folders in it."""
    (folder / "tests" / "tests.yaml").write_text(GOOD)
    assert [each.name for each in compile_config(folder).destinations] == ["eu"]


def test_a_configuration_needs_no_tests(folder):
    """Without a folder, or with an empty one, there is nothing to run."""
    assert run_mapping_tests(folder) == []
    (folder / "tests").rmdir()
    assert run_mapping_tests(folder) == []


# ---- the command and the build ---------------------------------------------------------------------------------------


def command(folder, *options):
    """Run ``switchyard config test``; return the exit code and what it prints, without the folder."""
    result = CliRunner().invoke(app, ["test", "--config", str(folder), *options])
    return result.exit_code, result.stdout.replace(f"{folder}/", "").replace(str(folder), "DIR")


def test_the_command_says_how_many_passed(folder):
    """The exit code is 0 if every test passed, or if there is none."""
    assert command(folder) == (0, "DIR: no mapping tests\n")
    (folder / "tests" / "tests.yaml").write_text(GOOD)
    assert command(folder) == (0, "DIR: 1 mapping test(s), all passed\n")


def test_the_command_shows_what_differs(folder):
    """Each failing test with its place, and each difference with its line; the exit code is 1."""
    (folder / "tests" / "tests.yaml").write_text(GOOD + GOOD.replace("{event: Signed Up}", "{event: Left, x: 1}"))
    assert command(folder) == (
        1,
        """\
tests/tests.yaml:7: failed: Sign-ups
  line 12: expect[0].record.event
    expected  "Left"
    got       "Signed Up"
  line 12: expect[0].record.x
    expected  1
    got       nothing
DIR: 2 mapping test(s), 1 failed
""",
    )


def test_scripts_are_told_the_same_as_json(folder):
    """``--json`` prints an object for each test, those that passed too."""
    (folder / "tests" / "tests.yaml").write_text(GOOD + GOOD.replace("{event: Signed Up}", "{event: Left, x: 1}"))
    code, printed = command(folder, "--json")
    passed, failed = (json.loads(line) for line in printed.splitlines())
    assert code == 1
    assert passed == {"name": "Sign-ups", "file": "tests/tests.yaml", "line": 1, "passed": True, "differences": []}
    assert failed["passed"] is False
    assert failed["differences"] == [
        {"line": 12, "path": "expect[0].record.event", "expected": "Left", "got": "Signed Up"},
        {"line": 12, "path": "expect[0].record.x", "expected": 1},
    ]


def test_a_long_value_is_cut(folder):
    """Nobody reads 30 KB in a terminal."""
    (folder / "tests" / "tests.yaml").write_text(GOOD.replace("{event: Signed Up}", f"{{event: {'x' * 5000}}}"))
    code, printed = command(folder)
    assert code == 1
    assert max(map(len, printed.splitlines())) < 600


def build(folder, artifacts):
    """Run the layer's Makefile as `sam build` does: on the original, in a copy."""
    copied = shutil.copytree(folder, artifacts / "copy")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ARTIFACTS_DIR": str(artifacts),
    }
    make = ["make", "--makefile", folder / "Makefile", "build-ConfigLayer"]
    return subprocess.run(make, cwd=copied, env=environment, capture_output=True, text=True, check=False)


def test_a_failing_test_ends_the_build(folder, tmp_path_factory):
    """What does not do what its author says does not deploy (promise 8)."""
    shutil.copy(ROOT / "layers" / "config" / "Makefile", folder)
    (folder / "tests" / "tests.yaml").write_text(GOOD)
    assert build(folder, tmp_path_factory.mktemp("good")).returncode == 0
    (folder / "tests" / "tests.yaml").write_text(GOOD.replace("{event: Signed Up}", "{event: Left}"))
    built = build(folder, tmp_path_factory.mktemp("bad"))
    assert built.returncode != 0
    assert "tests.yaml:1: failed: Sign-ups" in built.stdout


def test_the_shipped_tests_pass():
    """There are some, of the payloads in ``events/``, and they can fail."""
    results = run_mapping_tests(ROOT / "layers" / "config")
    assert len(results) >= 5
    assert [each for each in results if each.differences] == []


def test_the_documented_tests_pass(folder):
    """The format is shown in the documentation with tests that pass on the shipped configuration."""
    page = (ROOT / "docs" / "configuration.md").read_text()
    block = page.split("## Mapping tests")[1].split("```yaml\n")[1].split("```")[0]
    assert yaml.safe_load(block)
    shutil.copy(ROOT / "layers" / "config" / "switchyard.yaml", folder)
    (folder / "tests" / "documented.yaml").write_text(block.replace("../../events", str(ROOT / "events")))
    assert [each.differences for each in run_mapping_tests(folder)] == [[], [], []]
