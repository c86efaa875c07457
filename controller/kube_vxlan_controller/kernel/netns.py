"""Pure. What a network namespace holds of ours, as a value; both the wish and what the kernel said.

One vocabulary for both sides, so that their difference is a comparison. Laws: ours is what carries our mark (`Mark`, the
link's alias) and nothing else; what is not ours stands in `Foreign`, only so that a plan can step around it. `Netns` made
from a wish has nothing foreign and no `learned` entries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from kube_vxlan_controller.kernel.destinations import NO_DESTINATIONS, Destinations
from kube_vxlan_controller.model import Address, Interface, InterfaceName, NetworkName, Prefix, Route, UdpPort, Vni

ZERO_MAC = "00:00:00:00:00:00"
"""The entry that stands for "every frame whose destination is not known": head-end replication."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a link's alias records: that it is ours, for which network, which addresses we gave and whether we raised it.

    `network` is `mark_name(name)`. It records intent: an address stands in it before it is added, and until it is gone.
    """

    network: str
    addresses: frozenset[Interface] = frozenset()
    raised: bool = False


Wire = tuple[Vni, UdpPort, int]
"""VNI, port, and the IP version of the underlay."""

NO_MARK = Mark("")
"""Stands in a link that is not ours (a network's name is never empty)."""


def mark_name(network: NetworkName) -> str:
    """What a mark calls the network: its name, or, above 64 characters, its beginning and a hash (an alias has 255 bytes)."""
    if len(network) <= 64:
        return network
    return f"{network[:31]}.{sha256(network.encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class Device:
    """A VXLAN link's attributes, without what hangs on it.

    `mtu` None in a wish leaves what is there; `ttl` None is the kernel's default, which it calls 0. What was read from a
    kernel always has numbers. `local` is wished for on an IPv6 underlay only. `lower` is empty where there is none.
    """

    name: InterfaceName
    vni: Vni
    port: UdpPort
    lower: InterfaceName
    local: Address | None = None
    learning: bool = True
    ttl: int | None = None
    mtu: int | None = None

    @property
    def wire(self) -> Wire:
        """What the kernel never changes in place and gives to one link only: VNI, port, IP version of the underlay."""
        return self.vni, self.port, self.local.version if self.local else 4

    def same_wire(self, other: "Device") -> bool:
        """Whether one can become the other in place (measured on Linux 6.18: `dev`, `local`, learning, ttl and mtu can)."""
        return self.wire == other.wire


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One forwarding entry: frames for `mac` go to `destination`. The kernel identifies it by all that stands here.

    What somebody adds with a port, a VNI or a device (and what `remote` and `group` bring along) is another entry than the one
    without: naming that one says nothing of it, and deleting that one leaves it there without a word (measured).
    """

    mac: str
    destination: Address
    port: int = 0
    """0: the link's own."""
    vni: int = 0
    """0: the link's own."""
    via: str = ""
    """Through which device; empty where routing tells."""

    @property
    def is_destination(self) -> bool:
        """Whether it is what stands in a link's `destinations`."""
        return self.mac == ZERO_MAC and not (self.port or self.vni or self.via)


@dataclass(frozen=True, slots=True)
class ForeignRoute:
    """A main-table route over our link that is not ours, and of which this is all that there is to say.

    Never a default route, nor one that comes with an address or has more to it (a source, several gateways, an encapsulation):
    those could not be put back as they were.
    """

    subnet: Prefix
    gateway: Address | None
    protocol: int
    metric: int | None = None
    """None: the kernel's default for IPv4, which it does not tell."""


@dataclass(frozen=True, slots=True)
class Link:
    """A VXLAN link with all that hangs on it."""

    device: Device
    mark: Mark
    up: bool = False
    addresses: frozenset[Interface] = frozenset()
    """Ours: those that the mark records (and, seen from the kernel, that are there)."""
    routes: frozenset[Route] = frozenset()
    """Ours: those with our protocol number. (The ancestor's, proto boot, are replaced where wished, else left alone.)"""
    destinations: Destinations = NO_DESTINATIONS
    """Permanent zero-MAC entries that have no more to them."""
    strays: frozenset[Entry] = frozenset()
    """All other permanent entries; never wished for."""
    learned: frozenset[Entry] = frozenset()
    """Entries that the kernel learned from traffic, as far as they have been read."""
    others: tuple[Interface, ...] = ()
    """Addresses on our link that are not ours, in the kernel's order; they stay.

    Without those that come back by themselves (the kernel's own link-local one, those with a lifetime) and those with a peer:
    they could not be put back as they were.
    """
    other_routes: frozenset[ForeignRoute] = frozenset()
    """Routes over our link that are not ours; they stay."""
    mac: str = ""
    """The link's own MAC address; never wished for, and kept when the link is made anew."""
    secondary: frozenset[Interface] = frozenset()
    """IPv4 addresses, ours or not, that the kernel holds as secondaries: they go with the primary of their subnet."""

    @property
    def name(self) -> InterfaceName:
        """The interface name."""
        return self.device.name

    def forwarding(self, destinations: Destinations, strays: frozenset[Entry], learned: frozenset[Entry]) -> "Link":
        """The same with other forwarding entries. Said in full, since `replace` takes three times as long."""
        return Link(
            self.device,
            self.mark,
            self.up,
            self.addresses,
            self.routes,
            destinations,
            strays,
            learned,
            self.others,
            self.other_routes,
            self.mac,
            self.secondary,
        )


@dataclass(frozen=True, slots=True)
class Foreign:
    """What is there and not ours, as far as it can be in our way."""

    links: Mapping[InterfaceName, Link | None] = field(default_factory=dict)
    """Links without our mark. The value is set for a VXLAN link; its mark is `NO_MARK`."""
    aliases: Mapping[InterfaceName, str] = field(default_factory=dict)
    """What stands as alias of those links that have one: they are somebody's. Without one, a VXLAN link may be adopted."""
    leading: Mapping[InterfaceName, str] = field(default_factory=dict)
    """Where VXLAN links with `remote` or `group` lead by themselves: no peer of ours, so they are not adopted either."""
    routes: Mapping[Prefix, str] = field(default_factory=dict)
    """Subnets with a main-table route that is not ours, with the number of its protocol.

    Without those on VXLAN links that the ancestor set (proto boot: `replace` takes them over; not on a link that is
    somebody's) or that come with an address.
    """
    mtus: Mapping[InterfaceName, int] = field(default_factory=dict)
    """The MTU of every link that can be a lower device, ours included; empty where nobody has read it."""

    def room(self, device: Device) -> int | None:
        """The largest MTU that a VXLAN link can have, which the kernel gives it when it is made; None where nobody knows.

        That of its lower device less the outer headers: 50 bytes, over IPv6 70 (measured).
        """
        lower = self.mtus.get(device.lower)
        return None if lower is None else max(68, lower - (70 if device.wire[2] == 6 else 50))


@dataclass(frozen=True, slots=True)
class Netns:
    """Everything of ours in one place."""

    links: tuple[Link, ...] = ()
    foreign: Foreign = field(default_factory=Foreign)
    by_name: Mapping[InterfaceName, Link] = field(init=False, repr=False, compare=False)
    """The links by interface name."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {link.device.name: link for link in self.links})


EMPTY = Netns()
