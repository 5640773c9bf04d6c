"""Browsers by their User-Agent. The whole corpus is in the conformance tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.destinations.mixpanel.browser import read_browser

SIGNS = (
    " OPR/|Mini|bb10|IEMobile|SamsungBrowser/|Edg/|FBIOS|Chrome/|CriOS/|UCWEB/|FxiOS/|Safari|iPhone|Android|Konqueror"
)
REST = "Firefox/|MSIE |Gecko|rv:|Version/|1.2|17| "
PIECES = st.sampled_from(f"{SIGNS}|{REST}".split("|"))


@pytest.mark.parametrize(
    ("user_agent", "browser"),
    [
        ("Mozilla/5.0 Mini OPR/39.1", ("Opera Mini", None)),
        ("Mozilla/5.0 OPR/39.1 Mini", ("Opera Mini", None)),
        ("Mozilla/5.0 Chrome/119.0 OPR/105.0", ("Opera", "105.0")),
        ("OPR/105.0", ("", None)),
        ("BLACKBERRY9700/5.0", ("BlackBerry", None)),
        ("playbook BlackBerry 6.0", ("BlackBerry", "6.0")),
        ("IEMobile/9.0 rv:11.0", ("Internet Explorer Mobile", "11.0")),
        ("iPhone Version/17.0 Safari", ("Mobile Safari", "17.0")),
        ("Chrome/1 Chrome/2.0", ("Chrome", "2.0")),
        ("Chrome/117", ("Chrome", None)),
        ("Chrome/\u0661.\u0662", ("Chrome", None)),
        ("curl/8.1", ("", None)),
    ],
)
def test_the_first_sign_decides(user_agent: str, browser: tuple[str, str | None]) -> None:
    """Signs may stand in any order in the string, and a version has at least two parts."""
    assert read_browser(user_agent) == browser


@given(st.lists(PIECES).map("".join))
def test_every_user_agent_is_read(user_agent: str) -> None:
    """An unknown browser is ``""`` without a version, never an error."""
    name, version = read_browser(user_agent)
    assert name or version is None
