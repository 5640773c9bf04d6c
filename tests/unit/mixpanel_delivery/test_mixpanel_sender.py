"""The sender: the right request for each endpoint, to the right host, and one outcome for each record."""

import gzip
from base64 import b64decode
from collections import Counter
from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchyard.destinations.base import Batch, Outcome, Verdict
from switchyard.destinations.mixpanel.batcher import ENDPOINTS
from switchyard.destinations.mixpanel.replies import Reply
from switchyard.destinations.mixpanel.sender import MAX_REQUESTS, send
from switchyard.destinations.mixpanel.settings import MixpanelSettings

US = MixpanelSettings(projectToken="a1b2c3d4e5f60718")
HOSTS = {"US": "https://api.mixpanel.com", "EU": "https://api-eu.mixpanel.com", "IN": "https://api-in.mixpanel.com"}


def always():
    """There is time left."""
    return True


def records_of(request):
    """The records in a request's body."""
    is_gzip = request.headers.get("Content-Encoding") == "gzip"
    return orjson.loads(gzip.decompress(request.body) if is_gzip else request.body)


def batch_of(endpoint, records):
    """A batch as the batcher makes it."""
    return Batch(endpoint, [orjson.dumps(record) for record in records], list(range(len(records))))


def as_json(status, body):
    """A reply with a JSON body."""
    return Reply(status, orjson.dumps(body))


def confirmed(request):
    """Mixpanel takes everything."""
    return as_json(
        200, {"num_records_imported": len(records_of(request))} if "/import" in request.url else {"status": 1}
    )


class Recorder:
    """A transport that keeps the requests and gives the answers in turn, confirmations after the last."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        """Answer it."""
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else confirmed(request)


class Mixpanel:
    """A project that stores records by ``id``, refuses the ``bad`` ones and bodies of more than ``max_bytes``.

    Where it does not name failures it refuses the whole request that holds one. ``faults``, one for each request in
    turn, spoil what it does: they lose it, refuse it for another reason, cut the reply short, or change it.
    """

    def __init__(self, *, names_failures=True, max_bytes=10_000_000, faults=()):
        self.names_failures = names_failures
        self.max_bytes = max_bytes
        self.faults = list(faults)
        self.stored = []
        self.requests = 0

    def __call__(self, request):
        """Answer it."""
        self.requests += 1
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, Reply):
            return fault
        status, body = self._take(request)
        if isinstance(fault, float):
            text = orjson.dumps(body)
            return Reply(status, text[: int(fault * len(text))])
        return as_json(status, fault(body) if fault else body) if fault != "lost" else Reply(None, error="ReadTimeout")

    def _take(self, request):
        records = records_of(request)
        if sum(len(orjson.dumps(record)) + 1 for record in records) + 1 > self.max_bytes:
            return 413, {"code": 413, "error": f"request exceeds max limit of {self.max_bytes} bytes"}
        bad = [index for index, record in enumerate(records) if record.get("bad")]
        if bad and not self.names_failures:
            return self._refused_as_a_whole(request)
        self.stored += [record["id"] for record in records if not record.get("bad")]
        return self._accounted_for(request, len(records) - len(bad), bad)

    def _refused_as_a_whole(self, request):
        if "/import" in request.url:
            return 400, {"code": 400, "error": "something is wrong", "status": "Bad Request"}
        return 200, {"status": 0, "error": "something is wrong"}

    def _accounted_for(self, request, stored, bad):
        counter = "num_records_imported" if "/import" in request.url else "num_good_events"
        body = {counter: stored, "status": "Bad Request" if bad else "OK"}
        if bad:
            body["failed_records"] = [{"index": index, "field": "bad", "message": "'bad' is bad"} for index in bad]
        return (400 if bad else 200), body


def numbered(records):
    """Give each record the id under which the simulated project stores it."""
    return [record | {"id": index} for index, record in enumerate(records)]


def _with_count(change):
    counters = ("num_records_imported", "num_good_events")
    return lambda body: {key: value + change if key in counters else value for key, value in body.items()}


def _with_rows(change):
    return lambda body: body | {"failed_records": change(body["failed_records"])} if "failed_records" in body else body


endpoints = st.sampled_from(["/import", "/engage", "/groups"])
batches = st.lists(
    st.fixed_dictionaries({"bad": st.booleans(), "text": st.sampled_from(["", "x" * 60])}), min_size=1, max_size=12
)
faults = st.lists(
    st.one_of(
        st.none(),
        st.just("lost"),
        st.sampled_from([429, 401, 408, 500, 503, 302, None]).map(Reply),
        st.just(Reply(200, b"<html>")),
        st.just(Reply(502, b"<html>")),
        st.just(Reply(200, b"{}")),
        st.floats(0, 0.99),
        st.sampled_from([-2, -1, 1, 2]).map(_with_count),
        st.sampled_from(
            [
                lambda rows: rows[1:],
                lambda rows: [*rows, rows[0]],
                lambda rows: [rows[0]] * len(rows) if len(rows) > 1 else [],
                lambda rows: [row | {"index": row["index"] + 5000} for row in rows],
                lambda rows: [row["message"] for row in rows],
                lambda rows: [*rows, None],
            ]
        ).map(_with_rows),
    ),
    max_size=12,
)


@given(endpoints, batches, st.booleans(), st.sampled_from([100, 250, 10_000]), faults)
@settings(max_examples=400)
def test_every_outcome_lands_on_its_own_record(endpoint, records, names_failures, max_bytes, faults):
    """Promises 2 and 4: one outcome a record, delivered only what is stored, invalid only what is bad or too large."""
    records = numbered(records)
    mixpanel = Mixpanel(names_failures=names_failures, max_bytes=max_bytes, faults=faults)
    outcomes = send(batch_of(endpoint, records), US, always, mixpanel)
    assert len(outcomes) == len(records)
    for record, outcome in zip(records, outcomes, strict=True):
        if outcome.verdict is Verdict.DELIVERED:
            assert record["id"] in mixpanel.stored
        if outcome.verdict is Verdict.INVALID:
            assert record["bad"] or len(orjson.dumps(record)) + 2 > max_bytes


@given(endpoints, batches, st.booleans(), st.sampled_from([100, 250, 10_000]))
def test_an_honest_mixpanel_leaves_nothing_open(endpoint, records, names_failures, max_bytes):
    """Promise 2: good records are delivered, bad ones are invalid, and nothing waits for another try."""
    records = numbered(records)
    mixpanel = Mixpanel(names_failures=names_failures, max_bytes=max_bytes)
    outcomes = send(batch_of(endpoint, records), US, always, mixpanel)
    for record, outcome in zip(records, outcomes, strict=True):
        is_refused = record["bad"] or len(orjson.dumps(record)) + 2 > max_bytes
        assert outcome.verdict is (Verdict.INVALID if is_refused else Verdict.DELIVERED)


@given(batches, st.booleans(), st.sampled_from([100, 250, 10_000]))
def test_an_honest_mixpanel_stores_each_update_once_and_in_order(records, names_failures, max_bytes):
    """``$add`` must not count twice, and one user's updates must not overtake each other, however they are halved."""
    mixpanel = Mixpanel(names_failures=names_failures, max_bytes=max_bytes)
    send(batch_of("/engage", numbered(records)), US, always, mixpanel)
    assert mixpanel.stored == sorted(set(mixpanel.stored))


@given(batches, st.booleans(), st.integers(0, 8), st.sampled_from([Reply(None), Reply(503), Reply(429), Reply(401)]))
def test_trouble_is_the_outcome_of_all_that_follows(records, names_failures, calm, trouble):
    """After a reply that is about Mixpanel itself nothing more is sent, so no later update overtakes an earlier one."""
    mixpanel = Mixpanel(names_failures=names_failures, faults=[None] * calm + [trouble] + [None])
    outcomes = send(batch_of("/engage", numbered(records)), US, always, mixpanel)
    final = [outcome.verdict in {Verdict.DELIVERED, Verdict.INVALID} for outcome in outcomes]
    assert final == sorted(final, reverse=True)
    assert all(final) == (mixpanel.requests <= calm)
    assert mixpanel.requests <= calm + 1


def test_three_bad_records_among_2000_are_found():
    """Within the bound on requests, wherever they are: here as far apart as it gets."""
    records = numbered([{"bad": index in {0, 999, 1999}} for index in range(2000)])
    outcomes = send(batch_of("/engage", records), US, always, Mixpanel(names_failures=False))
    assert Counter(outcome.verdict for outcome in outcomes) == {Verdict.DELIVERED: 1997, Verdict.INVALID: 3}
    assert [index for index in range(2000) if outcomes[index].verdict is Verdict.INVALID] == [0, 999, 1999]


def test_a_batch_that_is_bad_throughout_is_given_up_for_this_run():
    """The search is bounded; what was not found stays, and says why."""
    mixpanel = Mixpanel(names_failures=False)
    outcomes = send(batch_of("/engage", numbered([{"bad": True}] * 2000)), US, always, mixpanel)
    assert mixpanel.requests == MAX_REQUESTS
    assert len(outcomes) == 2000
    assert outcomes[0].verdict is Verdict.INVALID
    assert (outcomes[-1].verdict, outcomes[-1].retry_after) == (Verdict.THROTTLED, 0)
    assert outcomes[-1].reason == "Mixpanel refuses records without naming them; not all of them were found in one run"


def test_a_batch_over_the_limit_is_halved_until_it_fits():
    """413 on many; the single record that is too large even alone is invalid."""
    records = [{"id": 0}, {"id": 1, "text": "x" * 200}, {"id": 2}, {"id": 3}]
    outcomes = send(batch_of("/import", records), US, always, Mixpanel(max_bytes=100))
    assert [outcome.verdict.value for outcome in outcomes] == ["delivered", "invalid", "delivered", "delivered"]
    assert outcomes[1] == Outcome(Verdict.INVALID, "the record is larger than Mixpanel takes", None, 413)


def test_import_sends_gzip_json_with_the_token():
    """``/import`` takes Basic auth: the token as user, nothing as password."""
    recorder = Recorder()
    send(batch_of("/import", [{"event": "a"}, {"event": "b"}]), US, always, recorder)
    (request,) = recorder.requests
    assert request.url == "https://api.mixpanel.com/import?strict=1"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(request.body) == b'[{"event":"a"},{"event":"b"}]'
    assert b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"a1b2c3d4e5f60718:"


@pytest.mark.parametrize(("secret", "user"), [("s3cret", b"s3cret:"), ("", b":"), (None, b"a1b2c3d4e5f60718:")])
def test_the_secret_goes_before_the_token(secret, user):
    """Wherever there is one, an empty one too, as in Segment's destination."""
    recorder = Recorder()
    send(batch_of("/import", [{}]), replace(US, apiSecret=secret), always, recorder)
    assert b64decode(recorder.requests[0].headers["Authorization"].removeprefix("Basic ")) == user


@pytest.mark.parametrize(
    ("endpoint", "query"),
    [
        ("/track", "verbose=1&ip=0"),
        ("/engage", "strict=1&verbose=1&ip=0"),
        ("/groups", "strict=1&verbose=1"),
    ],
)
def test_the_other_endpoints_get_plain_json_and_are_asked_to_speak(endpoint, query):
    """Never gzip, which they do not read; the token is in the records; ``ip=0`` keeps the server's place out."""
    recorder = Recorder()
    send(batch_of(endpoint, [{"n": 1}, {"n": 2}]), US, always, recorder)
    (request,) = recorder.requests
    assert request == (
        f"https://api.mixpanel.com{endpoint}?{query}",
        {"Content-Type": "application/json"},
        b'[{"n":1},{"n":2}]',
    )


def test_strict_mode_is_a_setting():
    """Without it Mixpanel leaves bad events out of its count, so the count finds them."""
    asked = []

    def count_only(request):
        asked.append(request.url)
        return as_json(200, {"num_records_imported": sum(not record["bad"] for record in records_of(request))})

    records = [{"bad": False}, {"bad": True}, {"bad": False}]
    outcomes = send(batch_of("/import", records), replace(US, strictMode="0"), always, count_only)
    assert [outcome.verdict.value for outcome in outcomes] == ["delivered", "invalid", "delivered"]
    assert {url.partition("?")[2] for url in asked} == {"strict=0"}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("region", ["US", "EU", "IN"])
def test_data_never_leaves_its_region(region, endpoint):
    """Promise 6: every request of every endpoint goes to the region's host, after refusals, redirects and failures."""
    elsewhere = Reply(307, headers={"Location": "https://api.mixpanel.com/import"})
    for answer in (
        Reply(413),
        as_json(400, {"code": 400}),
        as_json(200, {"status": 0}),
        elsewhere,
        Reply(503),
        Reply(401),
    ):
        recorder = Recorder(answer, answer)
        send(batch_of(endpoint, [{}] * 5), replace(US, apiRegion=region), always, recorder)
        assert {request.url.partition(endpoint)[0] for request in recorder.requests} == {HOSTS[region]}


@pytest.mark.parametrize("url", ["http://127.0.0.1:3001", "http://127.0.0.1:3001/"])
def test_the_local_stack_takes_the_place_of_mixpanel(monkeypatch, url):
    """``MIXPANEL_URL`` in the environment, for the local stack and tests."""
    monkeypatch.setenv("MIXPANEL_URL", url)
    recorder = Recorder()
    send(batch_of("/engage", [{}]), US, always, recorder)
    assert recorder.requests[0].url == "http://127.0.0.1:3001/engage?strict=1&verbose=1&ip=0"


def test_reasons_hold_no_value_of_their_record_and_no_secret():
    """Promise 7, for what is said about one record."""
    message = "profile ann@example.com of a1b2c3d4e5f60718: 'Ann Lee' is no name"
    row = {"index": 1, "field": "properties.Ann Lee", "message": message}
    answer = as_json(400, {"code": 400, "num_records_imported": 1, "failed_records": [row]})
    outcomes = send(batch_of("/import", [{"n": 1}, {"name": "Ann Lee"}]), US, always, Recorder(answer))
    assert outcomes[1].reason == "profile … of …: '…' is no name"
    assert outcomes[1].field == "properties.…"


def test_reasons_of_a_whole_batch_hold_no_value_of_any_record():
    """Promise 7, for what is said about all of them; each gets the same words."""
    secret = replace(US, apiSecret="s3cr3t-t0k3n")
    words = "Basic czNjcjN0LXQwazNuOg== (s3cr3t-t0k3n) may not import Ann Lee"
    outcomes = send(
        batch_of("/import", [{"n": 1}, {"name": "Ann Lee"}]), secret, always, Recorder(as_json(403, {"error": words}))
    )
    reason = "Mixpanel answered 403: Basic … (…) may not import …: check projectToken, apiSecret and apiRegion"
    assert outcomes == [Outcome(Verdict.SETUP, reason, None, 403)] * 2


def test_throttling_says_how_long():
    """Where the destination names it."""
    throttled = Reply(429, headers={"Retry-After": "7"})
    assert [
        outcome.retry_after for outcome in send(batch_of("/import", [{}, {}]), US, always, Recorder(throttled))
    ] == [
        7.0,
        7.0,
    ]


def test_without_time_left_no_further_request_is_made():
    """Promise 2: halves are looked into while the run lasts; what is then unknown is tried again."""
    mixpanel = Mixpanel(names_failures=False)
    records = numbered([{"bad": True}] + [{}] * 15)
    times = iter([True, True])
    outcomes = send(batch_of("/engage", records), US, lambda: next(times, False), mixpanel)
    assert len(outcomes) == 16
    assert outcomes[-1].verdict is Verdict.THROTTLED
