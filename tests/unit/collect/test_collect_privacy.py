"""Promise 7: nothing of an event and no key is in what collect logs, measures or answers, whatever happens."""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

PRIVATE = {
    "userId": "user-of-jane",
    "anonymousId": "anonymous-jane",
    "event": "Jane Signed Up",
    "traits": {"email": "jane@example.com", "name": "Jane Roe", "phone": "+49 30 901820"},
    "properties": {"token": "s3cr3t-token", "jane-key": "jane-value", "url": "https://example.com/?q=jane"},
    "context": {"ip": "203.0.113.7", "userAgent": "JaneBrowser/1.0", "traits": {"email": "jane@example.com"}},
    "integrations": {"JaneTool": {"apiKey": "jane-api-key"}},
    "timestamp": "jane-o'clock",
    "writeKey": "web-key",
}
TRACES = ["jane", "s3cr3t", "901820", "203.0.113.7", "web-key", "quiet-key", "retired-key", "stray-key"]
SQS_ERRORS = {
    "(clienterror, denied)": ClientError({"Error": {"Code": "Denied", "Message": "jane@example.com"}}, "Send"),
    "(clienterror)": ClientError({"Error": {"Code": "<a>jane@example.com</a>", "Message": "Jane"}}, "Send"),
    "(endpointconnectionerror)": EndpointConnectionError(endpoint_url="https://jane.example.com"),
}


def wrong(**fields):
    """The private event with a mistake in it."""
    return {**PRIVATE, "type": "track", "messageId": "an-id", **fields}


GOOD = wrong()
BAD = [
    {name: value for name, value in GOOD.items() if name not in ("userId", "anonymousId")},
    wrong(type="jane@example.com"),
    wrong(userId={"jane@example.com": 1}, anonymousId=""),
    wrong(event=["jane@example.com"]),
    wrong(event=None),
    wrong(properties="jane@example.com"),
    wrong(type="identify", traits=["jane@example.com"]),
    wrong(type="page", name=["jane@example.com"]),
    wrong(type="group", groupId={"jane@example.com": 1}),
    wrong(type="alias", previousId=["jane@example.com"]),
    wrong(properties={"a": "jane@example.com" * 3000}),
    "jane@example.com",
    ["jane@example.com"],
]
NONSENSE = [
    json.dumps(GOOD).encode()[:-1],
    gzip.compress(json.dumps(GOOD).encode(), mtime=0)[:-9],
    json.dumps([GOOD]).encode(),
    json.dumps({"batch": GOOD}).encode(),
    json.dumps({"batch": [], "context": {"email": "jane@example.com"}}).encode(),
    json.dumps({"batch": [GOOD], "context": {"email": "jane@example.com" * 1000}}).encode(),
    json.dumps({**GOOD, "batch": [{"a": "jane@example.com" * 40_000}]}).encode(),
    b'{"batch": [{"userId": "jane@example.com", "a": NaN, "b": "\xff\\ud800", "c": '
    + b"[" * 2000
    + b"]" * 2000
    + b"}]}",
    b"\xffjane@example.com",
]


@pytest.fixture
def said(desk, log, capfd, monkeypatch) -> Callable[[], str]:
    """Everything that was logged, emitted and answered so far, in lower case."""
    answers = []
    ask = desk.ask

    def recording(request):
        answers.append(ask(request))
        return answers[-1]

    monkeypatch.setattr(desk, "ask", recording)
    return lambda: "".join([log.getvalue(), *capfd.readouterr(), json.dumps(answers)]).lower()


def check(text: str, *lines: str) -> None:
    """Nothing private was said, and something was."""
    assert all(line in text for line in lines), text
    assert not [trace for trace in TRACES if trace in text]


def test_of_accepted_events_only_the_message_id_is_said(desk, said):
    """That is what an operator searches for."""
    assert desk.post("track", GOOD).status == 200
    assert desk.post("batch", {"batch": [GOOD] * 3, "writeKey": "web-key", "context": PRIVATE}, key=None).status == 200
    check(said(), "request collected", "an-id", "successfullyreceived")


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_of_refused_events_only_the_reason_is_said(desk, said, bad):
    """Neither the log nor the dead letter's failure quotes a value."""
    assert desk.post("batch", {"batch": [bad, GOOD]}).status == 200
    (envelope,) = desk.envelopes("dead-letters")
    check(said() + repr(envelope.failure).lower(), "request collected", "failedoningest", "code=")


@pytest.mark.parametrize("raw", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize("call", ["track", "batch"])
def test_of_refused_requests_only_the_reason_is_said(desk, said, call, raw):
    """A parser's own message would quote the place."""
    assert desk.post(call, raw).status in {200, 400}
    check(said(), "request")


@pytest.mark.parametrize("key", ["stray-key", "jane@example.com", "quiet-key-jane"])
def test_no_key_is_said(desk, said, key):
    """Not even a wrong one, which may be a right one elsewhere."""
    assert desk.post("track", GOOD, key=key).status == 400
    assert desk.post("track", {**GOOD, "writeKey": key}, key=None).status == 400
    assert desk.ask({"path": f"/v1/{key}", "headers": {"Authorization": f"Bearer {key}"}, "body": None}).status == 404
    check(said(), "request refused", "unknown_source")


@pytest.mark.parametrize("key", ["quiet-key", "new-quiet-key", "retired-key"])
def test_of_a_sources_keys_the_number_alone_is_said(desk, said, key):
    """Whoever reads the log must not be able to send, not even when a disabled key is enabled again."""
    desk.post("track", GOOD, key=key)
    check(said(), "request", '"source":"quiet"', '"key":')


@pytest.mark.parametrize("kind", SQS_ERRORS)
@pytest.mark.parametrize("queue", ["archive", "mixpanel", "dead-letters"])
def test_of_a_failure_only_its_type_and_code_are_said(desk, said, queue, kind):
    """They are names from fixed lists; the words of an error may quote what was sent."""
    desk.sqs.broken[queue] = SQS_ERRORS[kind]
    assert desk.post("batch", {"batch": [GOOD, BAD[0]]}).status == 503
    check(said(), "events not stored", kind)


def test_text_bodies_and_headers_are_not_said(desk, said):
    """A request that is no base64 and has every header that could identify somebody."""
    headers = {
        "Authorization": "Basic " + b64encode(b"web-key:jane@example.com").decode(),
        "Cookie": "jane",
        "User-Agent": "JaneBrowser/1.0",
        "X-Forwarded-For": "203.0.113.7",
    }
    for body in (json.dumps(GOOD), json.dumps(GOOD)[1:], "jane@example.com"):
        desk.ask({"path": "/v1/track", "headers": headers, "body": body, "isBase64Encoded": False})
        desk.ask({"path": "/v1/track", "headers": headers, "body": body, "isBase64Encoded": True})
    check(said(), "request collected", "request refused")
