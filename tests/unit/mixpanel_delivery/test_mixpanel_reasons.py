"""Promise 7: what a destination says goes into logs and dead letters only without values of the event and secrets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.destinations.mixpanel.reasons import MAX_REASON, scrub

RECORD = {
    "event": "ANANA",
    "properties": {
        "time": 1700000000123,
        "price": 1999.0,
        "name": "Ann Lee",
        "plan": "Ann Lee Premium",
        "tags": ["x9", {"deep": "treasure map"}],
        "ok": True,
    },
}

values = st.text(st.characters(codec="ascii", categories=["Ll", "Lu", "Nd", "Po", "Zs"]), min_size=3, max_size=40)
words = st.text(st.characters(codec="utf-8"), max_size=30)


@pytest.mark.parametrize(
    ("message", "clean"),
    [
        ("'properties.time' is invalid: must be specified as seconds since epoch", None),
        ("'event' must not be missing or blank", None),
        ("unknown user Ann Lee", "unknown user …"),
        ("plan 'Ann Lee Premium' is unknown", "plan '…' is unknown"),
        ("1700000000123 is too late", "… is too late"),
        ("a price of 1999 is too high", "a price of … is too high"),
        ("ANANAS from BANANANA", "…S from B…"),
        ("no treasure maps here", "no …s here"),
        ("tag x9 is too short, True or not", None),
    ],
)
def test_values_of_the_record_are_blanked(message, clean):
    """Strings and numbers of three characters and more go; the names of fields stay."""
    assert scrub(message, RECORD) == (clean or message)


@given(st.lists(values, min_size=1, max_size=5), st.lists(words, max_size=6), st.data())
def test_no_value_survives(echoed, around, data):
    """Wherever and however often a value is echoed, alone or overlapping another, nothing of it is left."""
    message = "".join(data.draw(st.permutations(echoed + around)))
    clean = scrub(message, {"properties": {"list": echoed}})
    lines = [line for value in echoed if len(line := " ".join(value.split())) >= 3]
    assert [line for line in lines if any(line in shown for shown in clean.split("…"))] == []


@given(st.text(st.characters(codec="ascii", categories=["Ll", "Nd"]), min_size=12), st.data())
def test_a_value_that_is_cut_short_does_not_survive_either(value, data):
    """Twelve characters in a row of a value are blanked even where the message does not hold all of it."""
    start = data.draw(st.integers(0, len(value) - 12))
    part = value[start : data.draw(st.integers(start + 12, len(value)))]
    assert scrub(f"[{part}] is bad", [value]) == "[…] is bad"


def test_longer_numbers_and_keys_are_told_apart():
    """A key is the name of a field and stays; a number goes as JSON writes it."""
    assert scrub("plan_id 12345 is bad", {"plan_id": 12345}) == "plan_id … is bad"


def test_secrets_are_blanked():
    """A token that Mixpanel echoes is shown nowhere."""
    assert scrub("unknown token s3cr3t-t0k3n", {}, ["s3cr3t-t0k3n", ""]) == "unknown token …"


@pytest.mark.parametrize("address", ["ann@example.com", "<ann.lee+x@mail.example.co.uk>", "ANN@EXAMPLE"])
def test_what_looks_like_an_email_address_is_blanked(address):
    """Even where it is no value of the record, or written otherwise there."""
    assert scrub(f"profile {address} is unknown", {"$email": "Ann@Example.com"}) == "profile … is unknown"


@given(
    st.text(max_size=1200),
    st.recursive(
        st.text(max_size=9) | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    ),
)
def test_a_reason_is_one_short_printable_line(message, record):
    """At most 300 characters, no line breaks or control characters, whatever comes."""
    clean = scrub(message, record)
    assert len(clean) <= MAX_REASON
    assert clean.isprintable()


def test_a_very_long_message_is_not_shown():
    """Mixpanel's own are short; what is not is an echo, and looking through it would take long."""
    assert scrub("x" * 5_000_000, RECORD) == "(a message too long to be shown)"


def test_depth_is_no_danger():
    """A record may be nested as deep as JSON can be."""
    record = json.loads("[" * 900 + '"needle"' + "]" * 900)
    assert scrub("a needle", record) == "a …"
