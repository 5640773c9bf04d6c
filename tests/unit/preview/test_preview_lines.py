"""Event → the documented line, which says what the forwarder would send, filter and reject."""

import gzip
import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard import clock, observability
from switchyard.destinations.base import Outcome, Verdict
from switchyard.destinations.mixpanel import DESTINATION_TYPE as MIXPANEL
from switchyard.destinations.mixpanel.replies import Reply
from switchyard.destinations.mixpanel.sender import send
from switchyard.envelope import Envelope, Item
from switchyard.errors import ConfigError
from switchyard.forward.deliver import deliver
from switchyard.forward.plan import compile_destination, plan
from switchyard.forward.settle import Moment, RetryPolicy, settle
from switchyard_cli.config.compiler import compile_config
from switchyard_cli.local.cloud import create_secrets
from switchyard_cli.preview.destination import load_destination
from switchyard_cli.preview.preview import Previewer
from switchyard_cli.preview.reading import BadLine
from switchyard_cli.secrets_from_environment import conceal, resolve, variable_of

ROOT = Path(__file__).parents[3]
SAMPLES = [orjson.loads(line) for line in (ROOT / "events" / "archived.ndjson").read_bytes().splitlines()]
CORPUS = [
    event
    for line in (ROOT / "tests" / "contract" / "conformance" / "events.jsonl").read_bytes().splitlines()
    for event in orjson.loads(line)["events"]
]
TOO_DEEP = orjson.loads(b'{"a":' * 300 + b"1" + b"}" * 300)
ODD = [
    {"type": "track", "messageId": "odd-1", "userId": "u"},
    {"type": "track", "messageId": "odd-2", "userId": "u", "event": "E", "properties": TOO_DEEP},
    {"type": "track", "messageId": "odd-3", "userId": "u", "event": "E", "properties": {"increment": {}}},
    {"type": "track", "messageId": "odd-4", "userId": "u", "event": "E", "properties": {"increment": {"a": "x"}}},
    {"type": "group", "messageId": "odd-5", "traits": {"a": 1}},
    {"type": "track", "messageId": "odd-6", "event": "E", "integrations": {"All": False}},
    {"type": "track", "messageId": "odd-7", "event": "E", "integrations": ["All", False]},
    {},
]
SUBSCRIPTIONS = (
    {"name": "Tracks", "partnerAction": "trackEvent", "subscribe": 'type = "track" and properties.increment = null'},
    {"name": "Counts", "partnerAction": "incrementProperties", "subscribe": 'type = "track"'},
    {"name": "Orders", "partnerAction": "trackPurchase", "subscribe": 'event = "Order Completed"'},
    {"name": "People", "partnerAction": "identifyUser", "subscribe": 'type = "identify"'},
    {"name": "Groups", "partnerAction": "groupIdentifyUser", "subscribe": 'type = "group"'},
    {"name": "Aliases", "partnerAction": "alias", "subscribe": 'type = "alias"'},
)


def forwarded(configured, events):
    """Do what the forwarder does, up to the socket; return its requests' bodies by endpoint, and each event's end."""
    bodies: dict[str, list[bytes]] = {}

    def post(request):
        body = gzip.decompress(request.body) if "Content-Encoding" in request.headers else request.body
        bodies.setdefault(urlsplit(request.url).path, []).append(body)
        return Reply(503)

    def confirm(batch, settings, has_time):
        send(batch, settings, has_time, post)
        return [Outcome(Verdict.DELIVERED)] * len(batch.records)

    destination = compile_destination(configured.config, replace(MIXPANEL, send=confirm), resolve)
    settings = destination.settings()
    item = Item(b"{}")  # some of the events nest deeper than what collect lets through, so no item could hold them
    envelope = Envelope("web", "2026-01-15T10:00:00.000Z", "r", (item,) * len(events))
    deliveries = [plan(item, event, destination, settings, lambda *_: None) for event in events]
    deliver(deliveries, destination, settings, lambda: True)
    settlement = settle(envelope, deliveries, RetryPolicy(3600), Moment(clock.now(), 0))
    return bodies, [end.name for end in settlement.ends["eu"]]


def bodies_of(previews):
    """Return the bodies that the operations of all previews make together, by endpoint."""
    records: dict[str, list[bytes]] = {}
    for preview in previews:
        for operation in preview.operations:
            records.setdefault(operation.endpoint, []).append(operation.record)
    return {endpoint: [b"[" + b",".join(each) + b"]"] for endpoint, each in records.items()}


@pytest.mark.parametrize("events", [SAMPLES, [*ODD, *SAMPLES], CORPUS], ids=["samples", "odd", "corpus"])
@pytest.mark.parametrize("subscriptions", [(), SUBSCRIPTIONS], ids=["presets", "own"])
def test_records_are_the_bytes_that_the_forwarder_sends(configured, events, subscriptions):
    """Put together, the records of the lines are the bodies of the forwarder's requests, byte for byte."""
    destination = configured(*subscriptions, sourceName="web", batchBytes=10_000_000)
    previewer = Previewer(destination.destination)
    bodies, _ = forwarded(destination, events)
    assert bodies_of(previewer.preview(event) for event in events) == bodies
    assert bodies


@pytest.mark.parametrize("subscriptions", [(), SUBSCRIPTIONS], ids=["presets", "own"])
def test_filtered_and_errors_are_the_forwarders_ends(configured, subscriptions):
    """``filtered`` is true exactly where the forwarder counts the event as filtered, ``errors`` where it refuses it."""
    destination = configured(*subscriptions)
    events = [*SAMPLES, *ODD, *CORPUS]
    previewer = Previewer(destination.destination)
    previews = [previewer.preview(event) for event in events]
    _, ends = forwarded(destination, events)
    assert [preview.filtered for preview in previews] == [end == observability.FILTERED for end in ends]
    assert [bool(preview.errors) for preview in previews] == [end == observability.FAILED for end in ends]
    assert len(set(ends)) == 3


@given(st.permutations(range(len(SAMPLES))))
def test_a_preview_does_not_depend_on_the_events_before(order):
    """Each event's preview is the same, whatever was previewed before."""
    destination = load_destination(ROOT / "layers" / "config", "mixpanel-eu", conceal)
    alone = [Previewer(destination.destination).preview(event) for event in SAMPLES]
    together = Previewer(destination.destination)
    assert {number: together.preview(SAMPLES[number]) for number in order} == dict(enumerate(alone))


def test_a_line_has_the_documented_keys(previewer, track):
    """A line has these keys in this order, and one object for each operation."""
    document = orjson.loads(orjson.dumps(previewer.preview(track()).document()))
    assert list(document) == ["messageId", "operations", "filtered", "warnings", "errors"]
    (operation,) = document["operations"]
    assert list(operation) == ["subscription", "action", "endpoint", "record"]
    assert [operation[name] for name in ("subscription", "action", "endpoint")] == [
        "Track Calls",
        "trackEvent",
        "/import",
    ]
    assert operation["record"]["event"] == "Signed Up"


def test_a_line_without_an_event_says_so(previewer):
    """A line that holds no event is not filtered and makes nothing: its one error names its place."""
    document = previewer.preview(BadLine("line 3: not a JSON object")).document()
    assert document == {
        "messageId": None,
        "operations": [],
        "filtered": False,
        "warnings": (),
        "errors": ("line 3: not a JSON object",),
    }


def test_an_error_costs_only_its_subscription(configured, track):
    """What one subscription refuses is named with the subscription; what others make of the event is sent."""
    previewer = Previewer(
        configured(*SUBSCRIPTIONS[1:2], SUBSCRIPTIONS[0] | {"subscribe": 'type = "track"'}).destination
    )
    preview = previewer.preview(track(properties={"increment": {"seats": "many"}}))
    assert preview.errors == ("Counts: increment: a string that is not a number",)
    assert [operation.subscription for operation in preview.operations] == ["Tracks"]
    assert not preview.filtered


def test_a_record_that_is_no_json_costs_only_itself(configured, track):
    """Promise 4: of an event's operations, the one that nests too deep is an error, the others are shown."""
    subscriptions = (SUBSCRIPTIONS[0], SUBSCRIPTIONS[0] | {"name": "Bare", "mapping": {"event_properties": None}})
    preview = Previewer(configured(*subscriptions).destination).preview(track(properties=TOO_DEEP))
    assert preview.errors == ("Tracks: the record cannot be written as JSON",)
    assert [operation.subscription for operation in preview.operations] == ["Bare"]


def test_a_warning_is_given_once(configured, track):
    """Two subscriptions that leave out the same field say so once."""
    previewer = Previewer(configured(SUBSCRIPTIONS[0], SUBSCRIPTIONS[0] | {"name": "Again"}).destination)
    preview = previewer.preview(track(context={"app": {"name": {}}}))
    assert len(preview.operations) == 2
    assert preview.warnings == ("app_name: an object where a string is expected; left out",)


@pytest.mark.parametrize("message_id", [TOO_DEEP, [1]])
def test_a_message_id_that_is_none_is_not_shown(previewer, track, message_id):
    """A ``messageId`` that could not be one is null, so that the line can be written whatever it is."""
    document = previewer.preview(track(messageId=message_id)).document()
    assert orjson.loads(orjson.dumps(document))["messageId"] is None


def test_secrets_come_from_the_environment(configured, monkeypatch):
    """A secret's value is that of the variable named after it, as on the local stack; else its name is shown."""
    identify = {"type": "identify", "userId": "u", "traits": {"a": 1}}

    def token(resolve):
        folder = configured().folder
        (operation,) = Previewer(load_destination(folder, "eu", resolve).destination).preview(identify).operations
        return orjson.loads(operation.record)["$token"]

    assert token(resolve) == "<eu/token>"
    monkeypatch.setenv("SWITCHYARD_SECRET_EU_TOKEN", "t-1")
    assert token(resolve) == "t-1"
    assert token(conceal) == "<eu/token>"


def test_the_local_stack_reads_the_same_variables(monkeypatch, aws):
    """The variable that the preview reads is the one that the local stack stores as the secret."""
    monkeypatch.setenv(variable_of("mixpanel-eu/project-token"), "t-1")
    assert create_secrets(compile_config(ROOT / "layers" / "config"), "p/") == []
    secrets = boto3.client("secretsmanager")
    assert secrets.get_secret_value(SecretId="p/mixpanel-eu/project-token")["SecretString"] == "t-1"


def test_nothing_is_sent(previewer, monkeypatch):
    """A preview opens no connection."""
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was opened"))
    assert any(previewer.preview(event).operations for event in SAMPLES)


def test_an_unknown_destination_is_named_with_the_likely_one(tmp_path):
    """A name that is not in the configuration is an error that names the folder and the name that was meant."""
    folder = ROOT / "layers" / "config"
    with pytest.raises(ConfigError, match="there is no destination 'mixpanel-us'; did you mean 'mixpanel-eu'"):
        load_destination(folder, "mixpanel-us", resolve)
