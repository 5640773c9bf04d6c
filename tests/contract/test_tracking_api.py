"""Segment's HTTP Tracking API as its SDKs use it, against collect's own handler and SQS (moto's).

The rules are those of https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/ and what the SDKs
do in fact. The chapters: routes · write key · bodies · limits · validation · answers · what the server fills in ·
integrations.
"""

import gzip
import importlib.util
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from moto import mock_aws

from switchyard.envelope import Envelope, open_envelope

APP = Path(__file__).parents[2] / "functions" / "collect" / "app.py"
QUEUES = {"archive": "QUEUE_URL_ARCHIVE", "mixpanel": "QUEUE_URL_MIXPANEL", "dead-letters": "DEAD_LETTER_QUEUE_URL"}
CONFIG = {
    "sources": [{"name": "web", "writeKeys": ["key"], "disabledKeys": ["old"], "destinations": ["eu"]}],
    "destinations": [{"name": "eu", "type": "mixpanel", "settings": {}, "subscriptions": []}],
}
KIB = 1024
TRACK = {"type": "track", "event": "Signed Up", "userId": "u", "messageId": "m"}
SINGLE: dict[str, dict[str, Any]] = {
    "track": {"userId": "u", "event": "Signed Up"},
    "identify": {"userId": "u", "traits": {"plan": "free"}},
    "page": {"anonymousId": "a", "name": "Home"},
    "screen": {"anonymousId": "a", "name": "Home"},
    "group": {"userId": "u", "groupId": "g"},
    "alias": {"userId": "u", "previousId": "a"},
}


class Answer(NamedTuple):
    """What an SDK sees."""

    status: int
    content: Any
    headers: dict[str, str]


class Collect:
    """The deployed function, called as API Gateway calls it, and its queues."""

    def __init__(self, handler: Any, urls: dict[str, str]) -> None:
        self._handler = handler
        self._sqs = boto3.client("sqs")
        self._urls = urls

    def post(self, call: str, body: Any, headers: dict[str, str] | None = None, *, key: str | None = "key") -> Answer:
        """Post to ``/v1/{call}``: bytes as they are, anything else as JSON; ``key`` goes into the header."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        authorization = {} if key is None else {"Authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}
        return self.request("POST", f"/v1/{call}", {**authorization, **(headers or {})}, raw)

    def request(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Answer:
        """Send a request: with ``*/*`` as binary media type every body arrives as base64."""
        answer = self._handler(
            {
                "resource": "/{proxy+}",
                "path": path,
                "httpMethod": method,
                "headers": headers or None,
                "requestContext": {"requestId": "request-1", "identity": {"sourceIp": "198.51.100.1"}},
                "body": b64encode(raw).decode() if raw else None,
                "isBase64Encoded": bool(raw),
            },
            None,
        )
        return Answer(answer["statusCode"], json.loads(answer["body"] or "null"), answer["headers"])

    def envelopes(self, queue: str) -> list[Envelope]:
        """Take what is in a queue."""
        found: list[Envelope] = []
        url = self._urls[queue]
        while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [open_envelope(message["Body"]) for message in messages]
            for message in messages:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def events(self, queue: str = "mixpanel") -> list[dict[str, Any]]:
        """Take the events that are in a queue."""
        return [item.event for envelope in self.envelopes(queue) for item in envelope.items]

    def reasons(self) -> list[str]:
        """Take the dead letters, and return the code of each."""
        envelopes = self.envelopes("dead-letters")
        return [each.failure.code for each in envelopes if each.failure for _ in each.items]

    def empty(self) -> None:
        """Throw away what is in the queues."""
        for queue in self._urls:
            self.envelopes(queue)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collect]:
    """The function with the template's environment."""
    config = tmp_path_factory.mktemp("config") / "config.json"
    config.write_text(json.dumps(CONFIG))
    with mock_aws(), pytest.MonkeyPatch.context() as environment:
        sqs = boto3.client("sqs")
        size = "1048576"
        urls = {
            name: sqs.create_queue(QueueName=name, Attributes={"MaximumMessageSize": size})["QueueUrl"]
            for name in QUEUES
        }
        environment.setenv("SWITCHYARD_CONFIG", str(config))
        environment.setenv("SECRETS_PREFIX", "switchyard/test/")
        environment.setenv("POWERTOOLS_SERVICE_NAME", "switchyard-test")
        environment.setenv("POWERTOOLS_METRICS_NAMESPACE", "Switchyard")
        environment.setenv("POWERTOOLS_LOG_LEVEL", "CRITICAL")
        for name, variable in QUEUES.items():
            environment.setenv(variable, urls[name])
        spec = importlib.util.spec_from_file_location("collect_app", APP)
        assert spec
        assert spec.loader
        app = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(app)
        yield Collect(app.handler, urls)


@pytest.fixture
def collect(deployed: Collect) -> Collect:
    """The function with empty queues."""
    deployed.empty()
    return deployed


def batch(*events: Any, **top_level: Any) -> dict[str, Any]:
    """The body of a batch."""
    return {"batch": list(events), **top_level}


def of_size(size: int, **fields: Any) -> dict[str, Any]:
    """A track call that is so many bytes of compact JSON."""
    event = {**TRACK, **fields, "properties": {"a": ""}}
    event["properties"] = {"a": "x" * (size - len(json.dumps(event, separators=(",", ":"))))}
    return event


# ---- routes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", SINGLE)
def test_each_call_has_a_route_of_its_own(collect, call):
    """POST /v1/track, identify, page, screen, group, alias take one event each; its type comes from the path."""
    assert collect.post(call, SINGLE[call]).status == 200
    (event,) = collect.events()
    assert event["type"] == call
    assert event.items() >= SINGLE[call].items()


@pytest.mark.parametrize("call", SINGLE)
def test_browsers_post_to_the_first_letter(collect, call):
    """POST /v1/t, i, p, s, g, a: analytics.js, with the key in the body and text/plain as its type."""
    body = json.dumps({**SINGLE[call], "writeKey": "key"}).encode()
    assert collect.request("POST", f"/v1/{call[0]}", {"content-type": "text/plain"}, body).status == 200
    (event,) = collect.events()
    assert event["type"] == call
    assert event.items() >= SINGLE[call].items()


@pytest.mark.parametrize(
    "path", ["/v1/batch", "/v1/import", "/v1/import/", "/v1/b", "/v1/b/", "/batch", "/import", "/b", "/v1/v1/b"]
)
def test_batches_have_three_routes(collect, path):
    """Ruby, .NET and Android post to import, Java with a slash at the end, devices to b; some without the /v1."""
    body = json.dumps(batch(TRACK, {"type": "identify", "userId": "u"}, writeKey="key")).encode()
    assert collect.request("POST", path, {}, body).status == 200
    assert [event["type"] for event in collect.events()] == ["track", "identify"]


@pytest.mark.parametrize("path", ["/v1/tracks", "/v1", "/v1/import/batch/x", "/v2/anything", "/favicon.ico"])
def test_unknown_paths_are_404_as_json(collect, path):
    """With CORS headers, since a browser would take it for a lost connection and retry."""
    answer = collect.request("POST", path, {}, json.dumps(TRACK).encode())
    assert (answer.status, answer.content["code"]) == (404, "not_found")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_metrics_of_sdks_are_taken_and_dropped(collect):
    """POST /v1/m: analytics.js counts what it does, and sends that without a key."""
    series = {"series": [{"type": "Counter", "metric": "analytics_js.invoke", "value": 1, "tags": {}}]}
    answer = collect.request("POST", "/v1/m", {"content-type": "text/plain"}, json.dumps(series).encode())
    assert (answer.status, answer.content) == (200, {"success": True})
    assert collect.envelopes("archive") == []


# ---- write key -------------------------------------------------------------------------------------------------------

BASIC = {"Authorization": "Basic " + b64encode(b"key:").decode()}


@pytest.mark.parametrize(
    ("headers", "in_body", "in_event"),
    [
        (BASIC, True, False),
        (BASIC, False, False),
        ({}, True, False),
        (BASIC, True, True),
        ({}, False, True),
        ({"Authorization": "Bearer token"}, True, False),
        ({"authorization": "Basic " + b64encode(b"key").decode()}, False, False),
        ({"Authorization": "Basic " + b64encode(b"key:").decode().rstrip("=")}, False, False),
        ({"Authorization": "Basic !"}, True, False),
    ],
    ids=[
        "python-2.4 node-3.1 java",
        "python-1.4 node-6 ruby go php rudder",
        "node-2.2 kotlin swift ios android",
        "analytics.js-1.84",
        "first event of a batch",
        "oauth",
        "no colon",
        "no padding",
        "garbage in the header",
    ],
)
def test_each_sdk_puts_its_key_elsewhere(collect, headers, in_body, in_event):
    """Into Basic auth, into the body, into every event; all of them are understood, and no event keeps it."""
    event = {**TRACK, **({"writeKey": "key"} if in_event else {})}
    body = batch(event, event, **({"writeKey": "key"} if in_body else {}))
    assert collect.post("batch", body, headers, key=None).status == 200
    assert not any("writeKey" in event for event in collect.events())


def test_the_header_counts_more_than_the_body(collect):
    """Where both have one and they differ."""
    assert collect.post("track", {**TRACK, "writeKey": "other"}).status == 200
    assert collect.post("track", {**TRACK, "writeKey": "key"}, key="other").status == 400


@pytest.mark.parametrize(
    "body", [TRACK, {**TRACK, "writeKey": "none"}, {**TRACK, "writeKey": 5}, {**TRACK, "writeKey": None}]
)
def test_an_unknown_key_is_400(collect, body):
    """Segment answers 200; who refuses must not say 401, which Swift's SDK re-sends at every flush, for good."""
    answer = collect.post("track", body, key=None)
    assert (answer.status, answer.content["code"]) == (400, "unknown_source")
    assert collect.events("archive") == []


def test_a_disabled_key_is_400(collect):
    """With Segment's own code for it."""
    answer = collect.post("track", TRACK, key="old")
    assert (answer.status, answer.content["code"]) == (400, "source_disabled")
    assert collect.events("archive") == []


# ---- bodies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", None],
)
@pytest.mark.parametrize("dress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_the_bytes_decide_and_not_the_headers(collect, content_type, dress, encoding):
    """Browsers say text/plain, RudderStack's Node SDK a form, C# nothing; gateways inflate and leave the header."""
    named = {"Content-Type": content_type, "Content-Encoding": encoding}
    headers = {name: value for name, value in named.items() if value}
    assert collect.post("batch", dress(json.dumps(batch(TRACK)).encode()), headers).status == 200
    assert len(collect.events()) == 1


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe", b"event=Signed+Up", b"\x1f\x8b"], ids=repr
)
@pytest.mark.parametrize("call", ["track", "batch"])
def test_a_body_must_be_a_json_object(collect, call, raw):
    """Else it is one of the two kinds of requests that Segment refuses."""
    answer = collect.post(call, raw)
    assert answer.status == 400
    assert answer.content["code"] in {"invalid_json", "bad_request"}


def test_numbers_that_json_does_not_have_cost_only_themselves(collect):
    """Python's ``json`` writes NaN and Infinity, and so does its SDK."""
    body = batch({**TRACK, "properties": {"a": float("nan"), "b": float("inf"), "c": 1}}, TRACK)
    assert collect.post("batch", body).status == 200
    assert [event["properties"] for event in collect.events()] == [{"a": None, "b": None, "c": 1}, {}]


def test_what_a_batch_says_goes_for_each_event(collect):
    """``context`` and ``integrations`` are merged into each event, the event's own keys win (Go sends them so)."""
    shared = {"context": {"library": {"name": "analytics-go"}, "locale": "de"}, "integrations": {"All": False}}
    own = {**TRACK, "context": {"locale": "fr"}, "integrations": {"Mixpanel": True}}
    assert collect.post("batch", batch(TRACK, own, **shared)).status == 200
    plain, merged = collect.events()
    assert (plain["context"], plain["integrations"]) == (shared["context"], shared["integrations"])
    assert merged["context"] == {"library": {"name": "analytics-go"}, "locale": "fr"}
    assert merged["integrations"] == {"All": False, "Mixpanel": True}


def test_other_keys_of_a_batch_are_ignored(collect):
    """Go and .NET send a messageId with the batch, old Node SDKs a timestamp; they are not the events'."""
    event = {name: value for name, value in TRACK.items() if name != "messageId"}
    assert (
        collect.post("batch", batch(event, event, messageId="batch-id", timestamp="2020-01-01T00:00:00Z")).status == 200
    )
    events = collect.events()
    assert len({event["messageId"] for event in events} | {"batch-id"}) == 3
    assert not any(event["timestamp"].startswith("2020") for event in events)


# ---- limits ----------------------------------------------------------------------------------------------------------


def test_a_single_event_has_32_kib(collect):
    """A byte more is the other kind of request that Segment refuses, with 400."""
    assert collect.post("track", of_size(32 * KIB)).status == 200
    answer = collect.post("track", of_size(32 * KIB + 1))
    assert (answer.status, answer.content["code"]) == (400, "payload_too_large")
    assert len(collect.events()) == 1


def test_an_event_of_a_batch_has_32_kib(collect):
    """A byte more costs only that event."""
    assert collect.post("batch", batch(of_size(32 * KIB + 1), of_size(32 * KIB), TRACK)).status == 200
    assert len(collect.events()) == 2
    assert collect.reasons() == ["payload_too_large"]


def test_the_size_of_an_event_is_that_of_its_utf8(collect):
    r"""Python's SDK sends \uXXXX, JavaScript's raw UTF-8, and each measures its own; the smaller one counts."""
    event = {**TRACK, "properties": {"a": "東" * 10_000}}
    escaped = json.dumps(event).encode()
    assert len(escaped) > 32 * KIB
    assert collect.post("track", escaped).status == 200
    assert collect.post("track", json.dumps(event, ensure_ascii=False, indent=4).encode()).status == 200
    assert [event["properties"]["a"] for event in collect.events()] == ["東" * 10_000] * 2


@pytest.mark.parametrize(
    ("events", "size"),
    [(100, 475_000), (15, 480 * KIB), (422, 450 * KIB), (1006, 450_992), (100, 512_000)],
    ids=["python", "node", "analytics.js under pressure", "node with flushAt", "ruby php"],
)
@pytest.mark.parametrize("dress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_what_sdks_put_into_a_batch_fits(collect, events, size, dress):
    """The largest batches that SDKs were seen to make."""
    body = batch(
        *({**TRACK, "messageId": str(number)} for number in range(events)), writeKey="key", sentAt="2026-01-15"
    )
    padding = (size - len(json.dumps(body))) // events
    for event in body["batch"]:
        event["properties"] = {"a": "x" * (padding - len(', "properties": {"a": ""}'))}
    raw = json.dumps(body).encode()
    assert size - 2 * events < len(raw) <= size
    assert collect.post("batch", dress(raw)).status == 200
    assert sorted(int(event["messageId"]) for event in collect.events()) == list(range(events))


@pytest.mark.parametrize("dress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_batch_has_500_kb(collect, dress):
    """And 8 KiB for what is around its events; a byte more is 400, never 413, which some SDKs send again for good."""
    frame = len('{"batch":[],"a":""}')
    event = json.dumps(TRACK)
    largest = '{"batch":[' + event + '],"a":"' + "x" * (508 * KIB - frame - len(event)) + '"}'
    assert collect.post("batch", dress(largest.encode())).status == 200
    answer = collect.post("batch", dress(largest.encode() + b" "))
    assert (answer.status, answer.content["code"]) == (400, "payload_too_large")


def test_a_batch_has_2500_events(collect):
    """The answer to more is 200 as well, and what is over the limit is refused."""
    assert collect.post("batch", batch(*[{"type": "page", "userId": "u"}] * 2501)).status == 200
    assert len(collect.events()) == 2500
    assert collect.reasons() == ["bad_request"]


def test_a_message_id_has_100_characters(collect):
    """A longer one is cut so that two different ones stay different."""
    ids = ["x" * 100, "x" * 101, "x" * 102]
    assert collect.post("batch", batch(*({**TRACK, "messageId": each} for each in ids))).status == 200
    kept = [event["messageId"] for event in collect.events()]
    assert kept[0] == ids[0]
    assert [len(each) for each in kept] == [100] * 3
    assert len(set(kept)) == 3


# ---- validation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "track", "event": "Signed Up"}, "no_user_anon_id"),
        ({"type": "group", "groupId": "g"}, "no_user_anon_id"),
        ({"type": "track", "event": "Signed Up", "userId": ""}, "id_not_string"),
        ({"type": "track", "event": "Signed Up", "userId": {"id": 1}}, "id_not_string"),
        ({"type": "group", "userId": "u"}, "id_required"),
        ({"type": "alias", "userId": "u"}, "id_required"),
        ({"type": "alias", "previousId": "p", "anonymousId": "a"}, "id_required"),
        ({"type": "track", "userId": "u"}, "event_not_defined"),
        ({"type": "track", "userId": "u", "event": ""}, "event_not_defined"),
        ({"type": "track", "userId": "u", "event": 5}, "event_not_string"),
        ({**TRACK, "properties": "a=b"}, "properties_not_object"),
        ({"type": "identify", "userId": "u", "traits": []}, "traits_not_object"),
        ({"type": "page", "userId": "u", "name": 5}, "name_not_string"),
        ({"type": "screen", "userId": "u", "category": {}}, "category_not_string"),
        ({"type": "other", "userId": "u"}, "bad_request"),
        ({"userId": "u"}, "bad_request"),
        ("track", "bad_request"),
        (None, "bad_request"),
    ],
)
def test_a_bad_event_is_dropped_with_segments_code(collect, event, code):
    """Only the good ones of the batch are published; the bad one is kept with its reason, and the answer is 200."""
    assert collect.post("batch", batch(TRACK, event, TRACK)).status == 200
    assert len(collect.events()) == 2
    assert collect.reasons() == [code]


@pytest.mark.parametrize("call", ["track", "group", "alias"])
def test_a_bad_single_event_is_200_as_well(collect, call):
    """400 is for bad JSON and for size only."""
    assert collect.post(call, {"userId": "u"}).status == 200
    assert collect.events("archive") == []
    assert len(collect.reasons()) == 1


def test_an_empty_batch_is_refused(collect):
    """It has nothing that could be dropped."""
    answer = collect.post("batch", batch())
    assert (answer.status, answer.content["code"]) == (400, "empty_batch")


def test_numbers_as_ids_are_taken(collect):
    """Python's SDK makes text of them, home-made clients do not."""
    assert collect.post("batch", batch({"type": "group", "userId": 1001, "groupId": 7.0, "messageId": 5})).status == 200
    (event,) = collect.events()
    assert (event["userId"], event["groupId"], event["messageId"]) == ("1001", "7", "5")


@pytest.mark.parametrize("call", SINGLE)
def test_what_is_null_counts_as_missing(collect, call):
    """Properties and traits may be absent or null; they are empty then."""
    nulls = dict.fromkeys(("properties", "traits", "context", "integrations", "timestamp", "sentAt", "messageId"))
    assert collect.post(call, {**nulls, **SINGLE[call]}).status == 200
    (event,) = collect.events()
    assert event["context"] == {}
    body = {"identify": "traits", "group": "traits"}.get(call, "properties")
    assert call == "alias" or event[body] == SINGLE[call].get(body, {})


# ---- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "body"), [("track", TRACK), ("batch", batch(TRACK)), ("import", batch(None))])
def test_success_is_exactly_200_and_json(collect, call, body):
    """202 and 204 are failures to Python 1.4 and PHP; any other body is retried to exhaustion by Ruby."""
    answer = collect.post(call, body)
    assert (answer.status, answer.content) == (200, {"success": True})
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("raw", "key"), [(b"{", "key"), (b"[]", "key"), (b"{}", "none"), (b'{"a":"' + b"x" * 600_000 + b'"}', "key")]
)
def test_refusals_have_what_sdks_read(collect, raw, key):
    """Python reads ``code`` and ``message`` and takes a JSON body without them for a network error; Ruby ``error``."""
    answer = collect.post("batch", raw, key=key)
    assert answer.status == 400
    assert answer.content["success"] is False
    assert all(isinstance(answer.content[name], str) for name in ("code", "message", "error"))
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_allows_what_analytics_js_sends(collect):
    """Without ``authorization`` no event arrives, without ``x-retry-count`` no retry does."""
    answer = collect.request("OPTIONS", "/v1/track", {"Origin": "https://example.com"}, b"")
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert {"authorization", "content-type", "x-retry-count"} == set(
        answer.headers["Access-Control-Allow-Headers"].split(",")
    )
    assert answer.headers["Access-Control-Max-Age"] == "7200"


# ---- what the server fills in ----------------------------------------------------------------------------------------


def moment(text: str) -> datetime:
    """A time that we wrote."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    return datetime.fromisoformat(text)


def test_a_batch_has_one_time_of_arrival(collect):
    """``receivedAt`` is the server's clock, the same for all its events."""
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert collect.post("batch", batch(TRACK, {**TRACK, "receivedAt": "1999-01-01T00:00:00Z"})).status == 200
    (received,) = {event["receivedAt"] for event in collect.events()}
    assert before <= moment(received) <= datetime.now(UTC)


@pytest.mark.parametrize("place", ["event", "batch"])
def test_the_timestamp_is_corrected_for_the_clock_of_the_device(collect, place):
    """``timestamp = receivedAt - (sentAt - originalTimestamp)``; sentAt is the event's own, else the batch's."""
    original, sent_at = "2020-01-01T00:00:00.000Z", "2020-01-01T01:00:00.000Z"
    own = {"sentAt": sent_at} if place == "event" else {}
    shared = {"sentAt": sent_at} if place == "batch" else {"sentAt": "2021-01-01T00:00:00Z"}
    assert collect.post("batch", batch({**TRACK, "timestamp": original, **own}, **shared)).status == 200
    (event,) = collect.events()
    assert moment(event["receivedAt"]) - moment(event["timestamp"]) == timedelta(hours=1)
    assert (event["originalTimestamp"], event["sentAt"]) == (original, sent_at)


@pytest.mark.parametrize(
    "written",
    [
        "2024-02-03T10:20:30.000Z",
        "2024-02-03T10:20:30.000+00:00",
        "2024-02-03T10:20:30.000000+00:00",
        "2024-02-03T10:20:30+00:00",
        "2024-02-03T10:20:30.000000000Z",
        "2024-02-03T12:20:30.0000000+02:00",
        "2024-2-03T10:20:30",
    ],
    ids=["javascript", "python ruby", "python", "php", "go", ".net", "segment's sample"],
)
def test_every_sdk_writes_times_in_its_own_way(collect, written):
    """Without sentAt the client's time counts as it is."""
    assert collect.post("track", {**TRACK, "timestamp": written}).status == 200
    (event,) = collect.events()
    assert event["timestamp"] == "2024-02-03T10:20:30.000Z"


@pytest.mark.parametrize("field", ["timestamp", "sentAt"])
@pytest.mark.parametrize(
    "written", ["yesterday", "", 10**30, [], {}, True, "2024-13-01", "9" * 1000], ids=lambda value: str(value)[:10]
)
def test_no_event_is_refused_for_a_date(collect, field, written):
    """An unreadable timestamp means the time of arrival, an unreadable sentAt no correction."""
    times = {"timestamp": "2024-02-03T10:20:30Z", field: written}
    assert collect.post("track", {**TRACK, **times}).status == 200
    (event,) = collect.events()
    assert event["timestamp"] == (event["receivedAt"] if field == "timestamp" else "2024-02-03T10:20:30.000Z")


def test_rudderstacks_original_timestamp_is_understood(collect):
    """Its Node SDK sends ``originalTimestamp`` and no ``timestamp``."""
    assert collect.post("track", {**TRACK, "originalTimestamp": "2024-02-03T10:20:30Z"}).status == 200
    (event,) = collect.events()
    assert event["timestamp"] == "2024-02-03T10:20:30.000Z"


def test_a_missing_message_id_is_made(collect):
    """Like Segment's: ``api-`` and 27 letters and digits."""
    assert collect.post("batch", batch(*[{"type": "page", "userId": "u"}] * 2)).status == 200
    made = [event["messageId"] for event in collect.events()]
    assert len(set(made)) == 2
    assert all(re.fullmatch(r"api-[0-9A-Za-z]{27}", each) for each in made)


def test_nothing_of_the_connection_is_copied_from_a_server(collect):
    """The address and the User-Agent of a server call are the server's own, not its user's."""
    assert collect.post("batch", batch(TRACK), {"User-Agent": "analytics-python/2.4.0"}).status == 200
    (event,) = collect.events()
    assert event["context"] == {}


def test_an_ip_that_the_client_sends_is_kept(collect):
    """Users set 0.0.0.0 so that nobody is located."""
    assert collect.post("batch", batch({**TRACK, "context": {"ip": "0.0.0.0"}})).status == 200
    assert collect.events()[0]["context"]["ip"] == "0.0.0.0"


def test_everything_else_stays_as_it_came(collect):
    """Unknown fields, ``_metadata``, ``channel``, and traits that RudderStack puts into the context."""
    extra = {
        "_metadata": {"bundled": ["Google Analytics"], "retryCount": 1},
        "channel": "server",
        "context": {"traits": {"email": "a@example.com"}, "library": {"name": "analytics-python", "version": "2.1.9"}},
        "__proto__": {"a": None},
        "\x00 \ufffe \uffff": ["🦄", "\ud7ff", 1.5, 2**63, -(2**63), True, None, {}],
    }
    assert collect.post("batch", batch({**TRACK, **extra})).status == 200
    archived = collect.events("archive")
    assert archived[0].items() >= {**TRACK, **extra}.items()
    assert collect.events("mixpanel") == archived


# ---- integrations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("integrations", [{"All": False}, {"All": False, "Mixpanel": True}, {"Mixpanel": {"a": 1}}, {}])
def test_integrations_travel_with_the_event(collect, integrations):
    """They are the forwarder's to obey, once for each destination; the archive is storage and keeps every event."""
    assert collect.post("track", {**TRACK, "integrations": integrations}).status == 200
    assert [event["integrations"] for event in (*collect.events("archive"), *collect.events())] == [integrations] * 2


def test_without_integrations_none_are_made_up(collect):
    """Absent means all of them."""
    assert collect.post("track", TRACK).status == 200
    assert "integrations" not in collect.events()[0]
