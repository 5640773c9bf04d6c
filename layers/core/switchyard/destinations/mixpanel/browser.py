"""The browser's name and version in a User-Agent, by the rules of Segment's Mixpanel destination."""

import re
from functools import lru_cache
from typing import Final, NamedTuple


class Browser(NamedTuple):
    """``name`` is ``""`` for an unknown browser; ``version`` is None where it is not stated as ``1.2…``."""

    name: str
    version: str | None


class _Rule(NamedTuple):
    name: str
    sign: re.Pattern[str]
    version: re.Pattern[str] | None


def _rule(name: str, sign: str, version_follows: str | None = None) -> _Rule:
    version = version_follows and re.compile(rf"(?:{version_follows})([0-9]+(?:\.[0-9]+)+)")
    return _Rule(name, re.compile(sign), version or None)


# The first sign that is found decides: most browsers name others beside themselves.
_RULES: Final = (
    _rule("Opera Mini", r"\A(?s:(?=.* OPR/).*Mini)"),
    _rule("Opera", " OPR/", "Opera/|OPR/"),
    _rule("BlackBerry", "(?i:BlackBerry|PlayBook|BB10)", "BlackBerry "),
    _rule("Internet Explorer Mobile", "IEMobile|WPDesktop", "rv:"),
    _rule("Samsung Internet", "SamsungBrowser/", "SamsungBrowser/"),
    _rule("Microsoft Edge", "Edge|Edg/", "Edge?/"),
    _rule("Facebook Mobile", "FBIOS"),
    _rule("Chrome", "Chrome", "Chrome/"),
    _rule("Chrome iOS", "CriOS", "CriOS/"),
    _rule("UC Browser", "UCWEB|UCBrowser", "UCBrowser/|UCWEB/"),
    _rule("Firefox iOS", "FxiOS", "FxiOS/"),
    _rule("Mobile Safari", r"\A(?s:(?=.*Safari).*iPhone)", "Version/"),
    _rule("Safari", "Safari", "Version/"),
    _rule("Android Mobile", "Android", r"android\s"),
    _rule("Konqueror", "Konqueror", "Konqueror:"),
    _rule("Firefox", "Firefox", "Firefox/"),
    _rule("Internet Explorer", "MSIE|Trident/", "rv:|MSIE "),
    _rule("Mozilla", "Gecko", "rv:"),
)


# A batch of events comes from few devices. At most 256 strings of 32 KiB are kept.
@lru_cache(maxsize=256)
def read_browser(user_agent: str) -> Browser:
    """Return what the User-Agent says, e.g. ``Browser("Mobile Safari", "17.0")``."""
    for rule in _RULES:
        if rule.sign.search(user_agent):
            version = rule.version and rule.version.search(user_agent)
            return Browser(rule.name, version[1] if version else None)
    return Browser("", None)
