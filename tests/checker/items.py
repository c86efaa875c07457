"""Pure. What a kernel can hold, as far as a history tells of it."""

from typing import NamedTuple


class Link(NamedTuple):
    """A network interface. `vni` is 0 for one that is no VXLAN link."""

    ifindex: int
    name: str
    alias: str = ""
    up: bool = False
    mtu: int = 0
    vni: int = 0
    port: int = 0
    ttl: int = 0
    learning: bool = False
    lower: int = 0
    master: int = 0
    local: str = ""
    """The address that a VXLAN link sends from; empty where the kernel chooses."""


class Entry(NamedTuple):
    """A forwarding entry with a destination, on the link with this index."""

    ifindex: int
    mac: str
    destination: str
    permanent: bool = True


class Address(NamedTuple):
    """An address with its prefix length, on the link with this index."""

    ifindex: int
    cidr: str


class Route(NamedTuple):
    """A route of any table but `local`. `protocol` as numbered in /etc/iproute2/rt_protos."""

    ifindex: int
    subnet: str
    gateway: str
    protocol: int
    table: int = 254


class Rule(NamedTuple):
    """A routing rule, as the bytes that the kernel tells: they only have to stay the same."""

    data: bytes


class Neighbour(NamedTuple):
    """A permanent entry of the ARP or neighbour table."""

    ifindex: int
    address: str
    mac: str


Item = Link | Entry | Address | Route | Rule | Neighbour
"""What a kernel can hold."""
