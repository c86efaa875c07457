"""Generated worlds: wishes, and namespaces with a past (an earlier wish carried out, and what others did before and after).

Drawn from few ready-made values, so that a thousand worlds take a second or two and collisions are frequent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_interface, ip_network
from itertools import combinations, product
from typing import TypeVar

from hypothesis import strategies as st

from kube_vxlan_controller.kernel.destinations import Destinations, Generation
from kube_vxlan_controller.kernel.netns import ZERO_MAC, Device, Entry, ForeignRoute, Link, Mark, Netns, mark_name
from kube_vxlan_controller.kernel.plan import plan
from kube_vxlan_controller.kernel.steps import (
    AddAddress,
    AddLink,
    AppendDestination,
    DeleteAddress,
    DeleteEntry,
    DeleteLink,
    SetDown,
    SetMtu,
    SetUp,
)
from kube_vxlan_controller.model import Address, Hold, Interface, InterfaceName, NetworkName, Route, UdpPort, Vni
from tests.kernel.fake import Deed, FakeKernel, LearnEntry, OtherRoute, PlainLink, Remark, StrayEntry, Unmark

T = TypeVar("T")

NAMES = tuple(InterfaceName(f"vx{number}") for number in range(4))
NETWORKS = tuple(NetworkName(f"net-{number}") for number in range(3))
LOWERS = (InterfaceName("eth0"), InterfaceName("eth1"))
TUN = InterfaceName("tun0")
"""A device of the pod's own that comes and goes."""
ODD = ((4789, 0, ""), (0, 7, ""), (0, 0, "eth1"), (4789, 7, "eth0"))
"""Port, VNI and device of entries that have more to them than a destination."""
LAYOUTS = (
    *[((0, 1, 2), (0, 1, 2))] * 4,
    ((0, 1, 2), (1, 0, 2)),  # two links swap their VNIs
    ((0, 1, 2), (0, 3, 2)),  # one link has another VNI
    ((1, 0, 2), (0, 1, 2)),  # two networks swap their names
    ((3, 1, 2), (0, 1, 2)),  # one link has another name
)
"""Which name and which VNI each of three networks has; mostly the same, so that most links stay. The third is over IPv6."""
FOUR = tuple(ip_address(f"10.244.0.{number}") for number in range(1, 7))
SIX = tuple(ip_address(f"fd01::{number}") for number in range(1, 7))
LOCALS = (ip_address("fd01::100"), ip_address("fd01::101"))
PEERS = (FOUR, FOUR, SIX)


def interfaces(*texts: str) -> tuple[Interface, ...]:
    """Addresses with prefix lengths."""
    return tuple(map(ip_interface, texts))


def subsets(items: Sequence[T], most: int) -> tuple[frozenset[T], ...]:
    """All subsets of up to that many items, small ones first."""
    return tuple(frozenset(chosen) for size in range(most + 1) for chosen in combinations(items, size))


def gateway(address: Interface) -> Address:
    """A neighbour of the address that nobody here has."""
    return address.network.network_address + 100


OURS = tuple(
    interfaces(f"10.{n}.0.1/24", f"10.{n}.0.2/24", f"10.{n}.0.3/24", f"10.{n}.1.1/25", f"fd0{n + 2}::1/64", f"fd0{n + 2}::2/64")
    for n in range(3)
)
"""Addresses that each network may give: three in a subnet and one alone, and two of IPv6."""
THEIRS = tuple(interfaces(f"10.{n}.0.9/24", f"10.{n}.9.9/24", f"fd0{n + 2}::9/64", "fe80::9/64") for n in range(3))
"""Addresses that somebody else may give to the same link."""
SHARED = tuple(map(ip_network, ("172.20.0.0/16", "fd20::/64")))
SUBNETS = tuple((*map(ip_network, (f"172.16.{n}.0/24", f"172.17.{n}.0/24", f"fd1{n}::/64")), *SHARED) for n in range(3))
"""What may be reached over each network; the shared ones move between links."""

ADDRESS_SETS = tuple(subsets(addresses, 3) for addresses in OURS)
PEER_SETS = tuple(subsets(peers, 6) for peers in PEERS)
DEVICES = tuple(
    tuple(
        Device(NAMES[0], Vni(1), UdpPort(8472), lower, local, learning, ttl, mtu)
        for lower, local, learning, ttl, mtu in product(
            (*LOWERS, *LOWERS, TUN), LOCALS if n == 2 else (None,), (True, False), (None, 5), (None, None, 1300, 1400, 9000)
        )
    )
    for n in range(3)
)


# Strategies are made once: making them anew for every draw costs more than all that is tested.
ANY_DEVICE = tuple(map(st.sampled_from, DEVICES))
ANY_ADDRESSES = tuple(map(st.sampled_from, ADDRESS_SETS))
ANY_PEERS = tuple(map(st.sampled_from, PEER_SETS))
WITHOUT = tuple(st.sampled_from((None, peers[0])) for peers in PEERS)
ROUTE_CHOICE = st.integers(0, 3**5 - 1)
MOSTLY_UP = st.sampled_from((True, True, False))
ANY_LAYOUT = st.sampled_from(LAYOUTS)
EITHER = st.booleans()
COUNT, OWNER = st.sampled_from((3, 2, 1, 0)), st.integers(0, 2)
CHANGE = st.sampled_from(("none", "none", "any", "up", "gone"))


def wished_link(draw: st.DrawFn, number: int, name: InterfaceName, vni: Vni, owns_shared: bool) -> Link:
    """One network's link."""
    device = replace(draw(ANY_DEVICE[number]), name=name, vni=vni)
    up, addresses = draw(MOSTLY_UP), draw(ANY_ADDRESSES[number])
    gateways = sorted({gateway(address) for address in addresses}, key=int)
    choice = draw(ROUTE_CHOICE) if up and gateways else 0
    routes = set()
    for subnet in SUBNETS[number] if owns_shared else SUBNETS[number][:3]:
        choice, digit = divmod(choice, 3)
        beside = [None, *(there for there in gateways if there.version == subnet.version)]
        chosen = beside[digit % len(beside)]
        if chosen is not None:
            routes.add(Route(subnet, chosen))
    destinations = Destinations(Generation(draw(ANY_PEERS[number])), draw(WITHOUT[number]))
    return Link(device, Mark(NETWORKS[number], addresses, up), up, addresses, frozenset(routes), destinations)


@st.composite
def wishes(draw: st.DrawFn) -> Netns:
    """What a pod with up to three networks wishes."""
    return wish(draw)


def wish(draw: st.DrawFn) -> Netns:
    """One wish."""
    names, vnis = draw(ANY_LAYOUT)
    owner = draw(OWNER)
    return Netns(tuple(wished_link(draw, n, NAMES[names[n]], Vni(101 + vnis[n]), n == owner) for n in range(draw(COUNT))))


def wish_like(draw: st.DrawFn, before: Netns) -> Netns:
    """The same wish, less a link, or with one that has changed within its network."""
    links = []
    for link in before.links:
        change = draw(CHANGE)
        if change == "any":
            links.append(wished_link(draw, NETWORKS.index(NetworkName(link.mark.network)), link.name, link.device.vni, False))
        elif change == "up":
            routes = frozenset[Route]() if link.up else link.routes
            links.append(replace(link, up=not link.up, routes=routes, mark=replace(link.mark, raised=not link.up)))
        elif change == "none":
            links.append(link)
    return Netns(tuple(links))


def _routes(number: int, link: InterfaceName, protocol: int) -> list[Deed]:
    return [
        OtherRoute(link, ForeignRoute(subnet, through, protocol))
        for subnet in SUBNETS[number]
        for through in (None, *(gateway(it) for it in (*OURS[number], *THEIRS[number]) if it.version == subnet.version))
    ]


def _deeds(number: int) -> list[list[Deed]]:
    """What somebody else may do, to one network's link or under its name, by kind."""
    name, peers = NAMES[number], PEERS[number]
    macs = [f"02:00:00:00:00:0{digit}" for digit in (1, 2)], [f"02:00:00:00:01:0{digit}" for digit in (1, 2)]
    local = LOCALS[0] if number == 2 else None
    plain: list[Callable[[InterfaceName], Deed]] = [
        PlainLink,
        Unmark,
        Remark,
        DeleteLink,
        SetUp,
        SetDown,
        lambda link: SetMtu(link, 1350),
    ]
    return [
        *([make(name)] for make in plain),
        [AddLink(Device(some, Vni(vni), UdpPort(8472), LOWERS[0], local)) for some in NAMES for vni in range(101, 105)],
        [AddAddress(name, address) for address in (*THEIRS[number], *OURS[number])],
        [AddAddress(name, THEIRS[number][0])],
        [DeleteAddress(name, address) for address in OURS[number]],
        _routes(number, LOWERS[0], 4),
        _routes(number, name, 4),
        _routes(number, name, 3),
        [StrayEntry(name, Entry(mac, to)) for mac in macs[0] for to in peers],
        [StrayEntry(name, Entry(ZERO_MAC, to, port, vni, via)) for to in peers for port, vni, via in ODD],
        [LearnEntry(name, Entry(mac, to)) for mac in macs[1] for to in peers],
        [AppendDestination(name, to) for to in peers],
        [DeleteEntry(name, Entry(ZERO_MAC, to)) for to in peers],
    ]


DEEDS = (*(kind for number in range(3) for kind in _deeds(number)), [PlainLink(TUN)], [DeleteLink(TUN)])


ANY_DEED = st.sampled_from([deed for kind in DEEDS for deed in kind * max(1, 48 // len(kind))])
FEW_DEEDS, SOME_DEEDS = st.lists(ANY_DEED, max_size=2), st.lists(ANY_DEED, max_size=5)
"""What somebody else does; no kind much more often than another."""


@dataclass(frozen=True)
class World:
    """A namespace with a past, and a wish for it."""

    kernel: FakeKernel
    want: Netns


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Anything that can be found in a pod: a wish carried out, and others' deeds before and after."""
    kernel = FakeKernel(draw(EITHER))
    kernel.apply(draw(FEW_DEEDS))
    first = wish(draw)
    kernel.apply(plan(first, kernel.read()).steps)
    kernel.apply(draw(SOME_DEEDS))
    return World(kernel, wish(draw) if draw(EITHER) else wish_like(draw, first))


ANY_NETWORKS = st.sampled_from(subsets(NETWORKS, 2))
ANY_NETWORK = st.sampled_from(NETWORKS)
RARELY = st.sampled_from((False, False, True))
HELD_PEERS = st.sampled_from(subsets((*FOUR[:4], *SIX[:4]), 2))
LIVE_PEERS = st.sampled_from(subsets((*FOUR, *SIX[:3]), 9))


def without_held(want: Netns, hold: Hold) -> Netns:
    """Nobody wishes what he cannot read."""
    held = {mark_name(network) for network in hold.networks}
    return Netns(tuple(link for link in want.links if not hold.everything and link.mark.network not in held))


@st.composite
def holds(draw: st.DrawFn, removals: bool) -> Hold:
    """What must stay as it is."""
    return Hold(
        everything=draw(RARELY),
        networks=draw(ANY_NETWORKS),
        destinations=draw(HELD_PEERS),
        peers={draw(ANY_NETWORK): draw(HELD_PEERS)},
        alive=draw(LIVE_PEERS),
        removals=removals,
    )
