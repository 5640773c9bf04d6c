"""Which path is which call: every form that an SDK asks for, and no other."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from switchyard.collect.routes import ROUTES, Found, Route, Use, find_route
from switchyard.events import CALLS

FORMS = ["/v1{}", "/v1{}/", "{}", "{}/", "//v1{}", "/v1/v1{}", "/v1//{}//"]
"""As API Gateway's own host, a domain of one's own, Java's slash at the end and hosts written with one make them."""


def route_of(path: str) -> Route:
    """Return the route of a path that has one."""
    found = find_route(path)
    assert found is not None
    return found.route


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_route_has_every_form(form, route):
    """With ``/v1`` or without, with a slash at the end or without."""
    path = form.format(route.path.replace("{writeKey}", "key").replace("{source}", "web"))
    argument = {"{writeKey}": "key", "{source}": "web"}.get("".join(p for p in route.path.split("/") if "{" in p), "")
    assert find_route(path) == Found(route, argument)


@pytest.mark.parametrize(
    ("letter", "call"),
    [("t", "track"), ("i", "identify"), ("p", "page"), ("s", "screen"), ("g", "group"), ("a", "alias")],
)
def test_short_forms_are_the_browsers(letter, call):
    """analytics.js posts to the type's first letter; so the sender is a person's device and no server."""
    short, long = route_of(f"/v1/{letter}"), route_of(f"/v1/{call}")
    assert (short.call, short.is_client_side) == (call, True)
    assert (long.call, long.is_client_side) == (call, False)


def test_batches_of_devices_have_a_route_of_their_own():
    """``/v1/b`` is for devices, ``/v1/batch`` and ``/v1/import`` are for servers."""
    calls = {path: route_of(path) for path in ("/v1/b", "/v1/batch", "/v1/import")}
    assert {route.call for route in calls.values()} == {"batch"}
    assert [path for path, route in calls.items() if route.is_client_side] == ["/v1/b"]


@pytest.mark.parametrize("path", ["/projects/K/settings", "/projects/projects/K/settings", "/K/settings"])
def test_settings_are_found_behind_whatever_react_native_is_given(path):
    """It appends one of two forms to the address, which may or may not end with ``/projects``."""
    found = find_route(path)
    assert found is not None
    assert find_route("/v1" + path) == found
    assert (found.route.use, found.argument) == (Use.SETTINGS, "K")


def test_pixels_have_a_route_for_each_call():
    """And come from a person's mail program."""
    assert {route_of(f"/v1/pixel/{call}").call for call in CALLS} == set(CALLS)
    assert all(route.is_client_side for route in ROUTES if route.use is Use.PIXEL)


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/v1", "/v1/", "/v2/track", "/Track", "/tracks", "/track/x", "/v1/pixel", "/v1/pixel/t"),
        *(
            "/pixel/v1/track",
            "/projects",
            "/a/b/settings",
            "/projects/K/settings/x",
            "/projects//settings/x",
            "/\ud800",
            "/v1%2Ftrack",
        ),
    ],
)
def test_what_is_no_call_has_no_route(path):
    """Close is not enough."""
    assert find_route(path) is None


def test_no_two_routes_share_a_path():
    """So that a path has one method, and 405 can name it."""
    assert len({route.path for route in ROUTES}) == len(ROUTES)


@given(st.lists(st.sampled_from(["v1", "", "projects", "settings", "pixel", "track", "b", "{writeKey}"]) | st.text()))
@example(["v1"] * 10_000)
def test_any_path_is_looked_up(parts):
    """Whatever a path holds, it is one of the routes or none."""
    result = find_route("/" + "/".join(parts))
    assert result is None or result.route in ROUTES
