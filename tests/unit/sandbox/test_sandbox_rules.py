"""What ``/import`` asks of a single event, rule by rule."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchyard_cli.sandbox.events import refuse_import
from switchyard_cli.sandbox.rules import PLACEHOLDERS, Refusal, Rules

NOW = 1_700_000_000
HOUR = 3600
ORIGINAL = Rules()


@pytest.fixture
def refuse(event):
    """Judge a good event with some properties changed."""

    def judge(rules=ORIGINAL, **properties):
        return refuse_import(event(**properties), rules, NOW)

    return judge


def nested(depth: int) -> Any:
    """Build a value with that many containers around it."""
    value: Any = 1
    for _ in range(depth):
        value = {"inner": value}
    return value


@pytest.mark.parametrize("name", [None, "", "  ", 7, [], {}])
def test_event_needs_a_name(event, name):
    """The name is a string that is not blank."""
    refusal = refuse_import(event() | {"event": name}, ORIGINAL, NOW)
    assert refusal == Refusal("event", "'event' must not be missing or blank")


@pytest.mark.parametrize("record", [None, 7, "event", [], [["event", "A"]]])
def test_event_is_an_object(record):
    """A record that is no JSON object is refused."""
    assert refuse_import(record, ORIGINAL, NOW) == Refusal("event", "'event' is invalid: must be a JSON object")


@pytest.mark.parametrize("stranger", ["context", "", "Event"])
def test_event_has_two_keys(event, stranger):
    """Nothing may stand beside ``event`` and ``properties``."""
    refusal = refuse_import(event() | {stranger: 1}, ORIGINAL, NOW)
    assert refusal == Refusal(stranger, f"'{stranger}' is invalid: only event and properties are allowed")


def test_long_names_are_cut_in_messages(refuse, event):
    """A refusal shows no more than 255 characters of a name that the sender chose."""
    assert len(refuse(**{"x" * 100_000: "\udcff"}).message) < 300
    refusal = refuse_import(event() | {"x" * 100_000: 1}, ORIGINAL, NOW)
    assert refusal is not None
    assert len(refusal.field) == 255


@pytest.mark.parametrize("properties", [None, [], "text"])
def test_properties_are_an_object(properties):
    """Properties that are no object are refused."""
    refusal = refuse_import({"event": "A", "properties": properties}, ORIGINAL, NOW)
    assert refusal == Refusal("properties", "'properties' is invalid: must be a JSON object")


@pytest.mark.parametrize("time", [str(NOW), "2023-11-14T22:13:20Z", 1.5, True, [], {}])
def test_time_is_an_integer(refuse, time):
    """The time is an integer; text, fractions and the rest are refused in Mixpanel's words."""
    message = "'properties.time' is invalid: must be specified as seconds since epoch"
    assert refuse(time=time) == Refusal("properties.time", message)


def test_time_is_required(refuse):
    """An event without time is refused."""
    assert refuse(time=None) == Refusal("properties.time", "'properties.time' is invalid: must not be missing")


@pytest.mark.parametrize("unit", [1, 1000])
@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (365 * 86400, None),
        (365 * 86400 - 1, "must not be before 1971-01-01"),
        (NOW + HOUR, None),
        (NOW + HOUR + 1, "must not be in the future"),
    ],
)
def test_time_lies_between_1971_and_an_hour_from_now(refuse, unit, time, reason):
    """Seconds and milliseconds from 1971-01-01 to one hour ahead are taken."""
    refusal = refuse(time=time * unit)
    assert refusal == (reason and Refusal("properties.time", f"'properties.time' is invalid: {reason}"))


@pytest.mark.parametrize(("time", "reason"), [(0, "before"), (-5, "before"), (10**400, "future")])
def test_absurd_times_are_refused(refuse, time, reason):
    """Zero, negative and astronomic times are refused like any other."""
    assert reason in refuse(time=time).message


@pytest.mark.parametrize("word", [*sorted(PLACEHOLDERS), "NULL", "Undefined"])
def test_placeholders_are_no_identifiers(refuse, word):
    """Words that betray a mistake are refused as distinct_id and as ``$insert_id``, in any case."""
    assert refuse(distinct_id=word).field == "properties.distinct_id"
    assert refuse(insert_id=word).field == "$insert_id"


@pytest.mark.parametrize(("distinct_id", "reason"), [(None, "must not be missing"), (7, "must be a string")])
def test_distinct_id_is_a_string(refuse, distinct_id, reason):
    """A distinct_id that is absent or no string is refused."""
    refusal = refuse(distinct_id=distinct_id)
    assert refusal == Refusal("properties.distinct_id", f"'properties.distinct_id' is invalid: {reason}")


def test_empty_distinct_id_is_allowed(refuse):
    """The empty distinct_id stands for an event of nobody."""
    assert refuse(distinct_id="") is None


@pytest.mark.parametrize("ids", [{"$user_id": "u"}, {"$device_id": "d"}])
def test_simplified_identity_needs_no_distinct_id(refuse, ids):
    """A simplified project derives the distinct_id from user or device; an original one does not."""
    assert refuse(Rules(identity="simplified"), distinct_id=None, **ids) is None
    assert refuse(distinct_id=None, **ids).field == "properties.distinct_id"
    assert refuse(Rules(identity="simplified"), distinct_id=None).field == "properties.distinct_id"


@pytest.mark.parametrize("insert_id", ["a", "A-9", "-", "x" * 36])
def test_insert_id_has_letters_digits_and_hyphens(refuse, insert_id):
    """Up to 36 letters, digits and hyphens are a legal ``$insert_id``."""
    assert refuse(insert_id=insert_id) is None


@pytest.mark.parametrize(
    ("insert_id", "reason"),
    [
        (None, "must not be missing"),
        (7, "must be a string"),
        ("", "must only contain alphanumeric or hyphen '-' characters"),
        ("ajs-next:1", "must only contain alphanumeric or hyphen '-' characters"),
        ("a_b", "must only contain alphanumeric or hyphen '-' characters"),
        ("ä", "must only contain alphanumeric or hyphen '-' characters"),
        ("a\n", "must only contain alphanumeric or hyphen '-' characters"),
        ("x" * 37, "must not be longer than 36 bytes"),
    ],
)
def test_other_insert_ids_are_refused(refuse, insert_id, reason):
    """An ``$insert_id`` that is absent, too long or has other characters is refused."""
    assert refuse(insert_id=insert_id) == Refusal("$insert_id", f"'$insert_id' is invalid: {reason}")


def test_number_of_properties_is_limited(refuse):
    """An event has at most 255 properties."""
    spare = {f"p{n}": n for n in range(251)}
    assert refuse(**spare) is None
    refusal = refuse(**spare, one_more=1)
    assert refusal == Refusal("properties", "'properties' is invalid: must not hold more than 255 properties")


@pytest.mark.parametrize("container", [list(range(255)), {str(n): n for n in range(255)}])
def test_number_of_items_is_limited(refuse, container):
    """Lists and nested objects have fewer than 255 items."""
    assert refuse(p=container) == Refusal(
        "properties.p", "'properties.p' is invalid: must not hold more than 254 items"
    )
    smaller = container[1:] if isinstance(container, list) else dict(list(container.items())[1:])
    assert refuse(p=[smaller]) is None


@pytest.mark.parametrize("max_depth", [3, 10])
def test_depth_is_a_setting(refuse, max_depth):
    """Values may nest as deep as the setting allows, and no deeper."""
    rules = Rules(max_depth=max_depth)
    assert refuse(rules, p=nested(max_depth)) is None
    assert refuse(rules, p=[[nested(max_depth - 1)]]) is not None
    refusal = refuse(rules, p=nested(max_depth + 1))
    assert refusal == Refusal("properties.p", f"'properties.p' is invalid: must not be nested deeper than {max_depth}")


def test_depth_of_the_sender_costs_no_stack(refuse):
    """A value nested far beyond Python's own recursion limit is refused, not fatal."""
    assert refuse(p=nested(50_000)).field == "properties.p"


def test_event_is_smaller_than_a_megabyte(refuse, event):
    """An event of 1 MB or more as compact JSON is refused."""
    room = 1024 * 1024 - len(json.dumps(event(p=""), separators=(",", ":")))
    assert refuse(p="x" * (room - 1)) is None
    assert refuse(p="x" * room) == Refusal("properties", "'properties' is invalid: must be smaller than 1MB")
    assert refuse(p="ä" * (room // 2 + 1)).field == "properties"


@pytest.mark.parametrize("value", ["\udcff", ["\ud800"], {"a": {"\udcff": 1}}])
def test_text_is_utf8(refuse, value):
    """Text that is no UTF-8 is refused wherever it stands, by the property that holds it."""
    assert refuse(p=value) == Refusal("properties.p", "'properties.p' is invalid: string should be valid utf8")


def test_names_are_utf8(refuse, event):
    """Names of events and properties are UTF-8, too."""
    assert refuse(**{"\udcff": 1}) == Refusal(
        "properties", "'properties' is invalid: property names should be valid utf8"
    )
    message = "'event' is invalid: string should be valid utf8"
    assert refuse_import(event(name="\udcff"), ORIGINAL, NOW) == Refusal("event", message)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@settings(deadline=None)
@given(record=JSON | st.fixed_dictionaries({"event": JSON, "properties": st.dictionaries(st.text(), JSON)}))
def test_any_json_is_judged(record):
    """Whatever JSON arrives, it is taken or refused with a field and a message, and never an exception."""
    refusal = refuse_import(record, ORIGINAL, NOW)
    assert refusal is None or (isinstance(refusal.field, str) and refusal.message)
