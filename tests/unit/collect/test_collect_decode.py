"""The body of a request: every dress is taken off, what cannot be JSON costs only itself, and nothing costs much."""

import gzip
import json
import zlib
from base64 import b64encode
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from switchyard.collect.decode import MAX_BODY_BYTES, MAX_DEPTH, MAX_MEMBERS, Body, decode_body
from switchyard.errors import RefusedRequest

TEXT = '{"event": "Signed Up", "properties": {"städte": ["Köln", "東京", "🦄"]}}'
OBJECT = json.loads(TEXT)
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
# What breaks orjson's reading in one value, so that the forgiving reading has to do the rest.
BROKEN = ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 5000, "[" * 100_000 + "]" * 100_000]


def decode(raw: bytes) -> Body:
    """Decode a body as API Gateway hands it over under ``*/*``."""
    return decode_body(b64encode(raw).decode(), is_base64=True)


def read(raw: bytes) -> Any:
    """The object in a body, or the code with which it is refused."""
    try:
        return decode(raw).value
    except RefusedRequest as refused:
        return refused.code


def refusal(raw: bytes) -> str:
    """The code with which a body is refused."""
    with pytest.raises(RefusedRequest) as caught:
        decode(raw)
    return caught.value.code


def nested(levels: int) -> str:
    """Return lists within lists, the innermost empty."""
    return "[" * levels + "]" * levels


def depth(value) -> int:
    """The levels of the first of everything."""
    levels = 0
    while isinstance(value, list):
        levels, value = levels + 1, value[0] if value else None
    return levels


# ---- dresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode(),
        json.dumps(OBJECT).encode(),
        gzip.compress(TEXT.encode(), mtime=0),
        b"\xef\xbb\xbf" + TEXT.encode(),
        gzip.compress(b"\xef\xbb\xbf" + TEXT.encode(), mtime=0),
        b" \r\n\t" + TEXT.encode() + b" \r\n\t",
    ],
    ids=["utf-8", "escapes", "gzip", "byte-order-mark", "both", "blanks"],
)
def test_the_bytes_decide(raw):
    """Plain or gzip, escaped or not, with a byte order mark or without: the same object, whatever the headers said."""
    assert decode(raw) == Body(OBJECT, repaired=False)


def test_text_is_taken_too():
    """Where a body is no binary media type, API Gateway hands it over as text."""
    assert decode_body(TEXT, is_base64=False) == Body(OBJECT, repaired=False)


def test_gzip_of_several_members_is_read_to_its_end():
    """A gzip file may consist of several members (RFC 1952); none is left out."""
    raw = TEXT.encode()
    assert decode(gzip.compress(raw[:20]) + gzip.compress(raw[20:])).value == OBJECT


@pytest.mark.parametrize("keep", [2, 9, 10, 40, -9, -8, -1])
def test_gzip_that_ends_too_early_is_refused(keep):
    """An upload that was cut off is an error, even where the JSON in it would be whole."""
    assert refusal(gzip.compress(TEXT.encode())[:keep]) == "bad_request"


def test_gzip_that_is_damaged_is_refused():
    """A body is not what was sent when its checksum differs, when its blocks make no sense, or when more follows."""
    whole = gzip.compress(TEXT.encode())
    wrong_sums = (whole[:-8] + bytes(4) + whole[-4:], whole[:-4] + bytes(4))
    for damaged in (*wrong_sums, whole[:10] + b"\xff" * 30, whole + b"junk", b"\x1f\x8b{}"):
        assert refusal(damaged) == "bad_request"


@pytest.mark.parametrize(
    ("body", "is_base64"), [("A", True), ("é", True), ("\ud800", False), ('{"a": "\udfff"}', False)]
)
def test_a_body_that_is_no_bytes_is_refused(body, is_base64):
    """What is not base64, or cannot be written in UTF-8, cannot have come over HTTP."""
    with pytest.raises(RefusedRequest) as caught:
        decode_body(body, is_base64=is_base64)
    assert caught.value.code == "bad_request"


@pytest.mark.parametrize("raw", [b"null", b"true", b"1", b'"{}"', b"[]", b'[{"batch": []}]', b"NaN"])
def test_the_body_must_be_an_object(raw):
    """JSON that is no object is a bad request."""
    assert refusal(raw) == "bad_request"


@pytest.mark.parametrize("body", [None, ""])
@pytest.mark.parametrize("is_base64", [True, False])
def test_no_body_is_no_json(body, is_base64):
    """A POST without a body is refused like any other text that is no JSON."""
    with pytest.raises(RefusedRequest) as caught:
        decode_body(body, is_base64=is_base64)
    assert caught.value.code == "invalid_json"


@pytest.mark.parametrize(
    "raw",
    [
        *(
            b"{",
            b"{]",
            b'{"a":}',
            b"{'a': 1}",
            b'{"a": 1,}',
            b"{} {}",
            b'{"a": 01}',
            b'{"a": NaN, "b": }',
            b'{"a": NaN',
        ),
        *(b'{"a": "\n"}', b'{"a": "\\x"}', b'{"a": "\\ud8"}', b'\\"', b"\x00", b"\x1f", b"{\x00}\x00"),
        *(b"\xff\xfe{\x00}\x00", b"event=Signed+Up"),
    ],
    ids=repr,
)
def test_what_is_not_json_is_refused(raw):
    """JSON cut off, JSON with mistakes, UTF-16, forms: an SDK that sends those again would send them for ever."""
    assert refusal(raw) == "invalid_json"


# ---- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_limit_counts_the_plain_bytes(dress):
    """500 KB of events and 8 KiB around them pass, a byte more does not, however small it was on the wire."""
    largest = b'{"a":"' + b"x" * (MAX_BODY_BYTES - 8) + b'"}'
    assert len(largest) == MAX_BODY_BYTES == 508 * 1024
    assert len(decode(dress(largest)).value["a"]) == MAX_BODY_BYTES - 8
    assert refusal(dress(largest + b" ")) == "payload_too_large"


def test_a_bomb_costs_no_memory(peak_of):
    """400 KB of gzip that would be 400 MB are refused after the first half megabyte."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    megabyte = deflate.compress(bytes(2**20)) + deflate.flush(zlib.Z_FULL_FLUSH)
    bomb = gzip.compress(b"")[:10] + megabyte * 390
    assert len(bomb) < MAX_BODY_BYTES
    body = b64encode(bomb).decode()

    def decode():
        with pytest.raises(RefusedRequest) as caught:
            decode_body(body, is_base64=True)
        assert caught.value.code == "payload_too_large"

    decode()
    assert peak_of(decode) < 5 * 2**20


@pytest.mark.parametrize("more", [MAX_MEMBERS - 1, MAX_MEMBERS])
def test_the_members_of_gzip_are_counted(more):
    """No SDK sends more than one, and an empty one costs its sender twenty bytes, but here a start from scratch."""
    raw = gzip.compress(TEXT.encode()) + gzip.compress(b"") * more
    if more < MAX_MEMBERS:
        assert decode(raw).value == OBJECT
    else:
        assert refusal(raw) == "bad_request"


def test_gzip_is_not_even_opened_when_it_is_too_large_itself():
    """Ten megabytes of empty members would inflate to nothing, and take their time."""
    assert refusal(gzip.compress(b"") * 500_000) == "payload_too_large"


@pytest.mark.parametrize(
    "raw",
    [
        *(b'\\"' * 250_000, b'"' * 500_000, b'"\\' * 250_000, b"\\ud8" * 100_000),
        *(b"[" * 500_000, b"]" * 500_000, b'{"a":' * 100_000, b"[]," * 160_000, b"[" * 101 + b"[]," * 160_000),
        *(b'{"a":NaN,"b":"' + b'\\"' * 250_000, b'{"a":NaN,"b":' + b"[" * 500_000, b'{"a":NaN,"b":' + b"-" * 500_000),
        gzip.compress(b"", mtime=0) * 25_000,
        b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 500_000,
    ],
    ids=lambda raw: repr(raw[:16]),
)
def test_half_a_megabyte_of_nonsense_is_read_once(raw):
    """No input makes the reading quadratic or deep: this test would not end, or crash, if one did."""
    assert refusal(raw) in {"invalid_json", "bad_request"}


@pytest.mark.parametrize(
    "number", ["1" * 500_000, "0." + "1" * 500_000, "1" * 400_000 + "e-400000", "-" + "9" * 500_000]
)
def test_a_number_of_half_a_megabyte_is_read_once(number):
    """The digits of a number are looked at once; what is beyond a double becomes null."""
    value = decode(f'{{"a": NaN, "b": {number}}}'.encode()).value["b"]
    assert value is None or 0 < value < 1


# ---- what JSON cannot hold -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", BROKEN, ids=lambda text: text[:9])
def test_a_number_that_json_cannot_hold_becomes_null(broken):
    """Python's SDK sends NaN and Infinity; they cost the value, not the batch around it (promise 4)."""
    body = decode(f'{{"batch": [{{"a": [{broken}]}}, {{"b": 1.5}}]}}'.encode())
    assert body.repaired
    assert body.value["batch"][1] == {"b": 1.5}
    assert depth(body.value["batch"][0]["a"]) in (1, MAX_DEPTH - 3)


@given(ANY_JSON)
@example([2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, -(2**64) + 1])
@example([0.1, 1e22, 5e-324, 1.7976931348623157e308, -0.0])
@example({"__proto__": {"a": 1}, "": None, "\x00": "\x00\ufffe\uffff\u2028"})
def test_a_broken_value_costs_only_itself(value):
    """Whatever stands beside a broken value is read as if that were not there (promise 4), and can be written again."""
    text = json.dumps(value)
    for broken in BROKEN[:4]:
        beside = decode(f'{{"broken": {broken}, "value": {text}}}'.encode()).value
        alone = decode(f'{{"broken": null, "value": {text}}}'.encode()).value
        assert orjson.dumps(beside) == orjson.dumps(alone)


def test_the_last_of_two_equal_keys_counts():
    """As in JavaScript, in both ways of reading."""
    assert decode(b'{"a": 1, "a": 2}').value == {"a": 2}
    assert decode(b'{"a": 1, "a": 2, "b": NaN}').value == {"a": 2, "b": None}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (r"\ud83e\udd84", "🦄"),
        (r"\ud83e", "\ufffd"),
        (r"\udd84", "\ufffd"),
        (r"\udd84\ud83e", "\ufffd\ufffd"),
        (r"\ud83e\ud83e\udd84", "\ufffd🦄"),
        (r"\uD83E\uDD84\uD83E", "🦄\ufffd"),
        (r"\\ud83e", r"\ud83e"),
        (r"\\\ud83e", "\\\ufffd"),
        (r"\"\ud83e\"", '"\ufffd"'),
    ],
)
def test_half_a_surrogate_pair_is_replaced(sent, read):
    """JavaScript cuts strings in the middle of an emoji; what is left becomes U+FFFD, in values and in keys."""
    assert decode(f'{{"{sent}": ["{sent}"]}}'.encode()).value == {read: [read]}


@pytest.mark.parametrize(
    "raw", [b"K\xf6ln", b"K\xc3", b"\xed\xa0\xbe", b"\xc0\x80", b"\xff", b"\xf5\x80\x80\x80"], ids=repr
)
def test_bytes_that_are_no_utf8_are_replaced(raw):
    """A client that writes Latin-1 or half a pair into one string spoils that string, not its batch (promise 4)."""
    body = decode(b'{"a": "' + raw + b'", "b": "K\xc3\xb6ln"}')
    assert body.repaired
    assert "\ufffd" in body.value["a"]
    assert body.value["b"] == "Köln"


# ---- depth -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [1, 99, 100, 249, 250, 254, 255, 1022, 1023, 1024, 1025, 100_000])
@pytest.mark.parametrize("neighbour", ["1", "NaN", nested(2000)], ids=["good", "broken", "deep"])
def test_what_is_nested_too_deep_becomes_null(levels, neighbour):
    """100 levels are kept and what is below them becomes null, whatever stands beside (promise 4)."""
    body = decode(f'{{"neighbour": {neighbour}, "a": {nested(levels)}}}'.encode())
    assert depth(body.value["a"]) == min(levels, MAX_DEPTH - 1)
    assert body.repaired == (neighbour != "1" or levels >= MAX_DEPTH)


def test_objects_are_levels_as_lists_are():
    """An object within an object is as deep as a list within a list."""
    assert decode(b'{"a":' * 5000 + b"{}" + b"}" * 5000) == decode(b'{"a":' * 100 + b"null" + b"}" * 100)._replace(
        repaired=True
    )


def test_brackets_in_strings_are_no_levels():
    """What is quoted has no depth, and a quote in it does not end it."""
    text = json.dumps({"a": "[" * 5000 + '"' + "{" * 5000 + "\\", "b": float("nan")})
    assert decode(text.encode()).value == {"a": "[" * 5000 + '"' + "{" * 5000 + "\\", "b": None}


def test_what_is_too_deep_may_hold_anything():
    """Strings with brackets and several deep places: each is cut out from its first bracket to its last."""
    inner = nested(100)[:100] + r'"]\"]", {"]": [[1], [2]]}, []' + nested(100)[100:]
    raw = f'{{"a": {inner}, "b": [1, {inner}, 2], "c": "kept"}}'.encode()
    value = decode(raw).value
    assert (depth(value["a"]), value["b"][0], value["b"][2], value["c"]) == (99, 1, 2, "kept")


# ---- anything --------------------------------------------------------------------------------------------------------

FRAGMENTS = st.lists(
    st.sampled_from(
        [
            b"{",
            b"}",
            b"[",
            b"]",
            b'"',
            b":",
            b",",
            b"\\",
            b"\\u",
            b"d800",
            b"NaN",
            b"-",
            b"1",
            b"e9",
            b'"a":',
            b" ",
            b"\xff",
        ]
    )
).map(b"".join)


@given(st.binary() | FRAGMENTS | FRAGMENTS.map(lambda raw: b'{"a":' + raw + b"}"), st.booleans())
@example(gzip.compress(gzip.compress(b"{}")), False)
def test_any_bytes_are_an_object_or_refused(raw, zipped):
    """Nothing raises anything else, and an object that was read can always be written."""
    value = read(gzip.compress(raw) if zipped else raw)
    assert value in ("bad_request", "invalid_json") or orjson.loads(orjson.dumps(value)) == value
