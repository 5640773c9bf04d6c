"""One HTTP request in, one answer out, and 200 only when every queue concerned holds the events (promise 1)."""

import gzip
import json

import orjson
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import example, given
from hypothesis import strategies as st

from switchyard import clock
from switchyard.envelope import Failure
from switchyard.events import CALLS

GOOD = {"type": "track", "event": "Signed Up", "userId": "u", "messageId": "good"}
BAD = {"type": "track", "userId": "u", "messageId": "bad"}
CONCERNED = ["archive", "mixpanel", "other"]
ALL_CALLS = [*CALLS, "batch", "import"]
ERRORS = [
    ClientError({"Error": {"Code": "InternalError"}}, "SendMessageBatch"),
    EndpointConnectionError(endpoint_url="x"),
]


def batch(*events):
    """The body of a batch of these events."""
    return {"batch": list(events)}


# ---- the way of a good event -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS)
def test_an_event_reaches_every_queue_concerned(desk, call):
    """The archive's and one for each destination type of the source, though two of its destinations are mixpanel."""
    body = {"userId": "u", "event": "Signed Up", "groupId": "g", "previousId": "p", "messageId": "m"}
    assert desk.post(call, body).status == 200
    for queue in CONCERNED:
        (envelope,) = desk.envelopes(queue)
        (item,) = envelope.items
        assert (item.event["type"], item.event["messageId"], item.only) == (call, "m", None)
    assert desk.sqs.messages.keys() == set(CONCERNED)


def test_a_source_without_destinations_is_archived(desk):
    """Archiving alone is a use, too."""
    assert desk.post("track", GOOD, key="quiet-key").status == 200
    assert desk.sqs.messages.keys() == {"archive"}


def test_the_events_of_a_request_travel_together(desk):
    """In one message, in their order, with the source, the request and the time of their arrival."""
    before = clock.to_iso(clock.now())
    assert desk.post("batch", batch(*({**GOOD, "messageId": str(i)} for i in range(100)))).status == 200
    (envelope,) = desk.envelopes("archive")
    assert [item.event["messageId"] for item in envelope.items] == [str(i) for i in range(100)]
    assert (envelope.source, envelope.request_id, envelope.failure) == ("web", "request-1", None)
    assert before <= envelope.received_at <= clock.to_iso(clock.now())
    assert {item.event["receivedAt"] for item in envelope.items} == {envelope.received_at}
    assert desk.sqs.messages["archive"] == desk.sqs.messages["mixpanel"]


def test_success_says_just_that(desk):
    """The body that Ruby's and Java's SDKs parse."""
    answer = desk.post("track", GOOD)
    assert (answer.status, answer.content) == (200, {"success": True})


@pytest.mark.parametrize("path", ["/v1/track", "/v1/track/", "/track", "/track/", "//v1/track//", "/v1/v1/track"])
def test_paths_may_have_a_prefix_and_a_slash_at_the_end(desk, path):
    """A stage, a version, both or none; Java's SDK posts to ``/v1/import/``, and a host may end with a slash."""
    assert (
        desk.ask(
            {
                "path": path,
                "headers": None,
                "body": json.dumps({**GOOD, "writeKey": "web-key"}),
                "isBase64Encoded": False,
            }
        ).status
        == 200
    )
    assert len(desk.events("archive")) == 1


@pytest.mark.parametrize(
    "headers", [None, {}, {"AUTHORIZATION": "Basic d2ViLWtleTo="}, {"authorization": "Bearer a.b.c"}]
)
def test_headers_are_found_in_any_case_or_not_needed(desk, headers):
    """API Gateway passes their names on as the client wrote them; without any it passes null."""
    body = json.dumps({**GOOD, "writeKey": "web-key"})
    assert desk.ask({"path": "/v1/track", "headers": headers, "body": body, "isBase64Encoded": False}).status == 200


def test_the_write_key_goes_no_further(desk):
    """analytics.js puts it into every event; no queue ever holds it."""
    events = [{**GOOD, "writeKey": "web-key"}, {**BAD, "writeKey": "web-key"}]
    assert desk.post("batch", {**batch(*events), "writeKey": "web-key"}, key=None).status == 200
    assert "web-key" not in str(desk.sqs.messages)


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "", "/v1", "/v1/", "/v1/tracks", "/v1/Track", "/track/it", "/v1/a@example.com", "/\ud800"]
)
def test_other_paths_are_not_found(desk, path):
    """As JSON with CORS headers; the path is not quoted."""
    answer = desk.ask({"path": path, "headers": {}, "body": json.dumps(GOOD)})
    assert (answer.status, answer.content["code"]) == (404, "not_found")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert path in ("", "/") or path not in str(answer.content)


@pytest.mark.parametrize("path", ["/v1/t", "/v1/track", "/b/", "/v1/m", "/v1/projects/web-key/settings", "/nowhere"])
def test_a_browser_may_ask_first(desk, path):
    """A preflight has no key and no body, and is answered everywhere."""
    answer = desk.ask({"httpMethod": "OPTIONS", "path": path, "headers": None, "body": None})
    assert (answer.status, answer.headers["Access-Control-Allow-Methods"]) == (200, "GET,POST,OPTIONS")


@pytest.mark.parametrize(
    ("call", "body", "code"),
    [
        ("track", b"", "invalid_json"),
        ("track", b'{"event": "Signed Up"', "invalid_json"),
        ("track", b"[]", "bad_request"),
        ("track", b"null", "bad_request"),
        ("track", b'"text"', "bad_request"),
        ("track", gzip.compress(b"{}", mtime=0)[:-4], "bad_request"),
        ("track", {**GOOD, "properties": {"a": "x" * 32 * 1024}}, "payload_too_large"),
        ("batch", b'{"batch":[' + b" " * 508 * 1024 + b"]}", "payload_too_large"),
        ("batch", gzip.compress(b'{"batch":[' + b" " * 508 * 1024 + b"]}", mtime=0), "payload_too_large"),
        ("batch", {"batch": [GOOD], "context": {"a": "x" * 8 * 1024}}, "payload_too_large"),
        ("batch", {"batch": []}, "empty_batch"),
        ("batch", {"batch": None}, "bad_request"),
        ("batch", GOOD, "bad_request"),
        ("import", {"batch": "[]"}, "bad_request"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(desk, call, body, code):
    """With 400, which no SDK but one sends again; nothing of it is stored."""
    answer = desk.post(call, body)
    assert (answer.status, answer.content["code"]) == (400, code)
    assert not desk.sqs.messages


@pytest.mark.parametrize("key", ["none", "", "WEB-KEY", "web-key ", "🦄", "x" * 100_000], ids=lambda key: key[:10])
@pytest.mark.parametrize("call", ["track", "batch"])
def test_an_unknown_key_is_refused(desk, call, key):
    """With 400, since 401 is sent again for ever by some; the answer does not quote the key."""
    answer = desk.post(call, {**GOOD, "batch": [GOOD]}, key=key)
    assert (answer.status, answer.content["code"]) == (400, "unknown_source")
    assert not desk.sqs.messages
    assert key == "" or key not in str(answer.content)


def test_no_key_at_all_is_refused(desk):
    """And said so, since it is a different mistake than a wrong one."""
    answer = desk.post("track", GOOD, key=None)
    assert (answer.status, answer.content["code"]) == (400, "unknown_source")
    assert "no write key" in answer.content["message"]


def test_the_key_in_the_header_counts(desk):
    """Where header and body differ."""
    assert desk.post("track", {**GOOD, "writeKey": "quiet-key"}).status == 200
    assert desk.envelopes("archive")[0].source == "web"
    assert desk.post("track", {**GOOD, "writeKey": "web-key"}, key="none").status == 400


@pytest.mark.parametrize("key", ["quiet-key", "new-quiet-key"])
def test_a_key_can_be_rotated(desk, key):
    """While clients move from one key to the next, both open the same source."""
    assert desk.post("track", GOOD, key=key).status == 200
    assert desk.envelopes("archive")[0].source == "quiet"


def test_a_disabled_key_is_refused(desk):
    """With a code of its own, since the client is the right one and only late."""
    answer = desk.post("track", GOOD, key="retired-key")
    assert (answer.status, answer.content["code"]) == (400, "source_disabled")
    assert not desk.sqs.messages
    assert "retired-key" not in str(answer.content)


def test_the_key_may_stand_in_the_address(desk):
    """For beacons, which have no headers; a key in the body counts more."""
    request = {
        "path": "/v1/t",
        "headers": {},
        "queryStringParameters": {"writeKey": "quiet-key"},
        "isBase64Encoded": False,
    }
    assert desk.ask({**request, "body": json.dumps(GOOD)}).status == 200
    assert desk.ask({**request, "body": json.dumps({**GOOD, "writeKey": "web-key"})}).status == 200
    assert [each.source for each in desk.envelopes("archive")] == ["quiet", "web"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/track", "POST"),
        ("GET", "/v1/b/", "POST"),
        ("HEAD", "/v1/batch", "POST"),
        ("PUT", "/m", "POST"),
        ("POST", "/v1/pixel/track", "GET"),
        ("DELETE", "/v1/projects/web-key/settings", "GET"),
    ],
)
def test_another_method_is_not_allowed(desk, method, path, allowed):
    """405 as JSON with CORS headers, and the one that is."""
    answer = desk.ask({"httpMethod": method, "path": path, "headers": None, "body": None})
    assert (answer.status, answer.content["code"]) == (405, "method_not_allowed")
    assert (answer.headers["Allow"], answer.headers["Access-Control-Allow-Origin"]) == (f"{allowed},OPTIONS", "*")


@pytest.mark.parametrize("body", ['{"series":[{"type":"Counter","metric":"m","value":1,"tags":{}}]}', "", "{", None])
def test_what_sdks_count_about_themselves_is_dropped(desk, body):
    """Without a key, whatever it is: 200, and nothing is kept."""
    answer = desk.ask({"path": "/v1/m", "headers": None, "body": body, "isBase64Encoded": False})
    assert (answer.status, answer.content) == (200, {"success": True})
    assert not desk.sqs.messages


# ---- dead letters ----------------------------------------------------------------------------------------------------


def test_a_bad_event_becomes_a_dead_letter_and_costs_only_itself(desk):
    """200 all the same, as at Segment; the reason names what to repair (promises 2 and 4)."""
    assert desk.post("batch", batch(GOOD, BAD, {**GOOD, "messageId": "second"})).status == 200
    for queue in CONCERNED:
        assert [event["messageId"] for event in desk.events(queue)] == ["good", "second"]
    (envelope,) = desk.envelopes("dead-letters")
    assert [item.event["messageId"] for item in envelope.items] == ["bad"]
    assert envelope.failure == Failure(
        code="event_not_defined",
        reason="a track call needs the name of its event",
        field="event",
        failedAt=envelope.received_at,
    )
    assert (envelope.source, envelope.request_id) == ("web", "request-1")


def test_a_request_of_bad_events_only_is_accepted(desk):
    """Nothing is to be archived or delivered; the dead letters are the record of it."""
    assert desk.post("track", BAD).status == 200
    assert desk.sqs.messages.keys() == {"dead-letters"}


def test_dead_letters_are_grouped_by_reason(desk):
    """One envelope for each reason, whatever the number of events."""
    assert desk.post("batch", batch(BAD, None, BAD, 5, {**BAD, "event": 5}, GOOD)).status == 200
    assert sorted(desk.reasons()) == ["bad_request"] * 2 + ["event_not_defined"] * 2 + ["event_not_string"]
    assert len(desk.envelopes("dead-letters")) == 3


# ---- promise 1 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("queue", [*CONCERNED, "dead-letters"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("call", ["track", "batch"])
def test_a_queue_that_fails_is_answered_503(desk, queue, error, call):
    """Whichever it is and however it fails: the SDK must send again (promise 1)."""
    desk.sqs.broken[queue] = error
    answer = desk.post(call, {**BAD, "batch": [GOOD, BAD]} if queue == "dead-letters" else {**GOOD, "batch": [GOOD]})
    assert (answer.status, answer.content["code"]) == (503, "unavailable")
    desk.sqs.broken.clear()
    assert desk.post(call, {**GOOD, "batch": [GOOD]}).status == 200


@pytest.mark.parametrize("queue", [*CONCERNED, "dead-letters"])
def test_a_queue_that_takes_a_part_is_answered_503(desk, queue):
    """SendMessageBatch can succeed and refuse a message all the same (promise 1)."""
    desk.sqs.partial.add(queue)
    events = [{**GOOD, "properties": {"a": "x" * 32_000}}] * 15 + [BAD]
    assert desk.post("batch", batch(*events)).status == 503


def test_a_queue_that_is_not_concerned_may_fail(desk):
    """Neither a destination type that the source does not use, nor the dead-letter queue of a batch of good events."""
    desk.sqs.broken = {"unused": ERRORS[0], "dead-letters": ERRORS[0]}
    assert desk.post("batch", batch(GOOD)).status == 200
    desk.sqs.broken = dict.fromkeys(("mixpanel", "other"), ERRORS[0])
    assert desk.post("batch", batch(GOOD), key="quiet-key").status == 200


# ---- hostile input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["{}", "0", "null", "[]", '""', '{"a":0}'])
def test_a_batch_of_tens_of_thousands_of_bad_events_is_bounded_work(desk, bad):
    """Few messages, whatever each event would get from the batch, and the good event among them goes on."""
    events = ",".join([bad] * 60_000)
    body = f'{{"context":{{"a":"{"x" * 8000}"}},"batch":[{json.dumps(GOOD)},{events}]}}'
    assert desk.post("batch", body.encode()).status == 200
    assert [event["messageId"] for event in desk.events("archive")] == ["good"]
    assert len(desk.reasons()) == 60_000
    assert len(desk.sqs.messages["dead-letters"]) < 30
    assert len(desk.sqs.requests) < 40


@pytest.mark.parametrize(
    "bad",
    [
        b'{"a":[' + b",".join([b"1e15"] * 90_000) + b"]}",
        b"[" + b",".join([b"1e15"] * 90_000) + b"]",
        b'{"a":"' + "\ufffe".encode() * 150_000 + b'"}',
        b'{"' + "\uffff".encode() * 150_000 + b'":1}',
        b'{"userId":"' + b"u" * 450_000 + b'"}',
    ],
    ids=["numbers", "numbers in a list", "escapes", "escapes in a key", "userId"],
)
def test_a_bad_event_that_grows_costs_no_neighbour(desk, bad):
    """500 KB that become 2 MB as we write them are no reason to answer 503 for ever (promise 4)."""
    good = json.dumps(GOOD).encode()
    assert desk.post("batch", b'{"batch":[' + good + b"," + bad + b"," + good + b"]}").status == 200
    assert len(desk.events("mixpanel")) == 2
    assert len(desk.reasons()) == 1


def test_good_events_that_grow_are_stored(desk):
    """Characters that SQS does not take double in size: in every event of a large batch, and in its context."""
    event = {**GOOD, "properties": {"a": "\ufffe" * 40}}
    body = orjson.dumps({**batch(*[event] * 2400), "context": {"\uffff": "\ufffe" * 2700}})
    assert desk.post("batch", body).status == 200
    assert len(desk.events("mixpanel")) == 2400
    assert desk.events("archive")[2399]["context"] == {"\uffff": "\ufffe" * 2700}


def test_a_sent_at_without_end_is_not_multiplied(desk):
    """The batch's own is copied into each event."""
    body = {**batch(*[GOOD] * 500), "sentAt": "9" * 400_000}
    assert desk.post("batch", body).status == 200
    assert len(desk.sqs.requests) == 3


def test_a_bottomless_event_and_lone_surrogates_cost_no_neighbour(desk):
    """What breaks a strict parser, all in one batch; every good event is accepted (promise 4)."""
    good = json.dumps(GOOD)
    bad = [
        "[" * 100_000 + "]" * 100_000,
        r'{"\ud800":"\udfff"}',
        "NaN",
        "1e400",
        "-9223372036854775809",
        "1" * 5000,
        r'{"\u0000":"\u0000\ufffe\uffff"}',
        '{"__proto__":{"type":"track"}}',
    ]
    body = f'{{"batch":[{good},{",".join(f"{each},{good}" for each in bad)}]}}'
    assert desk.post("batch", body.encode()).status == 200
    assert [event["messageId"] for event in desk.events("mixpanel")] == ["good"] * 9
    assert len(desk.reasons()) == len(bad)


# ---- logs and metrics ------------------------------------------------------------------------------------------------


def lines(log):
    """The log line by line."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_the_log_says_what_became_of_a_request(desk, log):
    """Ids to search for and counts of reasons; and whether values had to be repaired."""
    desk.post("batch", b'{"batch":[' + json.dumps(GOOD).encode() + b',NaN,{},{"messageId":"bad"}]}')
    (line,) = lines(log)
    assert (line["message"], line["request_id"], line["source"]) == ("request collected", "request-1", "web")
    assert (line["message_ids"], line["refused"], line["repaired"]) == (["good"], {"bad_request": 3}, True)
    assert line["refused_ids"]["bad_request"][-1] == "bad"


def test_the_log_names_refused_events_within_bounds(desk, log):
    """By drop code, up to 50 of each, and no messageId that is longer than one may be."""
    ids = [*map(str, range(60))]
    desk.post("batch", batch(*({**BAD, "messageId": each} for each in ids), {"messageId": "x" * 100}))
    desk.post("batch", batch({"messageId": "x" * 10_000}, None))
    first, second = lines(log)
    assert first["refused_ids"] == {"event_not_defined": ids[:50], "bad_request": ["x" * 100]}
    assert all(len(each) <= 100 for each in second["refused_ids"]["bad_request"])


def test_the_log_says_which_key_was_used(desk, log):
    """By its place in the operator's list, so that an old key's last use can be seen; of a disabled one, too."""
    desk.post("track", GOOD, key="new-quiet-key")
    desk.post("track", GOOD, key="retired-key")
    desk.post("track", GOOD, key="stray-key")
    collected, disabled, unknown = lines(log)
    assert (collected["source"], collected["key"]) == ("quiet", 3)
    assert (disabled["code"], disabled["source"], disabled["key"]) == ("source_disabled", "quiet", 2)
    assert "key" not in unknown
    assert "source" not in unknown


def test_every_accepted_event_can_be_found_in_lines_of_bounded_length(desk, log):
    """CloudWatch takes lines of 256 KB; the ids of a large request stand in several, each with its request's id."""
    ids = [f"{number:04}" + "\U0001f381" * 96 for number in range(250)]
    assert desk.post("batch", batch(*({**GOOD, "messageId": each} for each in ids))).status == 200
    assert all(len(line) < 256_000 for line in log.getvalue().splitlines())
    first, *further = lines(log)
    assert (first["message"], first["accepted"], len(further)) == ("request collected", 250, 2)
    assert {(line["message"], line["request_id"], line["source"]) for line in further} == {
        ("request collected, continued", "request-1", "web")
    }
    assert [each for line in (first, *further) for each in line["message_ids"]] == ids


def test_a_hostile_batch_is_one_short_line(desk, log):
    """A log line of megabytes would cost more than the request."""
    desk.post("batch", b'{"batch":[' + b",".join([b"{}"] * 100_000) + b"]}")
    (line,) = lines(log)
    assert len(str(line)) < 5000


def test_refusals_and_failures_are_logged_with_their_reason(desk, log):
    """So that somebody can find out."""
    desk.post("track", b"{")
    desk.sqs.broken["archive"] = ERRORS[0]
    desk.post("track", GOOD)
    refused, failed = lines(log)
    assert (refused["level"], refused["message"], refused["code"]) == ("INFO", "request refused", "invalid_json")
    assert (failed["level"], failed["message"]) == ("ERROR", "events not stored")
    assert "ClientError" in failed["why"]


def test_metrics_count_events(desk, capsys):
    """What was received and what failed at ingest, by source; refused requests by their code."""
    desk.post("batch", batch(GOOD, GOOD, BAD))
    desk.post("track", b"{")
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["source"], first["SuccessfullyReceived"], first["FailedOnIngest"]) == ("web", [2.0], [1.0])
    assert (second["source"], second["reason"], second["FailedOnIngest"]) == ("unknown", "invalid_json", [1.0])
    assert first["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Switchyard"


# ---- anything --------------------------------------------------------------------------------------------------------

NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(CALLS), "userId": st.text(max_size=3) | JSON},
    optional=dict.fromkeys(("event", "properties", "traits", "context", "messageId", "timestamp", "groupId"), JSON),
)
BODIES = (
    st.binary()
    | st.binary().map(gzip.compress)
    | st.binary().map(lambda raw: b"\x1f\x8b" + raw)
    | st.dictionaries(st.sampled_from(["batch", "context", "sentAt", "userId", "event", "a"]), JSON).map(orjson.dumps)
    | st.lists(EVENTS | JSON).map(lambda events: gzip.compress(orjson.dumps({"batch": events})))
    | st.text().map(lambda text: f'{{"batch": [{text}]}}'.encode())
)


@given(st.sampled_from([*ALL_CALLS, "other"]), BODIES, st.sampled_from(["web-key", "none", None]))
@example("batch", gzip.compress(gzip.compress(b"{}")), "web-key")
def test_any_bytes_have_an_answer_that_sdks_understand(open_desk, call, body, key):
    """200 or a refusal with the documented fields; nothing is raised, and nothing refused is stored."""
    desk = open_desk()
    answer = desk.post(call, body, key)
    assert answer.status in {200, 400, 404}
    if answer.status == 200:
        assert answer.content == {"success": True}
        assert desk.sqs.messages
    else:
        assert answer.content["success"] is False
        assert all(isinstance(answer.content[name], str) for name in ("code", "message", "error"))
        assert not desk.sqs.messages


@given(st.lists(EVENTS | JSON, min_size=1, max_size=6))
def test_every_event_is_in_all_queues_or_a_dead_letter(open_desk, events):
    """And each queue holds the same (promises 1 and 2)."""
    desk = open_desk()
    assert desk.post("batch", orjson.dumps({"batch": events})).status == 200
    assert len(desk.events("archive")) + len(desk.reasons()) == len(events)
    assert desk.sqs.messages["archive"] == desk.sqs.messages["mixpanel"] == desk.sqs.messages["other"]
