"""The write key: in the Authorization header, in the body, or in both, depending on the SDK and its version."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.collect.write_key import find_write_key


def basic(credentials: str) -> dict[str, str]:
    """The header with the credentials as they are."""
    return {"authorization": "Basic " + b64encode(credentials.encode()).decode()}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (basic("key:"), {}),
        (basic("key"), {}),
        (basic("key:password"), {}),
        ({"authorization": "bAsIc a2V5Og=="}, {}),
        ({"authorization": "Basic a2V5Og"}, {}),
        ({"authorization": "Basic   a2V5Og==  "}, {}),
        ({}, {"writeKey": "key"}),
        ({"authorization": "Bearer a.b.c"}, {"writeKey": "key"}),
        ({}, {"batch": [{"writeKey": "key"}, {"writeKey": "other"}]}),
    ],
    ids=["basic", "no-colon", "password", "case", "no-padding", "blanks", "body", "bearer", "first-event"],
)
def test_the_key_is_found_wherever_an_sdk_puts_it(headers, body):
    """Basic auth's user name with or without a colon, ``writeKey`` of the body, or of a batch's first event."""
    assert find_write_key(headers, body, {}) == "key"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (basic("key:"), {"writeKey": "other", "batch": [{"writeKey": "other"}]}),
        ({}, {"writeKey": "key", "batch": [{"writeKey": "other"}]}),
        (basic(":"), {"writeKey": "key"}),
        ({"authorization": "Basic"}, {"writeKey": "key"}),
        ({"authorization": "Basic %%%"}, {"writeKey": "key"}),
        ({"authorization": "Basic /w=="}, {"writeKey": "key"}),
        ({"authorization": "Basic é"}, {"writeKey": "key"}),
        ({"authorization": "Basic a"}, {"writeKey": "key"}),
        ({}, {"writeKey": "", "batch": [{"writeKey": "key"}]}),
        ({}, {"writeKey": 5, "batch": [{"writeKey": "key"}]}),
    ],
)
def test_the_header_comes_first_and_garbage_is_passed_over(headers, body):
    """Header, body, first event: the first of them that holds a key; what is no base64, UTF-8 or text holds none."""
    assert find_write_key(headers, body, {}) == "key"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"writeKey": None},
        {"writeKey": ["key"]},
        {"batch": []},
        {"batch": "key"},
        {"batch": {"0": {"writeKey": "key"}}},
        {"batch": ["key"]},
        {"batch": [{"event": 1}, {"writeKey": "key"}]},
    ],
)
def test_no_key_is_none(body):
    """Where there is no key, none is made up, and not every event of a batch is searched for one."""
    assert find_write_key({}, body, {}) is None


@pytest.mark.parametrize("scheme", ["Bearer", "Digest", "", "Basic2"])
def test_other_schemes_have_no_key(scheme):
    """A token is not a key, even where it looks like Basic auth."""
    assert find_write_key({"authorization": f"{scheme} a2V5Og=="}, {}, {}) is None


@given(st.text(min_size=1).filter(lambda key: ":" not in key), st.text())
def test_any_key_is_found_in_basic_auth(key, password):
    """With a password or without, with base64's padding or without."""
    for credentials in (key, f"{key}:", f"{key}:{password}"):
        value = basic(credentials)["authorization"]
        assert find_write_key({"authorization": value}, {}, {}) == key
        assert find_write_key({"authorization": value.rstrip("=")}, {}, {}) == key


@given(st.text())
def test_any_header_is_read(authorization):
    """No value of the header raises."""
    for value in (authorization, "Basic " + authorization):
        key = find_write_key({"authorization": value}, {}, {})
        assert key is None or key
