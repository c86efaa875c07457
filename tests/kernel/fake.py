"""A network namespace as a value that changes like the kernel's: what `plan` is tested against, thousands of times a second.

It refuses what the kernel refuses and has its side effects. `test_fake.py` holds it to the real one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import assert_never

from kube_vxlan_controller.kernel.destinations import Destinations
from kube_vxlan_controller.kernel.netns import NO_MARK, ZERO_MAC, Device, Entry, Foreign, ForeignRoute, Link, Mark, Netns
from kube_vxlan_controller.kernel.steps import (
    AddAddress,
    AddLink,
    AppendDestination,
    ChangeDevice,
    DeleteAddress,
    DeleteEntry,
    DeleteLink,
    DeleteRoute,
    ReplaceRoute,
    RestoreAddress,
    RestoreRoute,
    SetDown,
    SetMark,
    SetMtu,
    SetUp,
    Step,
)
from kube_vxlan_controller.model import Address, Interface, InterfaceName, Prefix, Route

UNDERLAY_MTU = 1500
OURS = "86"
BY_HAND = "3"


@dataclass(frozen=True)
class PlainLink:
    """Somebody makes a link that is not VXLAN."""

    link: InterfaceName


@dataclass(frozen=True)
class Unmark:
    """Somebody takes the alias away."""

    link: InterfaceName


@dataclass(frozen=True)
class Remark:
    """Somebody writes an alias of theirs."""

    link: InterfaceName


@dataclass(frozen=True)
class OtherRoute:
    """Somebody sets a route, with a protocol of theirs."""

    link: InterfaceName
    route: ForeignRoute


@dataclass(frozen=True)
class StrayEntry:
    """Somebody sets a permanent entry: for a MAC, or for all and with more to it than a destination."""

    link: InterfaceName
    entry: Entry


@dataclass(frozen=True)
class LearnEntry:
    """The kernel learns where a MAC is."""

    link: InterfaceName
    entry: Entry


ENTRIES = AppendDestination | DeleteEntry | StrayEntry | LearnEntry
"""What `bridge` is told; all else is for `ip`."""

Deed = Step | PlainLink | Unmark | Remark | OtherRoute | StrayEntry | LearnEntry
"""What can happen to a namespace, by us or by others."""


class Refused(Exception):
    """The kernel says no; nothing is changed."""


class Ended(Refused):
    """iproute2 itself says no, and ends there, `-force` or not: what its batch still has to say is lost."""


@dataclass
class FakeLink:
    """A link; `device` is None for one that is not VXLAN."""

    device: Device | None
    mark: Mark = NO_MARK
    mac: str = ""
    alias: str = ""
    """One that is somebody else's."""
    up: bool = False
    addresses: list[Interface] = field(default_factory=list)
    secondary: set[Interface] = field(default_factory=set)
    permanent: dict[str, set[Address]] = field(default_factory=dict)
    learned: dict[str, set[Address]] = field(default_factory=dict)
    odd: set[Entry] = field(default_factory=set)
    """Permanent zero-MAC entries with more to them than a destination."""


@dataclass
class FakeKernel:
    """A pod's namespace; `eth0` and `eth1` are there. `promotes`: the sysctl `promote_secondaries`."""

    promotes: bool = False
    links: dict[InterfaceName, FakeLink] = field(
        default_factory=lambda: {InterfaceName(name): FakeLink(None, up=True) for name in ("eth0", "eth1")}
    )
    routes: dict[Prefix, tuple[InterfaceName, Address | None, str]] = field(default_factory=dict)
    """By subnet: link, gateway, protocol."""
    macs: int = 0
    """How many the kernel has chosen."""

    def apply(self, deeds: Iterable[Deed]) -> list[Deed]:
        """Carry them out as `ip -force` and `bridge -force` do, each in a batch; returns what was refused or lost."""
        refused: list[Deed] = []
        for _, batch in groupby(deeds, key=lambda deed: isinstance(deed, ENTRIES)):
            ended = False
            for deed in batch:
                try:
                    if ended:
                        raise Refused("the batch has ended")
                    self.do(deed)
                except Refused as refusal:
                    ended = ended or isinstance(refusal, Ended)
                    refused.append(deed)
        return refused

    def do(self, deed: Deed) -> None:
        """Carry out one. Raises Refused."""
        match deed:
            case DeleteLink(name):
                self.delete_link(name)
            case AddLink(device, mac):
                self.add_link(device, mac)
            case SetMark(name, mark):
                self.mark(name, mark)
            case ChangeDevice(device):
                self.change(device)
            case SetMtu(name, mtu):
                self.set_mtu(name, mtu)
            case SetUp(name):
                self.link(name).up = True
            case SetDown(name):
                self.set_down(name)
            case AddAddress(name, address) | RestoreAddress(name, address):
                self.add_address(name, address)
            case DeleteAddress(name, address):
                self.delete_address(name, address)
            case ReplaceRoute(name, route):
                self.replace_route(name, ForeignRoute(route.subnet, route.gateway, int(OURS)))
            case RestoreRoute(name, other):
                if other.subnet in self.routes:
                    raise Refused("file exists")
                self.replace_route(name, other)
            case DeleteRoute(name, route):
                self.delete_route(name, route)
            case AppendDestination(name, destination):
                self.check_family(name, destination)
                self.link(name).permanent.setdefault(ZERO_MAC, set()).add(destination)
            case DeleteEntry(name, entry):
                self.delete_entry(name, entry)
            case PlainLink(name):
                self.add_plain_link(name)
            case Unmark(name):
                self.mark(name, NO_MARK)
            case Remark(name):
                self.mark(name, NO_MARK, "mine")
            case OtherRoute(name, other):
                self.replace_route(name, other)
            case StrayEntry(name, entry):
                self.check_family(name, entry.destination)
                if entry.mac == ZERO_MAC:
                    self.link(name).odd.add(entry)
                else:
                    self.link(name).permanent.setdefault(entry.mac, {entry.destination})
            case LearnEntry(name, entry):
                self.check_family(name, entry.destination)
                self.link(name).learned.setdefault(entry.mac, {entry.destination})
            case _:
                assert_never(deed)

    def link(self, name: InterfaceName) -> FakeLink:
        """The link of that name. Raises Refused."""
        if name not in self.links:
            raise Refused(f"cannot find device {name}")
        return self.links[name]

    def mark(self, name: InterfaceName, mark: Mark, alias: str = "") -> None:
        """Write the alias: our mark, or somebody else's."""
        link = self.link(name)
        link.mark, link.alias = mark, alias

    def vxlan(self, name: InterfaceName) -> Device:
        """The attributes of a VXLAN link. Raises Refused."""
        device = self.link(name).device
        if device is None:
            raise Refused(f"{name} is not VXLAN")
        return device

    def add_plain_link(self, name: InterfaceName) -> None:
        """Create a link of another kind."""
        if name in self.links:
            raise Refused("file exists")
        self.links[name] = FakeLink(None)

    def add_link(self, device: Device, mac: str) -> None:
        """Create a VXLAN link; the kernel cuts a larger MTU down to what fits."""
        self.check_lower(device)
        if device.name in self.links:
            raise Refused("file exists")
        if any(link.device is not None and link.device.same_wire(device) for link in self.links.values()):
            raise Refused("a VXLAN device with the specified VNI already exists")
        self.links[device.name] = FakeLink(
            replace(device, ttl=device.ttl or 0, mtu=min(device.mtu or UNDERLAY_MTU, room(device))), mac=mac or self.a_mac()
        )

    def check_lower(self, device: Device) -> None:
        """iproute2 looks for the lower device by itself. Raises Ended."""
        if device.lower not in self.links:
            raise Ended("cannot find device")

    def a_mac(self) -> str:
        """One that no link has had."""
        self.macs += 1
        return f"02:00:00:00:02:{self.macs:02x}"

    def delete_link(self, name: InterfaceName) -> None:
        """Remove a link with all that is on it, the VXLAN links that stand on it too."""
        self.link(name)
        del self.links[name]
        self._lose_routes(name, 4, 6)
        for other in [other for other, link in self.links.items() if link.device is not None and link.device.lower == name]:
            self.delete_link(other)

    def change(self, device: Device) -> None:
        """Set what can be set in place."""
        self.check_lower(device)
        old = self.vxlan(device.name)
        if not device.same_wire(old):
            raise Refused("cannot change that")
        local = device.local or old.local
        self.links[device.name].device = replace(
            old, lower=device.lower, local=local, learning=device.learning, ttl=device.ttl or 0
        )

    def set_mtu(self, name: InterfaceName, mtu: int) -> None:
        """Set the MTU; too small a one for IPv6 takes its addresses and routes away."""
        device = self.link(name).device
        if device is None:
            return
        if mtu > room(device):
            raise Refused("invalid argument")
        self.links[name].device = replace(device, mtu=mtu)
        if mtu < 1280:
            self._lose_ipv6(name)

    def set_down(self, name: InterfaceName) -> None:
        """Lower a link: its routes go, its IPv6 addresses, and what it has learned."""
        link = self.link(name)
        if link.up:
            link.up = False
            link.learned.clear()
            self._lose_routes(name, 4, 6)
            self._lose_ipv6(name)

    def add_address(self, name: InterfaceName, address: Interface) -> None:
        """Give a link an address, unless it has it."""
        link = self.link(name)
        if address.version == 6:
            if link.device is not None and link.device.mtu is not None and link.device.mtu < 1280:
                raise Refused("no IPv6 here")
            if all(address.ip != there.ip for there in link.addresses):
                link.addresses.append(address)
        elif address not in link.addresses:
            if any(address.network == there.network for there in link.addresses):
                link.secondary.add(address)
            link.addresses.append(address)

    def delete_address(self, name: InterfaceName, address: Interface) -> None:
        """Remove an address: a primary with its secondaries, the last IPv4 one with the IPv4 routes."""
        link = self.link(name)
        if address not in link.addresses:
            raise Refused("cannot assign requested address")
        link.addresses.remove(address)
        if address.version == 6:
            return
        if address in link.secondary:
            link.secondary.discard(address)
        else:
            followers = [there for there in link.addresses if there in link.secondary and there.network == address.network]
            if self.promotes:
                link.secondary -= set(followers[:1])
            else:
                link.secondary -= set(followers)
                link.addresses = [there for there in link.addresses if there not in followers]
        if all(there.version == 6 for there in link.addresses):
            self._lose_routes(name, 4)

    def replace_route(self, name: InterfaceName, route: ForeignRoute) -> None:
        """Set a route, in the place of any other to its subnet."""
        link, gateway = self.link(name), route.gateway
        beside = gateway is None or gateway.is_link_local or any(gateway in address.network for address in link.addresses)
        if name not in ("eth0", "eth1") and not (link.up and beside):
            raise Refused("nexthop has invalid gateway")
        self.routes[route.subnet] = (name, gateway, str(route.protocol))

    def delete_route(self, name: InterfaceName, route: Route) -> None:
        """Remove a route of ours."""
        if self.routes.get(route.subnet) != (name, route.gateway, OURS):
            raise Refused("no such process")
        del self.routes[route.subnet]

    def check_family(self, name: InterfaceName, destination: Address) -> None:
        """An entry must be of the underlay's IP version. Raises Refused."""
        local = self.vxlan(name).local
        if destination.version != (local.version if local is not None else 4):
            raise Refused("address family not supported by protocol")

    def delete_entry(self, name: InterfaceName, entry: Entry) -> None:
        """Remove a forwarding entry; silently does nothing when its MAC has others."""
        self.check_family(name, entry.destination)
        link = self.link(name)
        if entry.mac == ZERO_MAC and link.odd and not (entry.is_destination and ZERO_MAC in link.permanent):
            link.odd.discard(entry)
            return
        table = link.permanent if entry.mac in link.permanent else link.learned
        if entry.mac not in table:
            raise Refused("no such file or directory")
        table[entry.mac].discard(entry.destination)
        if not table[entry.mac]:
            del table[entry.mac]

    def read(self) -> Netns:
        """What `readings.parse` would make of it."""
        links = {name: self._read(name, link) for name, link in self.links.items()}
        ours = {name: link for name, link in links.items() if link is not None and link.mark != NO_MARK}
        foreign = {
            subnet: protocol
            for subnet, (name, gateway, protocol) in self.routes.items()
            if links[name] is None
            or protocol not in (OURS, BY_HAND)
            or (protocol == BY_HAND and (gateway is None or self.links[name].alias))
        }
        aliases = {name: link.alias for name, link in self.links.items() if link.alias}
        others = {name: link for name, link in links.items() if name not in ours}
        mtus = {name: UNDERLAY_MTU if link.device is None else link.device.mtu or 0 for name, link in self.links.items()}
        return Netns(tuple(ours.values()), Foreign(others, aliases, routes=foreign, mtus=mtus))

    def _read(self, name: InterfaceName, link: FakeLink) -> Link | None:
        if link.device is None:
            return None
        ours = link.mark.addresses
        return Link(
            link.device,
            link.mark,
            link.up,
            addresses=frozenset(address for address in link.addresses if address in ours),
            routes=frozenset(
                Route(subnet, gateway)
                for subnet, (dev, gateway, of) in self.routes.items()
                if gateway is not None and (dev, of) == (name, OURS)
            ),
            destinations=Destinations.of(link.permanent.get(ZERO_MAC, ())),
            strays=frozenset(Entry(mac, to) for mac, all_to in link.permanent.items() for to in all_to if mac != ZERO_MAC)
            | link.odd,
            learned=frozenset(Entry(mac, to) for mac, all_to in link.learned.items() for to in all_to),
            others=tuple(address for address in link.addresses if address not in ours),
            other_routes=frozenset(
                ForeignRoute(subnet, gateway, int(of), None if subnet.version == 4 else 1024)
                for subnet, (dev, gateway, of) in self.routes.items()
                if dev == name and of != OURS
            ),
            mac=link.mac,
            secondary=frozenset(link.secondary),
        )

    def _lose_routes(self, name: InterfaceName, *versions: int) -> None:
        lost = [subnet for subnet, (dev, _, _) in self.routes.items() if dev == name and subnet.version in versions]
        for subnet in lost:
            del self.routes[subnet]

    def _lose_ipv6(self, name: InterfaceName) -> None:
        link = self.link(name)
        link.addresses = [address for address in link.addresses if address.version == 4]
        self._lose_routes(name, 6)


def room(device: Device) -> int:
    """The largest MTU over the underlay."""
    return UNDERLAY_MTU - (70 if device.local is not None and device.local.version == 6 else 50)
