"""``@if``: what exists, what is blank, and which branch follows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.mapping import MISSING, compile_mapping

X = {"@path": "$.x"}


def choose(event=None, **options):
    """Evaluate an ``@if`` with the options on the event."""
    return compile_mapping({"@if": options})(event or {})


@pytest.mark.parametrize("empty", ["", 0, False, [], {}])
def test_empty_values_exist(empty):
    """Empty values exist."""
    assert choose({"x": empty}, exists=X, then="T", **{"else": "E"}) == "T"


@pytest.mark.parametrize("event", [{}, {"x": None}])
def test_null_and_missing_do_not_exist(event):
    """Null and missing do not exist."""
    assert choose(event, exists=X, then="T", **{"else": "E"}) == "E"


@pytest.mark.parametrize("blank", ["", 0, False, None, [], [None], [""], [[]]])
def test_blank_leads_to_else(blank):
    """Null, and whatever JavaScript finds loosely equal to ``""``, is blank and leads to ``else``."""
    assert choose({"x": blank}, blank=X, then="T", **{"else": "E"}) == "E"
    assert choose({}, blank=X, then="T", **{"else": "E"}) == "E"


@pytest.mark.parametrize("full", [" ", "0", 1, True, [0], {}, [None, None]])
def test_what_is_not_blank_leads_to_then(full):
    """What is not blank leads to ``then``."""
    assert choose({"x": full}, blank=X, then="T", **{"else": "E"}) == "T"


def test_exists_decides_alone_where_it_is_given():
    """``exists`` decides alone where it is given, even as false, which exists, or as null, which does not."""
    event = {"x": "", "y": ""}
    assert choose(event, exists=X, blank={"@path": "$.y"}, then="T", **{"else": "E"}) == "T"
    assert choose(event, exists=False, blank=X, then="T", **{"else": "E"}) == "T"
    assert choose(event, exists=None, blank=X, then="T", **{"else": "E"}) == "E"


@pytest.mark.parametrize("value", [0, "", False, None])
def test_a_falsy_else_is_ignored_and_a_falsy_then_is_not(value):
    """A falsy ``then`` is a result; a falsy ``else`` is ignored, as in Segment."""
    assert choose({"x": 1}, exists=X, then=value) == value
    assert choose({}, exists=X, then=1, **{"else": value}) is MISSING


def test_a_branch_that_is_not_there_yields_nothing():
    """A branch that is not there yields nothing."""
    assert choose({"x": 1}, exists=X) is MISSING
    assert choose({}, exists=X, then=1) is MISSING


@given(st.sampled_from([None, 0, "", "a", [], {}]), st.sampled_from([None, 0, "b", MISSING]))
def test_the_usual_form_takes_the_first_that_exists(first, second):
    """``exists`` and ``then`` alike take the first value if it exists, else the second, be it null."""
    event = {"first": first} | ({} if second is MISSING else {"second": second})
    path = {"@path": "$.first"}
    expected = second if first is None else first
    assert choose(event, exists=path, then=path, **{"else": {"@path": "$.second"}}) == expected
