"""A line for each request: who sends, what, how it ended and why; whatever customers wrote is shown and not obeyed."""

import io
import json
from datetime import UTC, datetime

import pytest
from rich.console import Console

from switchyard.collect import answers
from switchyard_cli.local.gateway import Exchange
from switchyard_cli.local.tail import Tail, describe, describe_ends

NOW = datetime(2026, 1, 15, 10, 0, 10, tzinfo=UTC)
COLLECTED = {
    "message": "request collected",
    "request_id": "r-1",
    "source": "web",
    "library": "analytics.js npm:next-1.84.3",
    "calls": {"track": 3, "page": 1},
    "accepted": 3,
    "message_ids": ["a", "b", "c"],
    "refused": {"no_user_anon_id": 1},
    "retries": 0,
}


def exchange(answer, method="POST", path="/v1/track"):
    """A request that was answered like this."""
    headers = {**answer["headers"], "x-amzn-RequestId": "r-1"}
    return Exchange(method, path, answer["statusCode"], headers, answer["body"].encode())


def tailed(*records, of, console=None):
    """What is printed of a request about which this was logged."""
    stream = io.StringIO()
    tail = Tail(console or Console(file=stream, width=500))
    for record in records:
        tail.hear(record if isinstance(record, str) else json.dumps(record))
    tail.answered(of)
    return stream.getvalue()


def test_an_accepted_request_is_a_line():
    """With the source, the library and its version, the calls, and what was accepted and refused."""
    line = describe(exchange(answers.accepted()), COLLECTED, NOW)
    assert line == (
        "10:00:10",
        "200",
        "web",
        "analytics.js npm:next-1.84.3",
        "track x3, page",
        "3 accepted, 1 refused: no_user_anon_id",
    )
    printed = tailed(COLLECTED, of=exchange(answers.accepted()))
    assert printed.endswith("\n")
    assert all(part in printed for part in line[1:])


def test_an_sdks_next_try_is_said():
    """It shows that an earlier answer did not arrive, or was none."""
    assert describe(exchange(answers.accepted()), {**COLLECTED, "retries": 2}, NOW).outcome.endswith(", try 3")


@pytest.mark.parametrize(
    ("answer", "record", "outcome"),
    [
        (
            answers.refused("unknown_source", "No source has this write key."),
            {"message": "request refused", "request_id": "r-1", "code": "unknown_source"},
            "refused: unknown_source (No source has this write key.)",
        ),
        (
            answers.pixel(),
            {"message": "request refused", "request_id": "r-1", "code": "bad_request"},
            "refused: bad_request",
        ),
        (answers.unavailable(), {"message": "events not stored", "request_id": "r-1", "why": "SQS"}, "not stored: SQS"),
        (answers.not_found(), {}, "refused (There is no such call.)"),
        (answers.unavailable(), {}, "refused (The events could not be stored. Please send them again.)"),
    ],
)
def test_a_refusal_says_why(answer, record, outcome):
    """In the words that the client gets, where it gets any."""
    assert describe(exchange(answer), record, NOW).outcome == outcome


@pytest.mark.parametrize(
    ("method", "path", "shown"),
    [
        ("GET", "/v1/projects/a-secret-key/settings", "GET /projects/{writeKey}/settings"),
        ("OPTIONS", "/v1/t", "OPTIONS /v1/t"),
        ("POST", "/v1/m/", "POST /v1/m/"),
        ("POST", "/" + "x" * 500, "POST /" + "x" * 59),
    ],
)
def test_what_brings_no_events_shows_its_route(method, path, shown):
    """Without the key in it, and not longer than a line has room for."""
    assert describe(exchange(answers.accepted(), method, path), {}, NOW).calls == shown


def test_what_a_destination_did_not_take_is_told():
    """Refused events and those that are put off have lines of their own with the reason; delivered ones have none."""
    about = {"message": "message forwarded", "request_id": "r-1", "source": "web", "destination": "mixpanel-eu"}
    ends = {**about, "SuccessfulDelivery": ["a"], "FailedDelivery": ["b", "c"], "RetriedDelivery": ["d"]}
    assert [line[1:] for line in describe_ends({**ends, "why": ["no", "never\x1b"]}, NOW)] == [
        ("-", "web", "→ mixpanel-eu", "2 refused", "no; never\x1b"),
        ("-", "web", "→ mixpanel-eu", "1 put off", "no; never\x1b"),
    ]
    printed = tailed({**ends, "why": ["never\x1b"]}, of=exchange(answers.accepted())).splitlines()
    assert [line.rstrip()[-6:] for line in printed[:2]] == ["never␛", "never␛"]
    assert (
        len(tailed({**about, "SuccessfulDelivery": ["a"], "why": []}, of=exchange(answers.accepted())).splitlines())
        == 1
    )


def test_each_request_has_its_own_line_in_the_log():
    """The request id tells which; other lines are none of its business, and none is used twice."""
    others = [
        "",
        "not JSON",
        '{"message": "message forwarded", "request_id": "r-1"}',
        {**COLLECTED, "request_id": "r-2"},
    ]
    assert "web" not in tailed(*others, of=exchange(answers.accepted()))
    assert "web" in tailed(*others, COLLECTED, of=exchange(answers.accepted()))


def test_what_a_stranger_sent_is_not_obeyed():
    """Neither by the terminal nor as rich's markup."""
    path = "/\x1b[31mred\x1b]0;title\x07[bold]x[/]\u202e"
    printed = tailed(of=exchange(answers.not_found(), path=path))
    assert "␛[31mred␛]0;title␇[bold]x[/]�" in printed
    assert printed.strip().isprintable()


def test_no_colour_where_nobody_sees_it():
    """A pipe gets text, a terminal colours."""
    assert "\x1b" not in tailed(COLLECTED, of=exchange(answers.accepted()))
    stream = io.StringIO()
    tailed(COLLECTED, of=exchange(answers.accepted()), console=Console(file=stream, force_terminal=True, width=500))
    assert "\x1b" in stream.getvalue()
