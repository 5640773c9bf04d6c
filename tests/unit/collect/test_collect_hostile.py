"""Whoever finds the address can send anything: every request has an answer, and no good event is lost beside a bad one.

``FUZZ_EXAMPLES`` says how many requests of each kind are made up; ``make fuzz`` makes ten thousand.
"""

import gzip
import hashlib
import hmac
import json
import os
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import boto3
import orjson
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from switchyard.collect.routes import ROUTES, Route
from switchyard.events import CALLS

MANY = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SECRET = "shared-s3cret"
KEYS = ["web-key", "web-key", "web-key", "quiet-key", "retired-key", "none", "", "\ud800"]
SOURCES = ["segment", "web", "none"]

# ---- what can be in a request ----------------------------------------------------------------------------------------

TEXT = st.text(max_size=20) | st.text(alphabet="\x00\x1b\ufffe\ud800.:,;=%[]{}\"'\\ ", max_size=20)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["type", "event", "userId", "anonymousId", "groupId", "previousId", "messageId", "timestamp", "sentAt"]
FIELDS += ["originalTimestamp", "receivedAt", "properties", "traits", "context", "integrations", "writeKey", "name"]
CONTEXTS = st.dictionaries(st.sampled_from(["ip", "direct", "library", "traits", "userAgent"]), JSON, max_size=3)
EVENTS = st.dictionaries(st.sampled_from(FIELDS), JSON | CONTEXTS | st.sampled_from([*CALLS, *KEYS]), max_size=6)
TREES = (
    EVENTS
    | JSON
    | st.lists(EVENTS | JSON, max_size=4)
    | st.fixed_dictionaries({"batch": st.lists(EVENTS | JSON, max_size=4) | JSON}, optional=dict.fromkeys(FIELDS, JSON))
)
# What no library writes: broken, unfinished, too deep, too long, not finite, doubled.
TOKENS = ["NaN", "-Infinity", "1e999", "9" * 400, '"\\ud800"', '"\\u0000"', '"\ufffe"', "[" * 3000 + "]" * 3000]
TOKENS += ['{"a":' * 300 + "1" + "}" * 300, '{"a":1,"a":{"a":2}}', '"' + "x" * 40_000 + '"', "{}", "[]", "-0", "1e-400"]
BROKEN = ["[" * 3000, "{", '{"batch":[', '"', "tru", "\x00", "{'a':1}", '{"a":1}}', '{"batch":[{}],}', "\ufeff{}"]


def dump(tree) -> bytes:
    """Write a tree as a careless client would: with NaN, and with halves of surrogate pairs as they are."""
    return json.dumps(tree, ensure_ascii=False).encode(errors="surrogatepass")


RAW = (
    TREES.map(dump)
    | st.binary(max_size=60)
    | st.sampled_from(BROKEN + TOKENS).map(str.encode)
    | st.tuples(st.sampled_from(TOKENS), st.sampled_from(TOKENS)).map(
        lambda two: f'{{"batch":[{",".join(two)}]}}'.encode()
    )
)


def bomb(raw: bytes) -> bytes:
    """More zeros than a request may have, behind a few bytes."""
    return gzip.compress(raw + bytes(600_000), compresslevel=1)


DRESSES = [bytes, gzip.compress, lambda raw: gzip.compress(raw)[:-5], lambda raw: b"\x1f\x8b" + raw]
BODIES = st.builds(lambda raw, dress: dress(raw), RAW, st.sampled_from(DRESSES)) | st.sampled_from([b"", b"{}"]).map(
    bomb
)
BASE64 = BODIES.map(lambda raw: b64encode(raw).decode())


BASIC = st.sampled_from(KEYS).map(lambda key: f"Basic {b64encode(key.encode(errors='replace') + b':').decode()}")
ADDRESSES = st.ip_addresses().map(str)
HEADERS = {
    "authorization": BASIC | BASIC | st.sampled_from(["Basic %%%", "Bearer x", ""]) | TEXT,
    "x-forwarded-for": TEXT | ADDRESSES,
    "x-forwarded-proto": st.sampled_from(["http", "https", "javascript"]),
    "x-retry-count": TEXT | st.integers().map(str),
    "x-signature": TEXT,
    "host": TEXT,
    "content-encoding": st.just("gzip"),
    "content-type": TEXT,
}
CASES = st.sampled_from([str.lower, str.upper, str.title])


def in_case(found: dict[str, str], case: Callable[[str], str]) -> dict[str, str]:
    """Write the headers' names as one client or another does."""
    return {case(name): value for name, value in found.items()}


def asked(start: str, route: Route, argument: str, end: str, method: str | None) -> dict[str, str]:
    """Ask for a route, in one of its forms or in none; with its own method unless another is given."""
    path = start + route.path.replace("{writeKey}", argument).replace("{source}", argument) + end
    return {"httpMethod": method or route.method, "path": path}


# Most of them right, so that what comes behind is reached.
STARTS = ["/v1"] * 10 + [""] * 5 + ["/", "/v1/v1", "/V1", "/.."]
ENDS = [""] * 15 + ["/", "/", "//", "/x", "%2F"]
METHODS = [None] * 15 + ["OPTIONS", "GET", "POST", "HEAD", "x"]
ASKED = st.builds(
    asked,
    st.sampled_from(STARTS),
    st.sampled_from(ROUTES),
    st.sampled_from(KEYS + SOURCES) | TEXT,
    st.sampled_from(ENDS),
    st.sampled_from(METHODS),
)
QUERIES = st.none() | st.dictionaries(
    st.sampled_from(["data", "writeKey", "userId", "event", "properties.a", "a.b", "a", "." * 50, "context.ip"]) | TEXT,
    BASE64 | TEXT | st.sampled_from(KEYS),
    max_size=5,
)


NAMED = st.builds(in_case, st.fixed_dictionaries({}, optional=HEADERS), CASES)
REST = st.fixed_dictionaries(
    {
        "headers": st.none() | NAMED | NAMED | NAMED,
        "queryStringParameters": QUERIES,
        "requestContext": st.fixed_dictionaries(
            {"requestId": st.just("request-1")},
            optional={
                "identity": st.none() | st.fixed_dictionaries({}, optional={"sourceIp": st.none() | TEXT | ADDRESSES}),
                "domainName": st.just("events.example.com"),  # API Gateway's own word
            },
        ),
    }
)
CONTENTS = st.one_of(
    st.fixed_dictionaries({"body": BASE64, "isBase64Encoded": st.just(True)}),
    st.fixed_dictionaries({"body": RAW.map(lambda raw: raw.decode(errors="surrogateescape"))}),
    st.fixed_dictionaries({"body": st.none() | BASE64 | TEXT, "isBase64Encoded": st.booleans()}),
)
REQUESTS = st.tuples(ASKED, REST, CONTENTS).map(
    lambda parts: {"isBase64Encoded": False} | parts[0] | parts[1] | parts[2]
)
"""Requests as API Gateway hands them over, whatever a client made of them."""


@pytest.fixture(scope="module")
def secrets():
    """The secrets that the source ``segment`` names."""
    with mock_aws():
        boto3.client("secretsmanager").create_secret(Name="switchyard/test/webhooks/segment", SecretString=SECRET)
        boto3.client("ssm").put_parameter(Name="/switchyard/test/webhooks/new", Value="new", Type="SecureString")
        yield


# ---- what must hold --------------------------------------------------------------------------------------------------


def check(desk, answer):
    """An answer that SDKs and browsers understand; what is in a queue can be read."""
    assert answer.status in {200, 400, 404, 405}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    if answer.status == 200:
        assert is_understood(answer.content)
    else:
        assert list(answer.content) == ["success", "code", "message", "error"]
        assert not desk.sqs.messages
    for queue in desk.sqs.messages:
        assert desk.envelopes(queue)
    assert desk.sqs.messages.get("archive", []) == desk.sqs.messages.get(
        "mixpanel", desk.sqs.messages.get("archive", [])
    )


def is_understood(content) -> bool:
    """Tell whether a 200 says what it must: nothing to a preflight, an image, settings, or success."""
    is_empty_or_image = content is None or isinstance(content, bytes)
    return is_empty_or_image or content == {"success": True} or "Segment.io" in content["integrations"]


def good(number: int) -> bytes:
    """An event that nothing is wrong with."""
    return orjson.dumps({"type": "track", "event": "e", "userId": "u", "messageId": f"good-{number}"})


def configured(desk, **source):
    """Let the first source be configured so."""
    first, *others = desk.front_door.config.sources
    desk.front_door = replace(
        desk.front_door, config=replace(desk.front_door.config, sources=(replace(first, **source), *others))
    )
    return desk


@MANY
@given(REQUESTS, st.sampled_from(["full", "truncated", "none"]), st.integers(0, 2))
def test_any_request_has_an_answer(open_desk, secrets, request_, detail, proxies):
    """200 or a refusal, never an error of ours; nothing of a refused request is kept."""
    desk = configured(open_desk(), ip=detail, trustedProxies=proxies)
    answer = desk.ask(request_)
    event(f"{answer.status}")
    check(desk, answer)


@MANY
@given(RAW, st.booleans())
def test_whatever_segment_signs_has_an_answer(open_desk, secrets, raw, is_gzip):
    """Even a signed request may hold anything."""
    desk = open_desk()
    signature = hmac.new(SECRET.encode(), raw, hashlib.sha1).hexdigest()
    body = b64encode(gzip.compress(raw) if is_gzip else raw).decode()
    answer = desk.ask({"path": "/v1/webhooks/segment/segment", "headers": {"X-Signature": signature}, "body": body})
    event(f"{answer.status}")
    check(desk, answer)


@MANY
@given(
    st.lists(st.none() | (EVENTS | JSON).map(dump) | st.sampled_from(TOKENS).map(str.encode), min_size=1, max_size=12),
    st.sampled_from(["/v1/b", "/v1/batch", "/import/", "/v1/webhooks/segment/segment"]),
    st.sampled_from([bytes, gzip.compress]),
)
def test_no_good_event_is_lost_beside_a_bad_one(open_desk, secrets, items, path, dress):
    """Promise 4: a good event stands where None does, and every one of them arrives, in order, whatever is between."""
    desk = open_desk()
    good = [
        orjson.dumps({"type": "track", "event": "e", "userId": "u", "messageId": f"good-{n}"})
        for n in range(len(items))
    ]
    texts = [good[number] if item is None else item for number, item in enumerate(items)]
    raw = b"[" + b",".join(texts) + b"]"
    if "webhooks" not in path:
        raw = b'{"writeKey":"web-key","batch":' + raw + b"}"
    signature = hmac.new(SECRET.encode(), raw, hashlib.sha1).hexdigest()
    answer = desk.ask({"path": path, "headers": {"X-Signature": signature}, "body": b64encode(dress(raw)).decode()})
    assert answer.status == 200
    arrived = [each["messageId"] for each in desk.events("archive") if each["messageId"].startswith("good-")]
    assert arrived == [f"good-{number}" for number, item in enumerate(items) if item is None]
    assert len(desk.events("archive")) + len(desk.reasons()) == len(items)
