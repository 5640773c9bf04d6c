"""What a change of the configuration changes: counts of records and values, examples, in bounded memory."""

import io

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from switchyard.destinations.mixpanel import DESTINATION_TYPE as MIXPANEL
from switchyard_cli.preview.destination import load_without_secrets
from switchyard_cli.preview.diff import (
    CHANGES,
    MAX_ENDS,
    MAX_EXAMPLES,
    MAX_FIELDS,
    OTHER_FIELDS,
    RECORD_CHANGES,
    Comparison,
)
from switchyard_cli.preview.diff_text import print_comparison
from switchyard_cli.preview.preview import Preview, Previewer, Sent

TRACK = {"name": "Tracks", "partnerAction": "trackEvent", "subscribe": 'type = "track"'}
IDENTIFY = {"name": "People", "partnerAction": "identifyUser", "subscribe": 'type = "track"'}
ANDROID = {"event": {"@template": "{{event}} ANDROID"}, "app_name": "App"}


@pytest.fixture
def compare(configured, track):
    """Return a function that compares two lists of subscriptions on the given events, or on one."""

    def add_up(before, after, events=None, **settings):
        folders = configured(*before, folder="before"), configured(*after, folder="after", **settings)
        comparison = Comparison.of(*folders)
        previewers = [Previewer(each.destination) for each in folders]
        for event in events or [track()]:
            comparison.add(*(each.preview(event) for each in previewers))
        return orjson.loads(orjson.dumps(comparison.document())) | {"is_empty": comparison.is_empty}

    return add_up


def sent(*records, action="trackEvent", endpoint="/import", subscription="S"):
    """Return a preview with these records."""
    return Preview("m-1", tuple(Sent(subscription, action, endpoint, orjson.dumps(each)) for each in records))


def counts(before, after):
    """Return what a comparison of two previews counts as added, removed and changed records."""
    comparison = Comparison("a", "b", [], MIXPANEL.whose)
    comparison.add(before, after)
    return {action: tuple(tally.document(RECORD_CHANGES).values())[:-1] for action, tally in comparison.records.items()}


def test_the_same_configuration_changes_nothing(compare):
    """Nothing differs between a configuration and itself."""
    document = compare([TRACK], [TRACK])
    assert document["is_empty"]
    assert (document["events"], document["changedEvents"], document["settings"]) == (1, 0, [])
    assert (document["ends"], document["records"], document["fields"]) == ([], [], [])


def test_changed_values_are_counted_by_their_paths(compare):
    """A mapping that changes is seen as changed and added values of changed records, with examples."""
    document = compare([TRACK], [TRACK | {"mapping": ANDROID}])
    (records,) = document["records"]
    assert [records[name] for name in ("action", "added", "removed", "changed")] == ["trackEvent", 0, 0, 1]
    fields = {each["field"]: each for each in document["fields"]}
    assert list(fields) == ["event", "properties.$app_name"]
    assert fields["event"]["examples"] == [
        {"change": "changed", "messageId": "m-1", "before": "Signed Up", "after": "Signed Up ANDROID"}
    ]
    assert fields["properties.$app_name"]["examples"] == [{"change": "added", "messageId": "m-1", "after": "App"}]
    assert (document["changedEvents"], document["is_empty"]) == (1, False)


def test_added_and_removed_records_are_counted_by_their_action(compare, track):
    """A subscription that comes or goes is seen as added or removed records, with the records."""
    events = [track(traits={"plan": "Pro"}, anonymousId="a")]
    (records,) = compare([TRACK], [TRACK, IDENTIFY], events)["records"]
    assert [records[name] for name in ("action", "added", "removed", "changed")] == ["identifyUser", 2, 0, 0]
    assert [each["after"].get("event", "profile") for each in records["examples"]] == ["$identify", "profile"]
    (records,) = compare([TRACK, IDENTIFY], [TRACK], events)["records"]
    assert [records[name] for name in ("action", "added", "removed", "changed")] == ["identifyUser", 0, 2, 0]
    assert ["before" in each for each in records["examples"]] == [True, True]


def test_the_name_of_a_subscription_makes_no_difference(compare):
    """What is sent is compared, not which subscription sends it, nor in which order."""
    alike = [TRACK, IDENTIFY | {"subscribe": 'type = "page"'}]
    renamed = [each | {"name": f"New {each['name']}"} for each in reversed(alike)]
    assert compare(alike, renamed)["is_empty"]


def test_another_end_is_a_change_though_nothing_is_sent(compare, track):
    """An event that is refused where it was filtered before differs, with no record on either side."""
    grouping = {"name": "Groups", "partnerAction": "groupIdentifyUser", "subscribe": 'type = "track"'}
    never = [TRACK | {"subscribe": 'type = "page"'}]
    document = compare(never, [grouping])
    (end,) = document["ends"]
    assert end == {"before": "filtered", "after": "rejected: group_id is required and has no value", "events": 1}
    assert (document["records"], document["changedEvents"], document["is_empty"]) == ([], 1, False)


def test_another_reason_is_another_end(compare, track):
    """An event that is refused for another reason differs; the name of the subscription makes no difference."""
    events = [track(properties={"increment": {"a": "x"}})]
    counting = {"name": "Counts", "partnerAction": "incrementProperties", "subscribe": 'type = "track"'}
    grouping = {"name": "Groups", "partnerAction": "groupIdentifyUser", "subscribe": 'type = "track"'}
    before = "rejected: increment: a string that is not a number"
    (end,) = compare([counting], [grouping], events)["ends"]
    assert end == {"before": before, "after": "rejected: group_id is required and has no value", "events": 1}
    assert compare([counting], [counting | {"name": "Sums"}], events)["is_empty"]


def test_reasons_are_bounded():
    """Reasons name properties, so there may be any number of them: the rest is counted without."""
    comparison = Comparison("a", "b", [], MIXPANEL.whose)
    for number in range(MAX_ENDS + 5):
        comparison.add(Preview("m"), Preview("m", errors=("S: x",), reasons=(f"{number}{'x' * 1000}",)))
    assert len(comparison.ends) == MAX_ENDS + 1
    assert comparison.ends["sent", "rejected"] == 5
    assert max(len(after) for _, after in comparison.ends) == 200


@pytest.mark.parametrize("first", ["identifyUser", "incrementProperties"])
def test_the_order_of_one_users_updates_counts(compare, track, first):
    """Of two updates of one profile the last one stays, so that changing places is a change; of events it is none."""
    events = [track(traits={"plan": "Pro", "n": 1}, properties={"increment": {"n": 1}})]
    one = {"name": "One", "partnerAction": first, "subscribe": 'type = "track"'}
    other = {**IDENTIFY, "name": "Other", "mapping": {"traits": {"n": 5}}}
    document = compare([one, other], [other, one], events)
    moved = {records["action"]: records["moved"] for records in document["records"]}
    assert moved == ({"identifyUser": 2} if first == "identifyUser" else {"identifyUser": 1, "incrementProperties": 1})
    assert (document["fields"], document["changedEvents"], document["is_empty"]) == ([], 1, False)


def test_the_order_of_two_users_updates_makes_no_difference(compare, track):
    """Updates of two profiles may change places."""
    events = [track(traits={"plan": "Pro"})]
    other = {**IDENTIFY, "name": "Partner", "mapping": {"user_id": "partner"}}
    assert compare([IDENTIFY, other], [other, IDENTIFY], events)["is_empty"]


@given(st.permutations(range(4)))
def test_moved_are_those_in_anothers_place(order):
    """Of one user's records as many have moved as stand where another one stood; none is added, removed or changed."""
    one = [{"$distinct_id": "u", "$set": {"a": number}} for number in range(4)]
    other = [one[number] for number in order]
    sides = (sent(*side, action="identifyUser", endpoint="/engage") for side in (one, other))
    moved = sum(number != place for place, number in enumerate(order))
    assert counts(*sides) == ({"identifyUser": (0, 0, 0, moved)} if moved else {})


def test_keys_with_dots_are_keys_of_their_own():
    """A property named "a.b" is not the property b in a: each has its own path, and both are compared."""
    comparison = Comparison("a", "b", [], MIXPANEL.whose)
    comparison.add(sent({"a.b": 1, "a": {"b": 2}, "": 0}), sent({"a.b": 3, "a": {"b": 2}, "": 1}))
    assert [path for _, path in comparison.fields] == ['[""]', '["a.b"]']


def test_settings_that_differ_are_named(compare):
    """Settings show in no record, so they are named: by their effect, that is with the defaults."""
    document = compare([TRACK], [TRACK], apiRegion="EU", strictMode="1")
    assert (document["settings"], document["changedEvents"], document["is_empty"]) == (["apiRegion"], 0, False)


def test_a_reference_to_another_secret_is_a_change(compare):
    """Another secret is another setting, whatever its value."""
    document = compare([IDENTIFY], [IDENTIFY], projectToken={"secret": "eu/other"})
    assert document["settings"] == ["projectToken"]


def test_two_ways_to_write_a_region_are_one_setting(compare):
    """Settings are compared by what they mean: Segment's own value for a region is that region."""
    assert compare([TRACK], [TRACK], apiRegion="US 🇺🇸")["is_empty"]
    assert compare([TRACK], [TRACK], apiRegion="EU 🇪🇺")["settings"] == ["apiRegion"]


def test_a_token_in_plain_text_is_shown_nowhere(configured, track):
    """Promise 7: a token that is written out is a setting that differs, and a placeholder stands for it in records."""
    for folder, token in (("before", "t0k3n-1"), ("after", "t0k3n-2")):
        configured(IDENTIFY, folder=folder, projectToken=token)
    root = configured(IDENTIFY, folder="after", projectToken="t0k3n-2").folder.parent
    before, after = (load_without_secrets(root / folder, "eu") for folder in ("before", "after"))
    comparison = Comparison.of(before, after)
    event = track(traits={"a": 1})
    comparison.add(Previewer(before.destination).preview(event), Preview("m-1"))
    document = orjson.dumps(comparison.document())
    assert b"t0k3n" not in document
    assert b'"$token":"<projectToken>"' in document
    assert comparison.settings == ["projectToken"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (sent({"a": 1}), sent({"a": 1}), {}),
        (sent({"a": 1, "b": {"c": 1, "d": 2}}), sent({"b": {"d": 2, "c": 1}, "a": 1}), {}),
        (sent({"a": 1}, {"a": 2}), sent({"a": 2}, {"a": 1}), {}),
        (sent({"a": 1}, {"a": 1}), sent({"a": 1}), {"trackEvent": (0, 1, 0, 0)}),
        (sent({"a": 1}, {"a": 2}, {"a": 3}), sent({"a": 1}, {"a": 4}, {"a": 3}), {"trackEvent": (0, 0, 1, 0)}),
        (sent({"a": 1}), sent({"a": True}), {"trackEvent": (0, 0, 1, 0)}),
        (sent({"a": 1}), sent({"a": 1}, endpoint="/track"), {"trackEvent": (1, 1, 0, 0)}),
        (sent({"a": 1}), sent({"a": 1}, action="alias"), {"trackEvent": (0, 1, 0, 0), "alias": (1, 0, 0, 0)}),
    ],
)
def test_records_are_paired(before, after, expected):
    """Equal records cancel out one by one, the rest is paired in order within an action and an endpoint."""
    assert counts(before, after) == expected


RECORDS = st.lists(st.fixed_dictionaries({"a": st.integers(0, 3)}, optional={"b": st.integers(0, 1)}), max_size=4)


@given(RECORDS, RECORDS)
def test_counts_add_up(before, after):
    """There are as many records after as before, with those added and without those removed."""
    added, removed, changed, _ = counts(sent(*before), sent(*after)).get("trackEvent", (0, 0, 0, 0))
    assert len(after) == len(before) + added - removed
    assert added == 0 or removed == 0
    assert changed <= min(len(before), len(after))


@given(RECORDS, RECORDS)
def test_the_other_way_round_added_is_removed(before, after):
    """Comparing the other way round swaps what was added and what was removed."""
    added, removed, changed, _ = counts(sent(*before), sent(*after)).get("trackEvent", (0, 0, 0, 0))
    assert counts(sent(*after), sent(*before)).get("trackEvent", (0, 0, 0, 0)) == (removed, added, changed, 0)


def test_what_is_kept_does_not_grow_with_the_events():
    """However many events differ, in properties of their own names and of any length, what is kept is bounded."""
    comparison = Comparison("a", "b", [], MIXPANEL.whose)

    def kept_after(numbers):
        for number in numbers:
            record = {"event": "E", "properties": {f"{number:06}-{'n' * 300}": "v" * 3000}}
            comparison.add(sent({"event": "E"}), sent(record))
        return len(orjson.dumps(comparison.document()))

    full = kept_after(range(2 * MAX_FIELDS))
    assert kept_after(range(2 * MAX_FIELDS, 6 * MAX_FIELDS)) - full < MAX_FIELDS
    assert len(comparison.fields) == MAX_FIELDS + 1
    assert comparison.fields["trackEvent", OTHER_FIELDS].counts["added"] == 5 * MAX_FIELDS


def test_examples_are_few_and_short():
    """Of each kind of change there are two examples at each place; long values are cut."""
    comparison = Comparison("a", "b", [], MIXPANEL.whose)
    for number in range(5):
        comparison.add(sent({"a": "x" * 5000}), sent({"a": "y" * 5000, "b": number}))
    (records,) = comparison.records.values()
    assert (records.counts["changed"], len(records.examples)) == (5, MAX_EXAMPLES)
    changed = comparison.fields["trackEvent", "a"].document(CHANGES)["examples"]
    assert len(changed) == MAX_EXAMPLES
    assert len(orjson.loads(orjson.dumps(changed))[0]["before"]) == 1000


def test_people_see_tables(configured, track):
    """People are shown where from and where to, then ends, records and values; what is empty is left out."""
    before, after = configured(TRACK, folder="before"), configured(TRACK | {"mapping": ANDROID}, folder="after")
    comparison = Comparison.of(before, after)
    comparison.add(*(Previewer(each.destination).preview(track("[bold]")) for each in (before, after)))
    file = io.StringIO()
    print_comparison(Console(file=file, width=120), comparison)
    text = file.getvalue()
    assert text.startswith(f"From {before.folder} to {after.folder}: 1 event(s), 1 of them differ\n")
    assert "another end" not in text
    assert "Settings" not in text
    assert '│ m-1: "[bold]" → "[bold] ANDROID"' in text
    assert '│ m-1: (nothing) → "App"' in text
