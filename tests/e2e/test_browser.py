"""Segment's browser SDK, unmodified, in headless Chromium, on a page of another origin than the stack's."""

import shutil
import threading
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from tests.e2e.conftest import WRITE_KEY
from tests.e2e.sdk_table import rows

CHROMIUM = shutil.which("chromium")
PACKAGES = Path(__file__).parent / "clients" / "node_modules" / "@segment"
ROWS = rows()
UMD = {"1.84.3": PACKAGES / "analytics-next" / "dist" / "umd", "1.70.0": PACKAGES / "analytics-next-1" / "dist" / "umd"}
# Nothing but this machine can be looked up, and Chromium asks for nothing of its own.
FLAGS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
STANDARD, BATCHES, BEFORE_1_84 = SDKS = [
    "Browser, @segment/analytics-next 1.84.3",
    "Browser, in batches 1.84.3",
    "Browser, before 1.84 1.70.0",
]
VISIT = """
    await analytics.page("Docs", "Pricing", { plan: "free" });
    await analytics.alias("sdk-user", "sdk-visitor");
    await analytics.identify("sdk-user", { email: "ada@example.com", plan: "Pro" });
    await analytics.track("Signed Up", { text: "Zoë 🦄", list: [1, 2.5, null], deep: { a: true } });
    await analytics.group("sdk-org", { name: "Example Ltd" });
    await analytics.screen("Basket");
    await analytics.reset();
    await analytics.track("Signed Out");
"""

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: `apt-get install chromium`"),
    pytest.mark.skipif(not UMD["1.84.3"].exists(), reason="the SDK is not installed: `make clients` needs npm"),
]


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def site(tmp_path):
    """A web site on a port of its own, with an empty page for each version of the SDK."""
    for version, folder in UMD.items():
        (tmp_path / version).symlink_to(folder)
        (tmp_path / f"{version}.html").write_text(f"<!doctype html><script src='/{version}/index.js'></script>")
    (tmp_path / "empty.html").write_text("<!doctype html>")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def chromium():
    """Give a headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """A person with a browser of their own on the site; ``asked`` has the address of every request it made."""

    def __init__(self, browser, site, relay):
        self._context = browser.new_context()
        self._site = site
        self._relay = relay
        self.asked: list[str] = []
        self._context.on("request", lambda request: self.asked.append(request.url))
        self.page = self._context.new_page()

    def opens(self, sdk):
        """Open the page with an SDK that is set up as the documentation says."""
        row = ROWS[sdk]
        self.page.goto(f"{self._site}/{row.version}.html")
        line = row.line_for(self._relay.url, WRITE_KEY)
        self.page.evaluate(
            f"async () => {{ const {{ AnalyticsBrowser }} = AnalyticsNext; {line}; window.analytics = analytics; }}"
        )

    def does(self, script):
        """Run a script on the page, to its end."""
        self.page.evaluate(f"async () => {{ {script} }}")

    def leaves(self):
        """Go to another page of the site, without waiting for anything."""
        self.page.goto(f"{self._site}/empty.html")

    def waits(self, stack, done):
        """Wait until ``done`` says so; Playwright hands out the browser's events only while it is asked to wait."""
        stack.wait(lambda: self.page.wait_for_timeout(50) or done())

    def strangers(self):
        """Return the addresses it asked that are neither the site's nor ours."""
        return [url for url in self.asked if not url.startswith((self._site, self._relay.url))]

    def close(self):
        """Close the browser."""
        self._context.close()


@pytest.fixture
def visitor(chromium, site, relay):
    """Give a visitor with an empty browser, who in the end has asked nobody but the site and us."""
    visitor = Visitor(chromium, site, relay)
    yield visitor
    visitor.close()
    assert visitor.strangers() == []


def wait_for(visitor, stack, count):
    """Wait until so many different calls are in the archive; return them by their messageId."""
    calls: dict[str, dict[str, Any]] = {}

    def all_there():
        calls.update((each["messageId"], each) for each in stack.archived())
        return len(calls) >= count

    visitor.waits(stack, all_there)
    stack.wait_until_idle()
    assert len(calls) == count
    return list(calls.values())


def numbers(mixpanel):
    """Return how often each numbered track is in Mixpanel."""
    return Counter(each["properties"]["i"] for each in mixpanel.events() if each["event"] == "Counted")


@pytest.mark.parametrize("sdk", SDKS)
def test_every_call_of_a_visit_arrives(visitor, stack, sandbox, relay, sdk):
    """page, identify, track, group, alias, screen and reset: each call once, with its fields, as the table says."""
    visitor.opens(sdk)
    visitor.does(VISIT)
    calls = {each.get("event") or each["type"]: each for each in wait_for(visitor, stack, 7)}
    assert len(stack.archived()) == 7
    assert calls["page"].items() >= {"name": "Pricing", "category": "Docs"}.items()
    assert calls["page"]["properties"]["plan"] == "free"
    assert calls["identify"]["traits"] == {"email": "ada@example.com", "plan": "Pro"}
    assert calls["Signed Up"]["userId"] == "sdk-user"
    assert calls["Signed Up"]["properties"] == {"text": "Zoë 🦄", "list": [1, 2.5, None], "deep": {"a": True}}
    assert calls["group"]["traits"] == {"name": "Example Ltd"}
    assert (calls["alias"]["userId"], calls["alias"]["previousId"]) == ("sdk-user", "sdk-visitor")
    assert calls["screen"]["name"] == "Basket"
    assert not calls["Signed Out"].get("userId")
    assert calls["Signed Out"]["anonymousId"] != calls["Signed Up"]["anonymousId"]
    for call in calls.values():
        assert call["context"]["ip"] == "127.0.0.1"
        assert "writeKey" not in call
    mixpanel = sandbox[0]
    assert mixpanel.profiles()["sdk-user"]["$email"] == "ada@example.com"
    assert {"Signed Up", "Signed Out"} < {each["event"] for each in mixpanel.events()}
    row = ROWS[sdk]
    for sent in [each for each in relay.exchanges if each.method == "POST"]:
        assert sent.path in row.route.split(", ")
        assert ", ".join(sent.key_places) == row.key
        assert sent.headers["content-type"].split(";")[0] == row.content_type


@pytest.mark.parametrize("sdk", [STANDARD, BATCHES])
def test_500_events_cost_few_preflights(visitor, stack, sandbox, relay, sdk):
    """Each arrives once; the browser need not ask again what it was told, and that for two hours."""
    visitor.opens(sdk)
    visitor.does("for (let i = 0; i < 10; i++) analytics.track('Counted', { i })")
    wait_for(visitor, stack, 10)
    visitor.does("for (let i = 10; i < 500; i++) analytics.track('Counted', { i })")
    wait_for(visitor, stack, 500)
    assert numbers(sandbox[0]) == Counter(range(500))
    assert relay.count("OPTIONS") <= 12  # of the first ten at the most, and few besides


@pytest.mark.parametrize("sdk", [STANDARD, BEFORE_1_84])
def test_a_call_is_not_lost_when_the_page_is_left_before_the_answer(visitor, stack, sandbox, relay, sdk):
    """It is sent from the next page, once more perhaps: the browser cannot know whether it had arrived."""
    left = threading.Event()
    visitor.opens(sdk)
    visitor.does("await analytics.page()")
    relay.after = lambda exchange: exchange.method == "POST" and left.wait(30)
    with visitor.page.expect_request(f"{relay.url}/**"):
        visitor.does("analytics.track('Counted', { i: 0 })")
    visitor.leaves()
    left.set()
    visitor.opens(sdk)
    wait_for(visitor, stack, 2)
    assert set(numbers(sandbox[0])) == {0}


def test_a_call_is_not_lost_when_the_page_is_left_before_its_batch_is_full(visitor, stack, sandbox):
    """The batch goes on without its page."""
    visitor.opens(BATCHES)
    visitor.does("await analytics.page(); await analytics.track('Counted', { i: 0 })")
    assert not stack.archived()
    visitor.leaves()
    wait_for(visitor, stack, 2)
    assert numbers(sandbox[0]) == Counter([0])


@pytest.mark.parametrize("sdk", [STANDARD, BEFORE_1_84])
def test_nothing_is_lost_when_the_page_is_left_while_the_server_is_away(visitor, stack, sandbox, relay, sdk):
    """The browser keeps the calls that it has tried to send, and sends them when it visits the site again."""
    visitor.opens(sdk)
    visitor.does("await analytics.page()")
    with relay.down():
        # The SDK takes up one call after another. The one it holds in its hand is written down nowhere: hence the wait.
        visitor.does("for (let i = 0; i < 10; i++) await analytics.track('Counted', { i })")
        visitor.leaves()
    visitor.opens(sdk)
    wait_for(visitor, stack, 11)
    assert set(numbers(sandbox[0])) == set(range(10))


@pytest.mark.parametrize("sdk", [STANDARD, BATCHES])
def test_nothing_is_lost_while_the_server_is_away(visitor, stack, sandbox, relay, sdk):
    """The SDK tries again until the server is back."""
    visitor.opens(sdk)
    visitor.does("await analytics.track('Counted', { i: 0 })")
    with relay.down():
        visitor.does("for (let i = 1; i < 30; i++) analytics.track('Counted', { i })")
        visitor.waits(stack, lambda: relay.dropped >= 3)
    wait_for(visitor, stack, 30)
    assert numbers(sandbox[0]) == Counter(range(30))


@pytest.mark.parametrize("sdk", [STANDARD, BATCHES])
def test_nothing_is_lost_when_we_answer_503(visitor, stack, sandbox, relay, sdk):
    """An answer of ours that asks for patience can be read by a script of another origin, and is obeyed."""
    visitor.opens(sdk)
    with stack.without_storage() as store_again:
        relay.after = lambda exchange: store_again() if exchange.status == 503 else None
        visitor.does("for (let i = 0; i < 30; i++) analytics.track('Counted', { i })")
        wait_for(visitor, stack, 30)
    assert relay.count("POST", 503) > 0
    assert len(stack.archived()) == 30
    assert numbers(sandbox[0]) == Counter(range(30))
