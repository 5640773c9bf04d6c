"""A Mixpanel destination's settings, and what is refused when a configuration is built."""

import pytest
from pydantic import TypeAdapter, ValidationError

from switchyard.destinations.mixpanel.settings import MAX_BATCH_BYTES, MixpanelSettings

ADAPTER = TypeAdapter(MixpanelSettings)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("US", "https://api.mixpanel.com"),
        ("EU", "https://api-eu.mixpanel.com"),
        ("IN", "https://api-in.mixpanel.com"),
        ("US 🇺🇸", "https://api.mixpanel.com"),
        ("EU 🇪🇺", "https://api-eu.mixpanel.com"),
        ("IN 🇮🇳", "https://api-in.mixpanel.com"),
    ],
)
def test_a_region_has_one_host(region: str, host: str) -> None:
    """Segment's own names of the regions work as well as the short ones."""
    assert ADAPTER.validate_python({"projectToken": "t", "apiRegion": region}).host == host


def test_the_default_is_strict_and_in_the_us() -> None:
    """As in Segment."""
    settings = ADAPTER.validate_python({"projectToken": "t"})
    assert (settings.host, settings.strictMode, settings.apiSecret) == ("https://api.mixpanel.com", "1", None)


def test_an_unknown_region_has_no_host_at_all() -> None:
    """Data of an EU destination never goes to a host outside the EU, not even for a typing error (promise 6)."""
    with pytest.raises(KeyError):
        _ = MixpanelSettings("t", apiRegion="eu").host  # type: ignore[arg-type]  # what the build would have refused


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"projectToken": None},
        {"projectToken": "t", "apiRegion": "eu"},
        {"projectToken": "t", "strictMode": "yes"},
        {"projectToken": "t", "batchBytes": 0},
        {"projectToken": "t", "batchBytes": MAX_BATCH_BYTES + 1},
    ],
)
def test_a_wrong_setting_does_not_build(wrong: dict[str, object]) -> None:
    """A bad configuration does not deploy (promise 8)."""
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(wrong)


def test_credentials_are_not_shown() -> None:
    """No secret in a log or an error message (promise 7)."""
    assert "hidden" not in repr(MixpanelSettings("hidden-token", "hidden-secret"))
