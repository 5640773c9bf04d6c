"""What a reply means (DESIGN §4): the only taxonomy, spelled out for each shape that Mixpanel's replies have."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.destinations.base import Outcome, Verdict
from switchyard.destinations.mixpanel.replies import LONGEST_RETRY_AFTER, Reply, Split, classify

OK = Outcome(Verdict.DELIVERED)
OTHERS = ("/engage", "/groups", "/track")
PARTIAL = {"code": 400, "error": "some data points in the request failed validation", "status": "Bad Request"}
TIME = "'properties.time' is invalid: must be specified as seconds since epoch"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["index", "message", "field"]), inner),
    max_leaves=6,
)


def answered(status, body, headers=None):
    """A reply with a JSON body, or bytes as they are."""
    return Reply(status, body if isinstance(body, bytes) else orjson.dumps(body), headers or {})


def row(index, id_key="insert_id"):
    """A row of ``failed_records``, with either of the two names that the id has been seen under."""
    return {"index": index, id_key: "5d958f87", "field": "properties.time", "message": TIME}


def verdicts(answer):
    """The verdicts alone; SPLIT stays SPLIT."""
    return answer if isinstance(answer, Split) else [outcome.verdict for outcome in answer]


def only(answer):
    """The outcome of a single record."""
    assert not isinstance(answer, Split)
    (outcome,) = answer
    return outcome


class TestImport:
    """``/import`` counts what it stored and names what it did not."""

    def test_delivered_is_what_the_count_confirms(self):
        """200 with as many records imported as were sent."""
        assert (
            classify("/import", 3, answered(200, {"code": 200, "num_records_imported": 3, "status": "OK"})) == [OK] * 3
        )

    @pytest.mark.parametrize("id_key", ["insert_id", "$insert_id"])
    def test_a_400_is_partial(self, id_key):
        """Only the named records are invalid, in Mixpanel's words and with the field; the others are stored."""
        body = PARTIAL | {"num_records_imported": 2, "failed_records": [row(1, id_key)]}
        bad = Outcome(Verdict.INVALID, TIME, "properties.time", 400)
        assert classify("/import", 3, answered(400, body)) == [OK, bad, OK]

    @pytest.mark.parametrize(
        "rows",
        [
            [row(1)],
            [row(1), row(1)],
            [row(1), row(3)],
            [row(1), row(-1)],
            [row(0), row(True)],
            [row(1), row("2")],
            [row(1), {"message": TIME}],
            [row(1), "identity events are not allowed"],
            [row(1), None],
            [row(0), row(1), row(2)],
            "none",
        ],
    )
    def test_names_that_do_not_add_up_to_what_was_sent_are_not_believed(self, rows):
        """One was stored, so two failed: whatever names others, or none, is asked about again in halves."""
        body = PARTIAL | {"num_records_imported": 1, "failed_records": rows}
        assert classify("/import", 3, answered(400, body)) is Split.SPLIT

    @pytest.mark.parametrize("stray", [row(3), "identity events are not allowed"])
    def test_a_name_too_many_spoils_the_reply(self, stray):
        """Even where the others add up: it may mean a record that was counted as stored."""
        body = {"num_records_imported": 2, "failed_records": [row(1), stray]}
        assert classify("/import", 3, answered(400, PARTIAL | body)) is Split.SPLIT
        all_stored = {"num_records_imported": 3, "failed_records": [stray]}
        assert verdicts(classify("/import", 3, answered(200, all_stored))) == [Verdict.TRANSIENT] * 3

    @pytest.mark.parametrize("imported", [0, 2])
    def test_a_200_that_stored_less_is_asked_about_again(self, imported):
        """It does not say which records it left out."""
        assert classify("/import", 3, answered(200, {"code": 200, "num_records_imported": imported})) is Split.SPLIT

    @pytest.mark.parametrize("imported", [4, -1, None, "3", 3.0, True])
    def test_a_200_without_a_possible_count_is_transient(self, imported):
        """Nothing is delivered that was not confirmed."""
        answer = classify("/import", 3, answered(200, {"code": 200, "num_records_imported": imported, "status": "OK"}))
        assert verdicts(answer) == [Verdict.TRANSIENT] * 3

    def test_a_single_record_that_a_200_does_not_count_is_transient(self):
        """Strict mode refuses with 400 and a reason, so this reply makes no sense."""
        assert verdicts(classify("/import", 1, answered(200, {"num_records_imported": 0}))) == [Verdict.TRANSIENT]

    def test_without_strict_mode_a_single_record_that_is_not_counted_is_invalid(self):
        """That is all that Mixpanel says about a bad event then."""
        answer = classify("/import", 1, answered(200, {"num_records_imported": 0}), strict=False)
        assert answer == [Outcome(Verdict.INVALID, "Mixpanel answered 200 and gave no reason", None, 200)]

    def test_without_strict_mode_the_count_still_confirms(self):
        """Stored is stored, in either mode."""
        assert classify("/import", 2, answered(200, {"num_records_imported": 2}), strict=False) == [OK] * 2

    def test_a_plain_1_confirms_no_event(self):
        """``/import`` answers with a count, always."""
        assert verdicts(classify("/import", 1, answered(200, b"1"))) == [Verdict.TRANSIENT]


class TestOtherEndpoints:
    """``/engage``, ``/groups`` and ``/track`` answer 200 even when they refuse: the body tells."""

    @pytest.mark.parametrize("endpoint", OTHERS)
    @pytest.mark.parametrize(
        "body",
        [
            b"1",
            {"error": None, "status": 1},
            {"code": 200, "status": "OK", "num_good_events": 2},
            {"code": 200, "status": "OK"},
            {"error": None, "errors": {}, "num_good_events": 2, "status": 1},
        ],
    )
    def test_a_confirmation_has_several_forms(self, endpoint, body):
        """The text ``1``, a status of 1 or OK, a count of all."""
        assert classify(endpoint, 2, answered(200, body)) == [OK, OK]

    @pytest.mark.parametrize("endpoint", OTHERS)
    @pytest.mark.parametrize("body", [b"0", {"error": "$token, missing or empty", "status": 0}])
    def test_a_refusal_with_200_is_asked_about_down_to_the_record(self, endpoint, body):
        """The halves of many; a single one is invalid, with Mixpanel's words if there are any."""
        reason = "$token, missing or empty" if isinstance(body, dict) else "Mixpanel answered 200 and gave no reason"
        assert classify(endpoint, 2, answered(200, body)) is Split.SPLIT
        assert classify(endpoint, 1, answered(200, body)) == [Outcome(Verdict.INVALID, reason, None, 200)]

    @pytest.mark.parametrize("status", [200, 400])
    @pytest.mark.parametrize("endpoint", ["/engage", "/groups"])
    def test_strict_mode_names_records_as_import_does(self, endpoint, status):
        """With 200 or 400, the count of good records confirms the rest."""
        body = PARTIAL | {"status": 0, "num_good_events": 1, "failed_records": [row(0)]}
        assert classify(endpoint, 2, answered(status, body)) == [
            Outcome(Verdict.INVALID, TIME, "properties.time", status),
            OK,
        ]

    def test_a_status_of_1_confirms_all_but_the_named(self):
        """Where there is no count."""
        answer = classify("/engage", 2, answered(200, {"status": 1, "failed_records": [row(0)]}))
        assert verdicts(answer) == [Verdict.INVALID, Verdict.DELIVERED]

    def test_names_without_a_count_confirm_nothing_about_the_rest(self):
        """A status of 0 beside names leaves open whether the others were stored."""
        body = {"status": 0, "error": "failed validation", "failed_records": [row(0)]}
        assert classify("/engage", 2, answered(200, body)) is Split.SPLIT

    @pytest.mark.parametrize("body", [b"", b"2", b"<html>", b"[]", {}, {"status": 2}, {"status": [1]}, b'{"status":1'])
    def test_a_body_that_makes_no_sense_is_transient(self, body):
        """Neither delivered nor refused."""
        for endpoint in OTHERS:
            assert verdicts(classify(endpoint, 2, answered(200, body))) == [Verdict.TRANSIENT] * 2


class TestEveryEndpoint:
    """Statuses mean the same everywhere."""

    @pytest.mark.parametrize("status", [None, 408, 500, 502, 503, 504, 599, 202, 204])
    def test_transient(self, status):
        """No reply, a failing server, or a success that is none of Mixpanel's."""
        assert verdicts(classify("/import", 2, Reply(status))) == [Verdict.TRANSIENT] * 2

    @pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 402, 403, 404, 405, 410, 422])
    def test_setup(self, status):
        """Key, project or address are wrong; nothing is wrong with the records, and redirects lead nowhere."""
        outcome = only(classify("/engage", 1, answered(status, {"error": "Invalid credentials"})))
        assert outcome.verdict is Verdict.SETUP
        assert outcome.reason == (
            f"Mixpanel answered {status}: Invalid credentials: check projectToken, apiSecret and apiRegion"
        )

    def test_throttled(self):
        """429, in the form that Mixpanel sends and in any other."""
        for body in ({"code": 429, "error": "Project exceeded rate limits."}, {"status": 0}, b"<html>"):
            assert verdicts(classify("/import", 2, answered(429, body))) == [Verdict.THROTTLED] * 2

    def test_too_large(self):
        """Halves of many; one alone is invalid, even when a web page says so."""
        assert classify("/import", 2, answered(413, b"<html>")) is Split.SPLIT
        assert verdicts(classify("/import", 1, answered(413, b"<html>"))) == [Verdict.INVALID]

    @pytest.mark.parametrize("endpoint", ["/import", *OTHERS])
    def test_a_400_that_names_nothing_is_asked_about_down_to_the_record(self, endpoint):
        """A bad request as a whole: the record that is refused alone is the bad one."""
        reply = answered(400, {"code": 400, "error": "request body is not valid JSON", "status": "Bad Request"})
        assert classify(endpoint, 2, reply) is Split.SPLIT
        assert classify(endpoint, 1, reply) == [Outcome(Verdict.INVALID, "request body is not valid JSON", None, 400)]

    @pytest.mark.parametrize("body", [b"", b"Bad Request", b"<html>", b"{}", b'{"code":400'])
    def test_a_400_that_says_nothing_is_transient(self, body):
        """No word of Mixpanel's, so nothing that it refused."""
        assert verdicts(classify("/import", 1, answered(400, body))) == [Verdict.TRANSIENT]

    def test_a_400_that_claims_to_have_stored_the_record_is_transient(self):
        """It contradicts itself."""
        body = PARTIAL | {"num_records_imported": 1}
        assert verdicts(classify("/import", 1, answered(400, body))) == [Verdict.TRANSIENT]

    @pytest.mark.parametrize(
        "rows", [["identity events are not allowed"], [row(5) | {"message": "identity events are not allowed"}]]
    )
    def test_a_record_refused_alone_gets_the_words_of_an_unfit_row(self, rows):
        """Mixpanel's words count, even where the index does not."""
        answer = classify("/import", 1, answered(400, PARTIAL | {"num_records_imported": 0, "failed_records": rows}))
        assert answer == [Outcome(Verdict.INVALID, "identity events are not allowed", None, 400)]

    def test_a_record_refused_alone_needs_no_count(self):
        """Its name is enough, and brings the field."""
        answer = classify("/import", 1, answered(400, PARTIAL | {"failed_records": [row(0)]}))
        assert answer == [Outcome(Verdict.INVALID, TIME, "properties.time", 400)]

    def test_no_reply_names_its_cause(self):
        """An operator sees what kind of failure it was."""
        outcome = only(classify("/import", 1, Reply(None, error="ConnectTimeout")))
        assert outcome == Outcome(Verdict.TRANSIENT, "no reply from Mixpanel (ConnectTimeout)")


class TestRetryAfter:
    """Mixpanel documents that it sends none; what stands between us and it may."""

    DATE = "Sun, 22 Nov 2026 16:43:00 GMT"

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("7", 7.0),
            ("0", None),
            ("Sun, 22 Nov 2026 16:45:00 GMT", 120.0),
            ("Sun, 22 Nov 2026 16:42:00 GMT", None),
            ("999999", LONGEST_RETRY_AFTER),
            ("9" * 400, LONGEST_RETRY_AFTER),
            ("Sun, 22 Nov 2099 16:45:00 GMT", LONGEST_RETRY_AFTER),
            ("soon", None),
            ("-5", None),
            ("nan", None),
            ("", None),
            ("Sun, 22 Nov 2026 16:45:00 -0000", None),
        ],
    )
    def test_seconds_or_a_date(self, value, seconds):
        """A date counts from the reply's own, so that no clock of ours matters; never more than an hour."""
        for status in (429, 503):
            outcome = only(classify("/import", 1, Reply(status, headers={"Retry-After": value, "Date": self.DATE})))
            assert outcome.retry_after == seconds

    def test_a_date_without_the_replys_own_says_nothing(self):
        """There is nothing to count from."""
        outcome = only(classify("/import", 1, Reply(429, headers={"Retry-After": self.DATE})))
        assert outcome.retry_after is None

    @given(st.text(max_size=40), st.text(max_size=40))
    def test_nonsense_is_ignored(self, value, date):
        """Whatever stands in the headers."""
        outcome = only(classify("/import", 1, Reply(429, headers={"Retry-After": value, "Date": date})))
        assert outcome.retry_after is None or 0 <= outcome.retry_after <= LONGEST_RETRY_AFTER


@given(
    st.sampled_from(["/import", *OTHERS]),
    st.integers(1, 4),
    st.sampled_from([200, 400]),
    st.dictionaries(
        st.sampled_from(["num_records_imported", "num_good_events", "failed_records", "status", "error", "code"]),
        json_values | st.lists(json_values),
    ),
)
def test_any_body_gives_one_outcome_a_record_and_delivers_no_more_than_it_counts(endpoint, count, status, body):
    """Promise 2 on every JSON object that a reply could be; a single record is never split."""
    answer = classify(endpoint, count, answered(status, body))
    if isinstance(answer, Split):
        assert count > 1
        return
    delivered = verdicts(answer).count(Verdict.DELIVERED)
    assert len(answer) == count
    counts = [body[name] for name in ("num_records_imported", "num_good_events") if type(body.get(name)) is int]
    assert delivered in (0, *counts[:1]) or not counts
    assert all(type(outcome.reason) is str for outcome in answer)


@given(st.sampled_from(["/import", *OTHERS]), st.binary(max_size=60))
def test_any_bytes_give_one_outcome_a_record(endpoint, body):
    """A reply need not be JSON at all."""
    answer = classify(endpoint, 2, Reply(200, body))
    assert isinstance(answer, Split) or len(answer) == 2
