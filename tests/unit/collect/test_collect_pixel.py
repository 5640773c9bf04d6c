"""An event in an image's address: whatever becomes of it, the answer is the image."""

import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from switchyard.collect.pixel import MAX_LEVELS, decode_pixel
from switchyard.errors import RefusedRequest

EVENT = {"writeKey": "web-key", "userId": "u", "event": "Email Opened", "properties": {"subject": "Grüße?>~ÿ"}}
GIF = bytes.fromhex("474946383961")


def encoded(event=EVENT):
    """The event in plain base64."""
    return b64encode(json.dumps(event, ensure_ascii=False).encode()).decode()


def load(desk, query, call="track"):
    """Load the image, as a mail program does."""
    request: dict[str, Any] = {
        "httpMethod": "GET",
        "path": f"/v1/pixel/{call}",
        "headers": {},
        "body": None,
        "isBase64Encoded": False,
    }
    return desk.ask({**request, "queryStringParameters": query})


def is_image(answer):
    """Tell whether the answer is the image that nobody may keep."""
    return (
        answer.status == 200
        and answer.content.startswith(GIF)
        and answer.headers["Content-Type"] == "image/gif"
        and answer.headers["Cache-Control"] == "no-store"
        and answer.headers["Access-Control-Allow-Origin"] == "*"
    )


@pytest.mark.parametrize(
    "data",
    [
        encoded(),
        encoded().rstrip("="),
        encoded().replace("+", " "),
        urlsafe_b64encode(json.dumps(EVENT, ensure_ascii=False).encode()).decode(),
        urlsafe_b64encode(json.dumps(EVENT, ensure_ascii=False).encode()).decode().rstrip("="),
    ],
    ids=["standard", "unpadded", "plus-as-blank", "url-safe", "url-safe-unpadded"],
)
def test_an_event_travels_in_base64(desk, data):
    """In each of the forms that address builders make of it."""
    assert is_image(load(desk, {"data": data}))
    (event,) = desk.events("archive")
    assert (event["type"], event["event"], event["properties"]) == ("track", "Email Opened", EVENT["properties"])
    assert "writeKey" not in event


def test_an_event_travels_in_dotted_parameters(desk):
    """As in the address of an AMP pixel."""
    query = {
        "writeKey": "web-key",
        "userId": "u",
        "event": "Email Opened",
        "properties.subject": "Hi",
        "context.ip": "",
    }
    assert is_image(load(desk, query))
    (event,) = desk.events("archive")
    assert event["properties"] == {"subject": "Hi"}
    assert event["context"]["ip"] == ""


def test_a_pixel_may_be_kept_from_a_destination():
    """``integrations`` knows yes and no; everything else in an address is text."""
    query = {"integrations.All": "false", "integrations.Mixpanel": "true", "properties.vip": "true"}
    assert decode_pixel(query).value == {
        "integrations": {"All": False, "Mixpanel": True},
        "properties": {"vip": "true"},
    }


def test_the_key_may_stand_beside_the_data(desk):
    """In the query, where the event itself has none."""
    assert is_image(load(desk, {"data": encoded({"userId": "u", "event": "e"}), "writeKey": "web-key"}))
    assert len(desk.events("archive")) == 1


@pytest.mark.parametrize("call", ["track", "identify", "page", "screen", "group", "alias"])
def test_each_call_has_a_pixel(desk, call):
    """The path names the type."""
    assert is_image(load(desk, {"data": encoded({**EVENT, "groupId": "g", "previousId": "p"})}, call))
    assert desk.events("archive")[0]["type"] == call


def test_a_bad_event_is_a_dead_letter(desk):
    """The image is shown, and the event is kept with its reason."""
    assert is_image(load(desk, {"data": encoded({"writeKey": "web-key", "userId": "u"})}))
    assert desk.reasons() == ["event_not_defined"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (None, "unknown_source"),
        ({}, "unknown_source"),
        ({"data": "%%%"}, "bad_request"),
        ({"data": "a"}, "bad_request"),
        ({"data": "e30"}, "unknown_source"),
        ({"data": b64encode(b"[1]").decode()}, "bad_request"),
        ({"data": b64encode(b"{").decode()}, "invalid_json"),
        ({"data": encoded({**EVENT, "writeKey": "none"})}, "unknown_source"),
        ({"data": encoded({**EVENT, "properties": {"a": "x" * 40_000}})}, "payload_too_large"),
    ],
)
def test_a_refusal_is_an_image_and_a_line_in_the_log(desk, log, query, code):
    """Nobody reads the answer, so the log must tell."""
    assert is_image(load(desk, query))
    assert json.loads(log.getvalue())["code"] == code
    assert not desk.sqs.messages


def test_an_event_that_is_not_stored_is_an_image_and_an_error_in_the_log(desk, log, capfd):
    """A mail program does not try again, so the log and a metric are all that can tell."""
    desk.sqs.broken["archive"] = EndpointConnectionError(endpoint_url="x")
    assert is_image(load(desk, {"data": encoded()}))
    line = json.loads(log.getvalue())
    assert (line["level"], line["message"]) == ("ERROR", "events not stored")
    metric = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert (metric["FailedOnIngest"], metric["reason"]) == ([1.0], "not_stored")


def test_what_is_no_character_is_replaced(desk):
    """In names and in values, as in a body."""
    query = {"writeKey": "web-key", "userId": "u", "event": "\ud800", "properties.\udfff": "x"}
    assert is_image(load(desk, query))
    (event,) = desk.events("archive")
    assert (event["event"], event["properties"]) == ("?", {"?": "x"})


def test_dotted_paths_are_bounded():
    """Deep ones end in a name with dots, and of two that contradict each other the first counts."""
    deep = decode_pixel({".".join("a" * 5000): "x"}).value
    for _ in range(MAX_LEVELS - 1):
        deep = deep["a"]
    assert deep == {".".join("a" * (5000 - MAX_LEVELS + 1)): "x"}
    assert decode_pixel({"a": "1", "a.b": "2"}).value == {"a": "1"}
    assert decode_pixel({"a.b": "2", "a": "1", "a.b.c": "3"}).value == {"a": {"b": "2"}}


@given(
    st.dictionaries(st.text(alphabet="ab.") | st.text(), st.text(), max_size=20)
    | st.fixed_dictionaries({"data": st.text()})
)
def test_any_query_is_read_or_refused(query):
    """No address raises anything else, nor makes more of itself than it is."""
    try:
        value = decode_pixel(query).value
    except RefusedRequest:
        return
    assert isinstance(value, dict)
