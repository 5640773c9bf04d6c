"""The IP address in an event's context: people's only, never replaced, and no more of it than the source wants."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchyard.collect.addresses import CLIENT_LIBRARIES, Sender, address_of, shorten, with_address, without_detail

DEVICE = "203.0.113.77"
CLIENT = Sender(DEVICE, "client")
SERVER = Sender(DEVICE, "server")
UNSAID = Sender(DEVICE)
EVENT = {"type": "track", "event": "e", "userId": "u"}
CONNECTION = {"requestContext": {"requestId": "request-1", "identity": {"sourceIp": DEVICE}}}
ADDRESSES = st.ip_addresses().map(str)


def kept(desk, *, source=None, path="/v1/t", event=EVENT, headers=None):
    """Send an event over the front door; return the context's address in the archive, None where it has none."""
    if source:
        sources = (replace(desk.front_door.config.sources[0], **source), *desk.front_door.config.sources[1:])
        desk.front_door = replace(desk.front_door, config=replace(desk.front_door.config, sources=sources))
    assert desk.post_to(path, event, headers=headers, **CONNECTION).status == 200
    return desk.events("archive")[-1]["context"].get("ip")


# ---- whose -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/t", "/t/", "/v1/b", "/v1/pixel/track"])
def test_a_device_is_known_by_its_route(desk, path):
    """Browsers and phones post to the short routes, and mail programs load images."""
    assert kept(desk, path=path) == DEVICE


@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch", "/v1/import/"])
def test_a_server_keeps_its_address_to_itself(desk, path):
    """All its users would seem to live in a data centre."""
    assert kept(desk, path=path) is None


@pytest.mark.parametrize("library", sorted(CLIENT_LIBRARIES))
def test_a_device_is_known_by_its_library(desk, library):
    """Older mobile SDKs post to the servers' routes."""
    assert kept(desk, path="/v1/batch", event={**EVENT, "context": {"library": {"name": library}}}) == DEVICE


@pytest.mark.parametrize(
    "library", [{"name": "analytics-python"}, {"name": ["analytics.js"]}, {}, "analytics.js", None]
)
def test_another_library_is_a_server(desk, library):
    """RudderStack's Python calls itself analytics-python; what is no name says nothing."""
    assert kept(desk, path="/v1/batch", event={**EVENT, "context": {"library": library}}) is None


def test_a_server_may_say_that_it_speaks_for_itself(desk):
    """``context.direct`` is Segment's way to ask for the connection's address; only true is true."""
    assert kept(desk, path="/v1/track", event={**EVENT, "context": {"direct": True}}) == DEVICE
    assert kept(desk, path="/v1/track", event={**EVENT, "context": {"direct": "true"}}) is None


@pytest.mark.parametrize("given", ["198.51.100.1", "0.0.0.0", "", "unknown", 5, False])
def test_an_address_is_never_replaced(desk, given):
    """Whoever sets it knows why: 0.0.0.0 is how a person is kept anonymous."""
    assert kept(desk, event={**EVENT, "context": {"ip": given}}) == given


def test_null_is_no_address(desk):
    """As if it were missing."""
    assert kept(desk, event={**EVENT, "context": {"ip": None}}) == DEVICE
    assert kept(desk, path="/v1/track", event={**EVENT, "context": {"ip": None}}) is None


def test_a_source_may_say_on_which_side_it_is(desk):
    """Whatever route its SDK takes, and whatever it calls itself."""
    assert kept(desk, source={"side": "client"}, path="/v1/track") == DEVICE
    assert kept(desk, source={"side": "server"}, path="/v1/t") is None
    assert kept(desk, path="/v1/b", event={**EVENT, "context": {"library": {"name": "analytics-kotlin"}}}) is None
    assert kept(desk, path="/v1/b", event={**EVENT, "context": {"direct": True}}) == DEVICE


def test_the_address_of_a_batch_counts_as_given(desk):
    """What a batch says for all its events is theirs."""
    body = {"batch": [EVENT, {**EVENT, "context": {"ip": "198.51.100.2"}}], "context": {"ip": "198.51.100.1"}}
    assert desk.post_to("/v1/b", body, **CONNECTION).status == 200
    assert [event["context"]["ip"] for event in desk.events("archive")] == ["198.51.100.1", "198.51.100.2"]


# ---- who is believed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forwarded_for", "proxies", "address"),
    [
        ("9.9.9.9", 0, DEVICE),
        ("", 0, DEVICE),
        ("", 1, DEVICE),
        (DEVICE, 1, DEVICE),
        ("198.51.100.7", 1, "198.51.100.7"),
        (f"198.51.100.7, {DEVICE}", 1, "198.51.100.7"),
        (f"9.9.9.9,198.51.100.7, {DEVICE}", 1, "198.51.100.7"),
        (f"9.9.9.9, 198.51.100.7, 192.0.2.1, {DEVICE}", 2, "198.51.100.7"),
        (f"198.51.100.7, {DEVICE}", 5, "198.51.100.7"),
        (f"2001:DB8::0:1, {DEVICE}", 1, "2001:db8::1"),
        (f"::ffff:198.51.100.7, {DEVICE}", 1, "198.51.100.7"),
        ("unknown", 1, None),
        ("198.51.100.7:1234", 1, "198.51.100.7"),
        (f"[2001:db8::1]:443, {DEVICE}", 1, "2001:db8::1"),
        (f"[2001:db8::1], {DEVICE}", 1, "2001:db8::1"),
        (f"198.51.100.7, {DEVICE}:443", 1, "198.51.100.7"),
        ("[]", 1, None),
        ("host:1234", 1, None),
        (", ,", 1, None),
    ],
)
def test_proxies_are_believed_as_far_as_they_are_trusted(forwarded_for, proxies, address):
    """Whoever calls can put addresses to the left of what the trusted proxies wrote, and none of those counts."""
    assert address_of(DEVICE, forwarded_for, proxies) == address


def test_a_forged_header_changes_nothing(desk):
    """Unless the configuration says that there is a proxy."""
    headers = {"X-Forwarded-For": "9.9.9.9", "X-Real-Ip": "9.9.9.9", "Forwarded": "for=9.9.9.9"}
    assert kept(desk, headers=headers) == DEVICE
    assert (
        kept(desk, source={"trustedProxies": 1}, headers={"X-Forwarded-For": f"198.51.100.7, {DEVICE}"})
        == "198.51.100.7"
    )


@given(st.none() | st.text() | ADDRESSES, st.text(alphabet="1a.:, %[]") | st.text(), st.integers(0, 5))
def test_any_header_is_read(connection, forwarded_for, proxies):
    """What comes out is an address or nothing."""
    address = address_of(connection, forwarded_for, proxies)
    assert address is None or str(ip_address(address)) == address


# ---- how much of it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ip", "truncated"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("0.0.0.0", "0.0.0.0"),
        ("2001:db8:1234:5678::9", "2001:db8:1234::"),
        ("::1", "::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("2002:cb00:714d::1", "203.0.113.0"),
        ("203.0.113.77, 10.0.0.1", None),
        ("fe80::1%eth0", None),
        ("someone's", None),
        ("", None),
        (3405803853, None),
        (["203.0.113.77"], None),
    ],
)
def test_the_network_is_what_is_left(ip, truncated):
    """The last octet goes, of IPv6 all but the site's 48 bits; what cannot be understood goes altogether."""
    assert shorten(ip, "truncated") == truncated
    assert shorten(ip, "none") is None
    assert shorten(ip, "full") == ip


@pytest.mark.parametrize(
    ("detail", "filled", "own"), [("truncated", "203.0.113.0", "198.51.100.0"), ("none", None, None)]
)
def test_a_source_may_want_less(desk, detail, filled, own):
    """Of the address that is filled in, of the event's own, and of the batch's."""
    assert kept(desk, source={"ip": detail}) == filled
    assert kept(desk, event={**EVENT, "context": {"ip": "198.51.100.7"}}) == own
    assert desk.post_to("/v1/b", {"batch": [EVENT], "context": {"ip": "198.51.100.7"}}, **CONNECTION).status == 200
    assert desk.events("archive")[-1]["context"].get("ip") == own


@pytest.mark.parametrize("detail", ["truncated", "none"])
def test_no_queue_holds_more(desk, detail):
    """Neither does the dead letter of an event that is too large, surplus or bad."""
    ip = {"context": {"ip": DEVICE}}
    bad = [{**ip, "type": "track"}, {**EVENT, **ip, "properties": {"a": "x" * 33_000}}, *[{**EVENT, **ip}] * 2_600]
    kept(desk, source={"ip": detail})
    assert desk.post_to("/v1/b", {"batch": bad}, **CONNECTION).status == 200
    assert len(desk.reasons()) == 2 + 102
    assert DEVICE not in str(desk.sqs.messages)


@given(st.ip_addresses(v=4), st.integers(0, 2**8 - 1), st.ip_addresses(v=6), st.integers(0, 2**80 - 1))
def test_neighbours_cannot_be_told_apart(ipv4, octet, ipv6, rest):
    """Whatever stood in the bits that go, the same is left; and truncating once more changes nothing."""
    neighbour = str(IPv4Address(int(ipv4) >> 8 << 8 | octet))
    assert shorten(str(ipv4), "truncated") == shorten(neighbour, "truncated")
    for address in (str(ipv4), str(ipv6)):
        assert shorten(shorten(address, "truncated"), "truncated") == shorten(address, "truncated")
    if int(ipv6) >> 80 and int(ipv6) >> 112 != 0x2002:  # those have an IPv4 address inside
        neighbour = str(IPv6Address(int(ipv6) >> 80 << 80 | rest))
        assert shorten(str(ipv6), "truncated") == shorten(neighbour, "truncated")


@given(
    st.dictionaries(
        st.sampled_from(["ip", "direct", "library", "other"]), st.none() | st.booleans() | st.text() | ADDRESSES
    )
)
def test_nothing_else_of_the_context_changes(context):
    """Whatever it holds."""
    for sender in (CLIENT, SERVER, UNSAID, CLIENT._replace(detail="truncated"), Sender()):
        changed = with_address(context, sender)
        assert {k: v for k, v in changed.items() if k != "ip"} == {k: v for k, v in context.items() if k != "ip"}
        assert changed.get("ip") in {context.get("ip"), DEVICE, shorten(context.get("ip"), "truncated"), "203.0.113.0"}


def test_events_without_a_context_are_left_alone():
    """Or with one that is no object."""
    for event in ({}, {"context": None}, {"context": "203.0.113.77"}):
        assert without_detail(event, "none") == event
