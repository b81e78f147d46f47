"""The name of a host > the addresses that we may connect to: those that anybody on the internet has."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")  # its last 32 bits are an IPv4 address

Address = IPv4Address | IPv6Address


def addresses(host: str, port: int, *, allow_private: bool = False) -> list[Address]:
    """What the name resolves to, without addresses of this machine, of local networks and the like.

    Connect to these and not to the name: it may resolve to something else a moment later. Raises
    OSError for a name that has no address.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    known = dict.fromkeys(ip_address(str(info[4][0]).partition("%")[0]) for info in found)
    return [address for address in known if allow_private or is_public(address)]


def is_public(address: Address) -> bool:
    """Whether it is neither loopback nor private, link-local, reserved or multicast."""
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _inner(address: Address) -> IPv4Address | None:
    """The IPv4 address in an IPv6 one: mapped, 6to4, Teredo, NAT64, or the old compatible form."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64 or (0xFFFF < int(address) < 1 << 32):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
