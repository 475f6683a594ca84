"""The networks from which a portal key may be used."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Network = IPv4Network | IPv6Network

MAX_NETWORKS: Final = 20
_MAPPED_BITS: Final = 96  # of the prefix ::ffff:0:0


class InvalidNetwork(ValueError):
    """A text is not an address or a network. The message quotes it and is for people."""


def parse(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return addresses and networks in CIDR notation, without repetitions. Raise InvalidNetwork."""
    networks = tuple(dict.fromkeys(map(_network, texts)))
    if len(networks) > MAX_NETWORKS:
        raise InvalidNetwork(f"A key can have at most {MAX_NETWORKS} networks.")
    return networks


def contains(networks: Iterable[Network], address: str | None) -> bool:
    """Return whether the address is in one of the networks. An unknown address is in none."""
    if address is None:
        return False
    try:
        caller = ip_address(address)
    except ValueError:
        return False
    if isinstance(caller, IPv6Address) and caller.ipv4_mapped is not None:
        caller = caller.ipv4_mapped  # a socket for both families
    return any(caller in network for network in networks)


def _network(text: str) -> Network:
    shown = text.strip()[:50]
    if "%" in text:
        raise InvalidNetwork(f"“{shown}” names an interface, which the addresses of callers do not.")
    try:
        return _plain(ip_network(text.strip()))
    except ValueError:
        pass
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        raise InvalidNetwork(f"“{shown}” is not an address or a network such as 192.0.2.0/24.") from None
    raise InvalidNetwork(f"“{shown}” has host bits set. The network is {network}.")


def _plain(network: Network) -> Network:
    """Return the IPv4 network of an IPv6 network of mapped addresses, as `contains` compares callers."""
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
