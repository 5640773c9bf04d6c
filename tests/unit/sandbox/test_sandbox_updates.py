"""``/engage`` and ``/groups``: what the operations do, and the replies that are 200 whatever happens."""

import gzip
import json
from copy import deepcopy
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchyard_cli.sandbox import Sandbox
from switchyard_cli.sandbox.updates import apply

FORM = "application/x-www-form-urlencoded"


def user(**operation):
    """Build an update of a user; ``set=...`` stands for ``$set``."""
    return {"$token": "token", "$distinct_id": "user-1"} | {f"${name}": operand for name, operand in operation.items()}


def group(**operation):
    """Build an update of a group."""
    ids = {"$token": "token", "$group_key": "company", "$group_id": "acme"}
    return ids | {f"${name}": operand for name, operand in operation.items()}


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        ({}, {"set": {"$email": "a@b.c"}}, {"$email": "a@b.c"}),
        ({"a": 1, "b": 1}, {"set": {"a": 2}}, {"a": 2, "b": 1}),
        ({"a": 1}, {"set_once": {"a": 2, "b": 2}}, {"a": 1, "b": 2}),
        ({"a": None}, {"set_once": {"a": 2}}, {"a": None}),
        ({}, {"add": {"n": 2}}, {"n": 2}),
        ({"n": 2}, {"add": {"n": -0.5}}, {"n": 1.5}),
        ({"n": "two"}, {"add": {"n": 1}}, {"n": "two"}),
        ({"n": True}, {"add": {"n": 1}}, {"n": True}),
        ({"n": 10**400}, {"add": {"n": 0.5}}, {"n": 10**400}),
        ({"a": 1}, {"add": {}}, {"a": 1}),
        ({}, {"append": {"l": 1}}, {"l": [1]}),
        ({"l": [1]}, {"append": {"l": 1}}, {"l": [1, 1]}),
        ({"l": "text"}, {"append": {"l": 1}}, {"l": "text"}),
        ({}, {"union": {"l": [2, 1, 2]}}, {"l": [2, 1]}),
        ({"l": [1, {"k": 1}]}, {"union": {"l": [1.0, {"k": 1}, True, "1"]}}, {"l": [1, {"k": 1}, True, "1"]}),
        ({"l": "text"}, {"union": {"l": [1]}}, {"l": "text"}),
        ({"l": [1, 2, 1, True]}, {"remove": {"l": 1}}, {"l": [2, True]}),
        ({"l": [1]}, {"remove": {"l": 9, "m": 9}}, {"l": [1]}),
        ({"a": 1, "b": 2}, {"unset": ["a", "z"]}, {"b": 2}),
        ({"a": 1}, {"delete": None}, None),
        ({"a": 1}, {"delete": ""}, None),
    ],
)
def test_operations(before, operation, after):
    """Each operation does what Mixpanel's reference says, and leaves alone what it cannot work on."""
    kept = deepcopy(before)
    assert repr(apply(before, user(**operation))) == repr(after)
    assert before == kept


VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.lists(st.integers(-3, 3))
PROFILES = st.dictionaries(st.sampled_from("abcd"), VALUES)


def applied(profile, **operation):
    """Apply an operation that does not delete."""
    after = apply(profile, user(**operation))
    assert after is not None
    return after


@settings(deadline=None)
@given(profile=PROFILES, operand=PROFILES)
def test_set_operations_are_idempotent(profile, operand):
    """Applying ``$set`` or ``$set_once`` a second time changes nothing."""
    for name in ("set", "set_once"):
        once = applied(profile, **{name: operand})
        assert applied(once, **{name: operand}) == once


@settings(deadline=None)
@given(profile=PROFILES, operand=st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(-3, 3) | st.booleans())))
def test_union_is_a_set(profile, operand):
    """After ``$union`` a list holds everything once, and a second time changes nothing."""
    once = applied(profile, union=operand)
    assert applied(once, union=operand) == once
    lists = [once[name] for name in operand if isinstance(once[name], list)]
    assert all(len(items) == len(set(map(repr, items))) for items in lists)


@settings(deadline=None)
@given(profile=PROFILES, numbers=st.lists(st.integers(-9, 9)))
def test_add_sums_up(profile, numbers):
    """``$add`` counts every time: it is the sum that ends up in the profile."""
    for number in numbers:
        profile = applied(profile, add={"n": number})
    assert profile.get("n", 0) == sum(numbers)


@pytest.mark.parametrize(
    ("update", "field"),
    [
        (7, "data"),
        (user() | {"$set": {}, "$token": ""}, "$token"),
        ({"$token": "token", "$set": {}}, "$distinct_id"),
        (user(set={}) | {"$distinct_id": ""}, "$distinct_id"),
        (user(set={}) | {"$distinct_id": True}, "$distinct_id"),
        (user(), "data"),
        (user(set={}, add={}), "data"),
        (user(merge={}), "data"),
        (user(set=[]), "$set"),
        (user(set={f"p{n}": n for n in range(2001)}), "$set"),
        (user(set={"p": "x" * 1024 * 1024}), "data"),
        (user(set={"p": "\udcff"}), "$set.p"),
        (user(add={"n": "1"}), "$add"),
        (user(add={"n": True}), "$add"),
        (user(add={"n": 1e301}), "$add"),
        (user(union={"l": 1}), "$union"),
        (user(unset={"a": 1}), "$unset"),
        (user(unset=[1]), "$unset"),
        (user(delete={}), "$delete"),
    ],
)
def test_strict_names_the_refused_updates(client, update, field):
    """With ``strict=1`` the body names every refused update by its index, and the others are applied."""
    content = client.send("/engage?strict=1&verbose=1&ip=0", user(set={"a": 1}), update)
    (row,) = content.pop("failed_records")
    assert (row["index"], row["field"], bool(row["message"])) == (1, field, True)
    error = "some data points in the request failed validation"
    assert content == {"code": 400, "error": error, "num_good_events": 1, "status": 0}
    assert client.sandbox.profiles() == {"user-1": {"a": 1}}


def test_strict_success(client):
    """With ``strict=1`` a good request answers how many updates were good."""
    content = client.send("/engage?strict=1", user(set={"a": 1}), user(add={"a": 1}))
    assert content == {"error": None, "errors": {}, "num_good_events": 2, "status": 1}


def test_one_good_update_makes_success(client):
    """Without ``strict`` a batch with a bad update still answers 1."""
    assert client.send("/engage", user(set={}), user(set=7)) == 1
    assert client.send("/engage?verbose=1", user(set={}), user(set=7)) == {"error": None, "status": 1}


def test_no_good_update_is_200_and_zero(client):
    """Without a good update the answer is 0, still 200; ``verbose=1`` says why."""
    update = {"$token": "token", "$set": {}}
    assert client.send("/engage", update) == 0
    error = "$distinct_id, missing or empty"
    assert client.send("/engage?verbose=1", update) == {"error": error, "status": 0}
    assert client.sandbox.counts == {"received": 2, "refused": 2}


def test_form_has_one_update_or_a_list(client):
    """A form's ``data`` works as it does for ``/track``."""
    for data in (user(add={"n": 1}), [user(add={"n": 1})] * 2):
        assert client.post("/engage", urlencode({"data": json.dumps(data)}).encode(), FORM) == (200, 1)
    assert client.sandbox.profiles() == {"user-1": {"n": 3}}


@pytest.mark.parametrize(("path", "update"), [("/engage", user(set={})), ("/groups", group(set={}))])
def test_gzip_is_refused(client, path, update):
    """Profile updates cannot be compressed; the answer is 200 all the same."""
    body = gzip.compress(json.dumps([update]).encode())
    assert client.post(path, body, Content_Encoding="gzip") == (200, 0)
    error = "Content-Encoding gzip is not supported"
    reply = client.post(f"{path}?strict=1", body, Content_Encoding="gzip")
    assert reply == (200, {"code": 400, "error": error, "num_good_events": 0, "status": 0})


@pytest.mark.parametrize(("path", "update"), [("/engage", user(set={"a": 1})), ("/groups", group(set={"a": 1}))])
def test_two_thousand_updates_are_the_limit(client, path, update):
    """2,000 updates are taken in one request, and of 2,001 none."""
    assert client.send(path, *[update] * 2001) == 0
    assert client.sandbox.counts["updates"] == 0
    assert client.send(path, *[update] * 2000) == 1
    assert client.sandbox.counts["updates"] == 2000


def test_updates_apply_in_order(client):
    """The updates of a request are applied one after the other."""
    client.send("/engage", user(set={"a": 1}), user(delete=None), user(set={"b": 2}), user(set={"b": 3}))
    assert client.sandbox.profiles() == {"user-1": {"b": 3}}


def test_each_update_goes_to_its_own_project(client):
    """The token of each update is the credential, so one request may reach several projects."""
    client.send("/engage", user(set={"a": 1}), user(set={"b": 2}) | {"$token": "other"})
    assert client.sandbox.project("token").profiles == {"user-1": {"a": 1}}
    assert client.sandbox.project("other").profiles == {"user-1": {"b": 2}}


@pytest.mark.parametrize(("path", "update"), [("/engage", user(set={"a": 1})), ("/groups", group(set={"a": 1}))])
def test_unknown_token_loses_the_update(connect, path, update):
    """An unknown token answers 1, and the update is lost in silence."""
    client = connect(Sandbox("another"))
    assert client.send(path, update) == 1
    assert (client.sandbox.profiles(), client.sandbox.groups()) == ({}, {})
    assert client.sandbox.counts["unknown_token"] == 1


@pytest.mark.parametrize(
    ("query", "update", "located"),
    [
        ("", user(set={}), 1),
        ("?ip=1", user(set={}), 1),
        ("?ip=0", user(set={}), 0),
        ("", user(set={}) | {"$ip": "0"}, 0),
        ("", user(add={}), 0),
    ],
)
def test_set_locates_the_user_at_the_sender(client, query, update, located):
    """A ``$set`` places the user where the request comes from unless ``$ip`` or ``ip=0`` says otherwise."""
    client.send(f"/engage{query}", update)
    assert client.sandbox.counts["located_by_request_ip"] == located


def test_groups_are_kept_by_key_and_id(client):
    """A group has profiles by ``$group_id``; a number as the id is taken as text."""
    client.send("/groups", group(set={"$name": "Acme"}), group(set={"$name": "77"}) | {"$group_id": 77})
    assert client.sandbox.groups() == {"company": {"acme": {"$name": "Acme"}, "77": {"$name": "77"}}}
    client.send("/groups", group(delete=""), group(delete="") | {"$group_id": 77})
    assert client.sandbox.groups() == {}


@pytest.mark.parametrize("operation", [{"add": {"n": 1}}, {"append": {"l": 1}}])
def test_groups_know_fewer_operations(client, operation):
    """Groups have no ``$add`` and no ``$append``."""
    assert client.send("/groups", group(**operation)) == 0


@pytest.mark.parametrize("absent", ["$token", "$group_key", "$group_id"])
def test_group_needs_its_ids(client, absent):
    """An update of a group names token, key and id."""
    content = client.send("/groups?strict=1", group(set={}) | {absent: ""})
    assert content["failed_records"][0] == {"index": 0, "field": absent, "message": f"{absent}, missing or empty"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
NAMES = ("set", "set_once", "add", "append", "union", "remove", "unset", "delete")


@settings(deadline=None)
@given(updates=st.lists(st.tuples(st.sampled_from(NAMES), JSON | st.dictionaries(st.text(), JSON)), max_size=8))
def test_any_operand_is_applied_or_refused(updates):
    """Whatever operands arrive, each update is applied or refused, and the profiles stay JSON."""
    sandbox = Sandbox()
    body = json.dumps([user(**{name: operand}) for name, operand in updates]).encode()
    assert sandbox.handle("POST", "/engage?strict=1", {"Content-Type": "application/json"}, body).status == 200
    assert sandbox.counts["updates"] + sandbox.counts["refused"] == len(updates)
    json.dumps(sandbox.profiles(), allow_nan=False)
