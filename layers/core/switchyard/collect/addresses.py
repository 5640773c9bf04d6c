"""The IP address in an event's context: filled in for people's devices, and kept as far as the source wants it.

A server's own address says nothing about a person, so it is never filled in unasked; an address that the event already
has is never replaced.
"""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final, NamedTuple

from switchyard.config import IpDetail, Side
from switchyard.events import Event, Json

CLIENT_LIBRARIES: Final = frozenset(
    {
        "analytics.js",
        "analytics-android",
        "analytics-ios",
        "analytics-kotlin",
        "analytics-swift",
        "analytics-react-native",
        "@segment/analytics-react-native",
    }
)
"""Names in ``context.library`` of SDKs that run on people's devices, some of which post to the servers' routes."""

_WITH_PORT: Final = re.compile(r"\[(?P<v6>[^]]*)\](?::\d+)?|(?P<v4>[^:]*):\d+")
_IPV4_BITS: Final = 24
_IPV6_BITS: Final = 48
"""How much of an address is left when it is truncated: a network of many people."""


class Sender(NamedTuple):
    """The address that a request set out from, on which side that is, and how much of any address may be kept.

    Where ``side`` is None, the events themselves must say it.
    """

    ip: str | None = None
    side: Side | None = None
    detail: IpDetail = "full"


def address_of(connection: str | None, forwarded_for: str, trusted_proxies: int) -> str | None:
    """Return the address that a request set out from, as far as the proxies in between are believed.

    Each proxy adds the address that it was called from at the end of ``X-Forwarded-For``. What stands further left than
    the trusted ones wrote may have been made up by anybody.
    """
    entries = forwarded_for.split(",") if trusted_proxies and forwarded_for else []
    chain = [_without_port(each.strip()) for each in entries]
    if connection and chain[-1:] != [connection]:
        chain.append(connection)
    if not chain:
        return None
    address = _parse(chain[max(0, len(chain) - 1 - trusted_proxies)])
    return str(address) if address else None


def with_address(context: Mapping[str, Any], sender: Sender) -> dict[str, Any]:
    """Return the context with the address that it may have: its own, else the sender's where that is a person's."""
    ip = context.get("ip")
    if ip is None and _is_client_side(context, sender):
        ip = sender.ip
    return _with_ip(context, shorten(ip, sender.detail))


def without_detail(event: Event, detail: IpDetail) -> Event:
    """Return the event with no more of its own address than may be kept, even of an event that is refused."""
    context = event.get("context")
    if detail == "full" or not isinstance(context, dict):
        return event
    return {**event, "context": _with_ip(context, shorten(context.get("ip"), detail))}


def shorten(ip: Json, detail: IpDetail) -> Json:
    """Return what may be kept of an address: all, the network, or None. What is no address has no network."""
    if detail == "full":
        return ip
    address = _parse(ip) if detail == "truncated" else None
    if isinstance(address, IPv6Address):  # an IPv4 address may be inside, in bits that would be kept
        address = address.sixtofour or address
    if address is None:
        return None
    bits = _IPV4_BITS if isinstance(address, IPv4Address) else _IPV6_BITS
    return str(ip_network(f"{address}/{bits}", strict=False).network_address)


def _is_client_side(context: Mapping[str, Any], sender: Sender) -> bool:
    if context.get("direct") is True:  # a server says that it speaks for itself
        return True
    if sender.side:
        return sender.side == "client"
    library = context.get("library")
    name = library.get("name") if isinstance(library, dict) else None
    return isinstance(name, str) and name in CLIENT_LIBRARIES


def _with_ip(context: Mapping[str, Any], ip: Json) -> dict[str, Any]:
    rest = {name: value for name, value in context.items() if name != "ip"}
    return rest if ip is None else {**rest, "ip": ip}


def _without_port(entry: str) -> str:
    """Return the address alone, of ``198.51.100.7:1234`` or ``[2001:db8::1]:1234``, as some proxies write it."""
    found = _WITH_PORT.fullmatch(entry)
    return (found["v6"] or found["v4"]) if found else entry


def _parse(text: Json) -> IPv4Address | IPv6Address | None:
    if not isinstance(text, str) or "%" in text:  # the name of a network card behind an address means nothing here
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # Servers that listen on both kinds write IPv4 as ::ffff:203.0.113.7, which not everybody can place.
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
