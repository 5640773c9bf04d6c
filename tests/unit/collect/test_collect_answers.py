"""The answers: SDKs retry, drop or report by their letter."""

import json

import pytest

from switchyard.collect import answers

ERRORS = {
    "refused": answers.refused("invalid_json", "The body is not JSON."),
    "not found": answers.not_found(),
    "unavailable": answers.unavailable(),
}


def test_success_is_exactly_this():
    """202, 204, an empty body and plain text are failures to one SDK or another: they would send again."""
    answer = answers.accepted()
    assert (answer["statusCode"], answer["body"]) == (200, '{"success":true}')
    assert answer["headers"]["Content-Type"] == "application/json"


def test_errors_have_the_status_that_sdks_understand():
    """401, 413, 501, 505 and 511 are sent again for ever, or dropped, by some SDK; these are not."""
    assert {name: answer["statusCode"] for name, answer in ERRORS.items()} == {
        "refused": 400,
        "not found": 404,
        "unavailable": 503,
    }


@pytest.mark.parametrize("answer", ERRORS.values(), ids=ERRORS)
def test_errors_can_be_read_by_every_sdk(answer):
    """Python's SDK reads ``code`` and ``message``, Ruby's reads ``error``; without them they retry."""
    content = json.loads(answer["body"])
    assert list(content) == ["success", "code", "message", "error"]
    assert content["success"] is False
    assert all(isinstance(content[name], str) and content[name] for name in ("code", "message", "error"))
    assert content["error"] == content["message"]


@pytest.mark.parametrize("answer", [answers.accepted(), *ERRORS.values()])
def test_browsers_may_read_every_answer(answer):
    """Without these headers a browser takes an answer for a lost connection, and a Retry-After is not seen."""
    assert answer["headers"]["Access-Control-Allow-Origin"] == "*"
    assert answer["headers"]["Access-Control-Expose-Headers"] == "Retry-After"
    assert answer["isBase64Encoded"] is False


def test_browsers_may_send_what_sdks_send():
    """analytics.js sends Authorization, and X-Retry-Count when it tries again; it asks once in two hours."""
    answer = answers.preflight()
    headers = answer["headers"]
    assert (answer["statusCode"], answer["body"], answer["isBase64Encoded"]) == (200, "", False)
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Methods"].split(",") == ["GET", "POST", "OPTIONS"]
    assert headers["Access-Control-Allow-Headers"].split(",") == ["authorization", "content-type", "x-retry-count"]
    assert headers["Access-Control-Max-Age"] == "7200"
