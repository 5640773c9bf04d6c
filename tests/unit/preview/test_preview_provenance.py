"""Where the fields of an action come from, and what of the records comes from them."""

import pytest

from switchyard.destinations.mixpanel.actions import ACTIONS
from switchyard.mapping import MISSING
from switchyard_cli.preview.provenance import Provenance

TRACK = {"name": "Tracks", "partnerAction": "trackEvent", "subscribe": 'type = "track"'}


@pytest.fixture
def trace(configured):
    """Return a function that traces an event through one subscription, by the names of the fields."""

    def by_field(event, **subscription):
        found = configured(TRACK | subscription, sourceName="web")
        provenance = Provenance(found.config.subscriptions[0], found.destination.subscriptions[0])
        return {origin.field: origin for origin in provenance.trace(event, found.destination.settings())}

    return by_field


def test_a_default_path_is_traced(trace, track):
    """A field of the default mapping names its path in the event, its value, and the keys of the record."""
    origin = trace(track(context={"os": {"name": "Android"}}))["os_name"]
    assert (origin.is_default, origin.mapping) == (True, {"@path": "$.context.os.name"})
    assert (origin.reads, origin.value, origin.becomes) == (("$.context.os.name",), "Android", ("properties.$os",))


def test_fields_without_anything_are_not_listed(trace, track):
    """Fields for which the event holds nothing are left out of the list, unless the subscription maps them itself."""
    listed = trace(track(), mapping={"app_name": {"@path": "$.context.app.name"}})
    assert "os_name" not in listed
    assert (listed["app_name"].is_default, listed["app_name"].reads, listed["app_name"].value) == (False, (), MISSING)


def test_of_several_paths_those_are_named_that_lead_somewhere(trace, track):
    """Of a directive with alternatives, the paths are named at which the event holds something."""
    assert trace(track())["distinct_id"].reads == ("$.userId",)
    assert trace(track(userId=None, anonymousId="a"))["distinct_id"].reads == ("$.anonymousId",)


@pytest.mark.parametrize(
    ("mapping", "reads"),
    [
        ({"@template": "{{event}} of {{ context.app }} {{gone}}"}, ("event", "context.app")),
        ({"@template": "{{$.event}}"}, ()),
        ({"@liquid": "{% assign x = userId | append: event %}{{ x }}{{ context.app }}{{ properties.list[0][event] }}"},
         ("$.userId", "$.event", "$.context.app", "$.properties.list.0")),
        ({"@merge": {"direction": "right", "objects": [{"a": {"@path": "$.event"}}, {"b": {"@path": "$.userId"}}]}},
         ("$.event", "$.userId")),
        ({"@arrayPath": ["$.properties.list", {"id": {"@path": "$.event"}}]}, ("$.properties.list",)),
        ({"@arrayPath": [{"@path": "$.properties.list"}, {"id": {"@path": "$.event"}}]}, ("$.properties.list",)),
        ({"@transform": {"apply": {"x": {"@path": "$.userId"}}, "mapping": {"@path": "$.event"}}}, ("$.userId",)),
        ("constant", ()),
    ],
)  # fmt: skip
def test_only_paths_that_start_from_the_event_are_named(trace, track, mapping, reads):
    """Paths within an item of an array, or within what another mapping made, are not taken for the event's."""
    event = track(context={"app": "x"}, properties={"list": [{"event": "inner"}]})
    assert trace(event, mapping={"app_name": mapping})["app_name"].reads == reads


def test_under_a_root_directive_no_path_is_the_events(trace, track):
    """Where a root directive makes another payload of the event first, values are traced and paths are not."""
    root = {"@transform": {"apply": {"event": {"@path": "$.userId"}}}}
    listed = trace(track(), mapping={"__segment_internal_directive": root})
    assert set(listed) <= {field.name for field in ACTIONS["trackEvent"].fields}
    assert (listed["event"].value, listed["event"].reads, listed["event"].becomes) == ("u-1", (), ("event",))


def test_a_value_that_was_left_out_is_listed_without_one(trace, track):
    """What the event holds but the action cannot take is listed, without a value and without an effect."""
    origin = trace(track(context={"app": {"name": {"x": 1}}}))["app_name"]
    assert (origin.reads, origin.value, origin.becomes) == (("$.context.app.name",), MISSING, ())


def test_one_field_may_become_several_properties(trace, track):
    """A field that the action uses in several places is traced to all of them, also where it is computed from."""
    listed = trace(track(context={"userAgent": "Mozilla/5.0 Chrome/142.0.0.0 Safari/537.36", "x": 1}))
    assert listed["user_id"].becomes == ("properties.$user_id", "properties.$identified_id")
    assert listed["userAgent"].becomes == ("properties.$browser", "properties.$browser_version")
    assert listed["time"].becomes == ("properties.time",)
    assert listed["context"].becomes == ()


def test_a_property_that_covers_another_is_traced_to_its_own_field(trace, track):
    """Where the caller's own property replaces one of the action's, it comes from the caller's."""
    listed = trace(track(context={"os": {"name": "Android"}}, properties={"$os": "Mine"}))
    assert listed["os_name"].becomes == ()
    assert listed["event_properties"].becomes == ("properties.$os",)


def test_profiles_are_traced(trace):
    """Traits are traced into the profile, ids into both records."""
    event = {"type": "track", "userId": "u", "anonymousId": "a", "traits": {"email": "e", "plan": {"name": "Pro"}}}
    listed = trace(event, partnerAction="identifyUser")
    assert listed["user_id"].becomes == ("properties.$identified_id", "$distinct_id")
    assert listed["anonymous_id"].becomes == ("properties.$anon_id",)
    assert listed["traits"].becomes == ("$set.plan.name", "$set.$email")


def test_products_are_traced(trace, track):
    """An order's products make records of their own; its time is in all of them."""
    event = track("Order Completed", properties={"products": [{"sku": "a"}]})
    listed = trace(event, partnerAction="trackPurchase")
    assert "properties.sku" in listed["products"].becomes
    assert listed["generatePurchaseEventPerProduct"].becomes == listed["products"].becomes
    assert listed["time"].becomes == ("properties.time",)


def test_a_refused_event_is_traced_as_far_as_it_came(trace, track):
    """Where a required field has no value, what was mapped is listed, without an effect."""
    listed = trace(track(None), mapping={"event": {"@path": "$.properties.nothing"}})
    assert listed["user_id"].value == "u-1"
    assert {origin.becomes for origin in listed.values()} == {()}


def test_numbers_and_booleans_are_traced(trace, track):
    """Trials work for every type of field, also where the value is false or zero."""
    listed = trace(track(context={"network": {"wifi": False}, "screen": {"width": 0, "height": 5}}))
    assert listed["wifi"].becomes == ("properties.$wifi_enabled",)
    assert listed["screen_width"].becomes == ("properties.$screen_width",)
    assert listed["screen_height"].becomes == ("properties.$screen_height",)
