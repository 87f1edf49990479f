"""The network a request comes from: what one subscriber has, however many addresses that is."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

IPV6_BITS = 64  # of an address: the rest is the subscriber's to choose
MOST_CHARACTERS = 60  # of what is no address: a proxy may pass on whatever a visitor sends


def network_of(address: str) -> str:
    """Return an IPv4 address, or the half of an IPv6 address that a provider gives."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:MOST_CHARACTERS]
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, IPV6_BITS), strict=False))
    return str(parsed)
