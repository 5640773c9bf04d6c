"""Segment's webhook destination as a source: whoever knows the secret is Segment, and Segment's times are right."""

import hashlib
import hmac
import json
from base64 import b64encode

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.collect.webhook import MAX_SIGNED_BYTES, check_signature
from switchyard.errors import RefusedRequest

SECRET = "shared-s3cret"
# What JSON.stringify makes of an event with numbers, characters and half a surrogate pair that Python writes otherwise.
EVENT = (
    '{"type":"track","event":"Größe ✓ \u2028","userId":"u","messageId":"m-1","timestamp":"2026-01-15T09:59:00.000Z",'
    '"receivedAt":"2026-01-15T10:00:01.000Z","sentAt":"2026-01-15T09:59:30.000Z",'
    '"originalTimestamp":"2026-01-15T09:58:29.000Z","properties":{"big":1e+21,"small":1e-7,"one":1,"lone":"\\ud800",'
    '"b]}{\\"":"[{\\\\\\""}}'
).encode()
SIGNATURE = "d35d971280894f01b99258baa9b0a159e31379f3"
"""Node's own createHmac("sha1", SECRET).update(EVENT).digest("hex")."""

GOOD = {"type": "track", "event": "e", "userId": "u", "messageId": "m"}


def sign(raw: bytes, secret: str = SECRET) -> str:
    """Sign as Segment does."""
    return hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()


def compact(value) -> bytes:
    """Write as JSON.stringify does."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def accepts(raw: bytes, signature: str, *secrets: str) -> bool:
    """Tell whether the signature is taken for Segment's."""
    try:
        check_signature(raw, signature, secrets or (SECRET,))
    except RefusedRequest as refusal:
        return refusal.code != "bad_signature"
    return True


@pytest.fixture
def secrets(aws):
    """The secrets that the source ``segment`` names, and a destination's."""
    manager, store = boto3.client("secretsmanager"), boto3.client("ssm")
    manager.create_secret(Name="switchyard/test/webhooks/segment", SecretString=SECRET)
    store.put_parameter(Name="/switchyard/test/webhooks/new", Value="the-next-one", Type="SecureString")


@pytest.fixture
def hook(desk, secrets):
    """Send a request to a source's webhook, signed unless another signature is given; JSON or bytes as they are."""

    def send(content, signature=None, source="segment", **request):
        raw = content if isinstance(content, bytes) else compact(content)
        signature = sign(raw) if signature is None else signature
        headers = {"X-Signature": signature, "User-Agent": "Segment.io/1.0"}
        path = f"/v1/webhooks/segment/{source}"
        return desk.ask({"path": path, "headers": headers, "body": b64encode(raw).decode(), **request})

    return send


# ---- the signature ---------------------------------------------------------------------------------------------------


def test_the_bytes_are_what_is_signed():
    """As they came, to the last digit: what Node signed is taken."""
    assert accepts(EVENT, SIGNATURE)
    assert accepts(EVENT, SIGNATURE.upper())
    assert not accepts(EVENT.replace(b"1e+21", b"1e21"), SIGNATURE)
    assert not accepts(EVENT + b" ", SIGNATURE)


@pytest.mark.parametrize("batch", [b"[%b,%b]", b"[%b]", b"[ %b , %b]", b"[\n%b,[%b]]"])
def test_of_a_list_the_first_event_is_signed(batch):
    """As it stands in the list, with whatever brackets its strings hold."""
    raw = batch.replace(b"%b", EVENT)
    assert accepts(raw, SIGNATURE)
    assert accepts(raw, sign(raw))
    assert not accepts(raw.replace(b'"u"', b'"v"', 1), SIGNATURE)


@pytest.mark.parametrize(
    "signature", ["", "0" * 40, SIGNATURE[:-1], SIGNATURE + "0", f"sha1={SIGNATURE}", "é", "\ud800"]
)
def test_another_signature_is_not_taken(signature):
    """Nor none."""
    assert not accepts(EVENT, signature)


@pytest.mark.parametrize("raw", [b"", b"[", b"[]", b"[1]", b"[[%b]]", b"[{", b'["%b', b'{"a":[%b]}'])
def test_only_a_lists_own_first_object_counts(raw):
    """A signed event that stands somewhere else signs nothing."""
    assert not accepts(raw.replace(b"%b", EVENT), SIGNATURE)


def test_a_secret_can_be_changed():
    """While Segment may sign with the old one or with the new one."""
    assert accepts(EVENT, SIGNATURE, "the-next-one", SECRET)
    assert accepts(EVENT, sign(EVENT, "the-next-one"), "the-next-one", SECRET)
    assert not accepts(EVENT, SIGNATURE, "the-next-one")


@given(st.binary() | st.text(alphabet='[]{}",\\ab ').map(str.encode), st.text())
def test_anything_can_be_signed(raw, signature):
    """Whoever knows the secret is heard, whoever does not is not."""
    assert accepts(raw, sign(raw))
    assert not accepts(raw, signature)


def test_who_knows_no_secret_costs_little():
    """Nesting exhausts no stack, and the first event is looked for where Segment can have put it."""
    assert not accepts(b"[" + b'{"a":[' * 300_000, SIGNATURE)
    large = compact({"a": "x" * (MAX_SIGNED_BYTES - 20)})
    assert accepts(b"[" + large + b"]", sign(large))
    larger = compact({"a": "x" * MAX_SIGNED_BYTES})
    assert not accepts(b"[" + larger + b"]", sign(larger))


# ---- what comes of it ------------------------------------------------------------------------------------------------


def test_an_event_that_segment_collected_is_taken_as_it_is(desk, hook):
    """Its times above all: they are corrected, and a second correction would add the time of Segment's delivery."""
    assert hook(EVENT, SIGNATURE).status == 200
    (event,) = desk.events("archive")
    for name, value in json.loads(EVENT).items():
        if name != "properties":
            assert event[name] == value
    assert desk.envelopes("archive")[0].source == "segment"
    assert event["properties"]["lone"] == "\ufffd"


def test_a_list_of_events_is_taken_one_by_one(desk, hook):
    """A bad one costs only itself; they may be more and larger than those of an SDK."""
    many = [{**GOOD, "messageId": str(number), "properties": {"a": "x" * 900}} for number in range(3_990)]
    large = {**GOOD, "messageId": "large", "properties": {"a": "x" * 36_000}}
    raw = compact([large, *many, {"type": "track"}, 5])
    assert hook(raw, sign(compact(large))).status == 200
    assert [event["messageId"] for event in desk.events("archive")] == ["large", *(each["messageId"] for each in many)]
    assert desk.reasons() == ["no_user_anon_id", "bad_request"]


def test_times_that_are_missing_are_filled_in(desk, hook):
    """From Segment's arrival, else from ours."""
    received = "2026-01-15T10:00:01.000Z"
    assert hook([{**GOOD, "receivedAt": received}, {**GOOD, "timestamp": "soon", "receivedAt": "later"}]).status == 200
    first, second = desk.events("archive")
    assert (first["timestamp"], first["receivedAt"]) == (received, received)
    assert second["timestamp"] == second["receivedAt"] == desk.envelopes("archive")[0].received_at


def test_the_address_of_segments_server_is_nobodys(desk, hook):
    """Neither for a browser's event nor for one that asks for the connection's; its own stays."""
    context = {"requestContext": {"requestId": "r", "identity": {"sourceIp": "192.0.2.1"}}}
    browser, direct = {"library": {"name": "analytics.js"}}, {"direct": True}
    events = [{**GOOD, "context": each} for each in (browser, direct, {**browser, "ip": "203.0.113.7"})]
    assert hook(events, **context).status == 200
    assert [event["context"].get("ip") for event in desk.events("archive")] == [None, None, "203.0.113.7"]


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        ((GOOD, "0" * 40, "segment"), "bad_signature"),
        ((GOOD, "", "segment"), "bad_signature"),
        ((GOOD, None, "web"), "unknown_source"),
        ((GOOD, None, "none"), "unknown_source"),
        (([], None, "segment"), "empty_batch"),
        (([GOOD] + [0] * 40_000, None, "segment"), "payload_too_large"),
        ((b"{", None, "segment"), "invalid_json"),
        ((b"x" * 4_000_001, None, "segment"), "payload_too_large"),
    ],
)
def test_what_is_refused_is_refused_for_good(desk, hook, refused, code):
    """400, which Segment does not send again; the source's own key opens nothing here."""
    answer = hook(*refused)
    assert (answer.status, answer.content["code"]) == (400, code)
    assert not desk.sqs.messages


def test_a_write_key_does_not_open_a_webhook(desk, secrets):
    """Only the signature does."""
    answer = desk.post_to("/v1/webhooks/segment/segment", GOOD)
    assert (answer.status, answer.content["code"]) == (400, "bad_signature")


def test_an_event_that_makes_no_sense_is_a_dead_letter(desk, hook):
    """Segment signed it, so it is kept with its reason, be it an object or not."""
    assert hook(5).status == 200
    assert desk.reasons() == ["bad_request"]


def test_a_secret_that_cannot_be_read_is_for_later(desk, aws, log):
    """503: Segment tries again for four hours. The line in the log names the secret, and no value."""
    headers = {"X-Signature": SIGNATURE}
    body = b64encode(EVENT).decode()
    assert desk.ask({"path": "/v1/webhooks/segment/segment", "headers": headers, "body": body}).status == 503
    line = json.loads(log.getvalue())
    assert (line["message"], line["level"]) == ("events not stored", "ERROR")
    assert "webhooks/segment" in line["why"]


def test_a_secret_that_cannot_be_read_is_not_in_the_way_of_another(desk, aws):
    """While one is changed, the new one may not be there yet, or the old one no more: what the other opens is taken."""
    boto3.client("ssm").put_parameter(Name="/switchyard/test/webhooks/new", Value=SECRET, Type="SecureString")
    request = {"path": "/v1/webhooks/segment/segment", "body": b64encode(EVENT).decode()}
    assert desk.ask({**request, "headers": {"X-Signature": SIGNATURE}}).status == 200
    assert len(desk.events("archive")) == 1
    assert desk.ask({**request, "headers": {"X-Signature": "0" * 40}}).status == 503


def test_no_secret_is_said(desk, hook, log):
    """Whatever happens (promise 7)."""
    hook(EVENT, SIGNATURE)
    answer = hook(EVENT, SECRET)
    assert SECRET not in log.getvalue() + str(answer.content) + repr(desk.front_door.config)
    assert "request collected" in log.getvalue()
