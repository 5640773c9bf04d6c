"""What a change of the configuration changes: counts of records and values, examples, in bounded memory."""

import io

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from switchyard_cli.preview.diff import MAX_EXAMPLES, MAX_FIELDS, OTHER_FIELDS, Comparison
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
    comparison = Comparison("a", "b", [])
    comparison.add(before, after)
    return {action: tuple(tally.document().values())[:3] for action, tally in comparison.records.items()}


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
    assert document["ends"] == [{"before": "filtered", "after": "rejected", "events": 1}]
    assert (document["records"], document["changedEvents"], document["is_empty"]) == ([], 1, False)


def test_settings_that_differ_are_named(compare):
    """Settings show in no record, so they are named: by their effect, that is with the defaults."""
    document = compare([TRACK], [TRACK], apiRegion="EU", strictMode="1")
    assert (document["settings"], document["changedEvents"], document["is_empty"]) == (["apiRegion"], 0, False)


def test_a_reference_to_another_secret_is_a_change(compare):
    """Another secret is another setting, whatever its value."""
    document = compare([IDENTIFY], [IDENTIFY], projectToken={"secret": "eu/other"})
    assert document["settings"] == ["projectToken"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (sent({"a": 1}), sent({"a": 1}), {}),
        (sent({"a": 1, "b": {"c": 1, "d": 2}}), sent({"b": {"d": 2, "c": 1}, "a": 1}), {}),
        (sent({"a": 1}, {"a": 2}), sent({"a": 2}, {"a": 1}), {}),
        (sent({"a": 1}, {"a": 1}), sent({"a": 1}), {"trackEvent": (0, 1, 0)}),
        (sent({"a": 1}, {"a": 2}, {"a": 3}), sent({"a": 1}, {"a": 4}, {"a": 3}), {"trackEvent": (0, 0, 1)}),
        (sent({"a": 1}), sent({"a": True}), {"trackEvent": (0, 0, 1)}),
        (sent({"a": 1}), sent({"a": 1}, endpoint="/track"), {"trackEvent": (1, 1, 0)}),
        (sent({"a": 1}), sent({"a": 1}, action="alias"), {"trackEvent": (0, 1, 0), "alias": (1, 0, 0)}),
    ],
)
def test_records_are_paired(before, after, expected):
    """Equal records cancel out one by one, the rest is paired in order within an action and an endpoint."""
    assert counts(before, after) == expected


RECORDS = st.lists(st.fixed_dictionaries({"a": st.integers(0, 3)}, optional={"b": st.integers(0, 1)}), max_size=4)


@given(RECORDS, RECORDS)
def test_counts_add_up(before, after):
    """There are as many records after as before, with those added and without those removed."""
    added, removed, changed = counts(sent(*before), sent(*after)).get("trackEvent", (0, 0, 0))
    assert len(after) == len(before) + added - removed
    assert added == 0 or removed == 0
    assert changed <= min(len(before), len(after))


@given(RECORDS, RECORDS)
def test_the_other_way_round_added_is_removed(before, after):
    """Comparing the other way round swaps what was added and what was removed."""
    added, removed, changed = counts(sent(*before), sent(*after)).get("trackEvent", (0, 0, 0))
    assert counts(sent(*after), sent(*before)).get("trackEvent", (0, 0, 0)) == (removed, added, changed)


def test_what_is_kept_does_not_grow_with_the_events():
    """However many events differ, in properties of their own names and of any length, what is kept is bounded."""
    comparison = Comparison("a", "b", [])

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
    comparison = Comparison("a", "b", [])
    for number in range(5):
        comparison.add(sent({"a": "x" * 5000}), sent({"a": "y" * 5000, "b": number}))
    (records,) = comparison.records.values()
    assert (records.counts["changed"], len(records.examples)) == (5, MAX_EXAMPLES)
    changed = comparison.fields["trackEvent", "a"].document()["examples"]
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
