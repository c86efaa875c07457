"""Generated worlds: wishes, and namespaces with a past (an earlier wish carried out, and what others did before and after).

Drawn from few ready-made values, so that a thousand worlds take a second or two and collisions are frequent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface, ip_network
from itertools import combinations, product
from typing import TypeVar

from hypothesis import strategies as st
from tests.kernel.fake import Deed, FakeKernel, LearnEntry, OtherRoute, PlainLink, StrayEntry, Unmark

from kube_vxlan_controller.kernel.netns import ZERO_MAC, Destinations, Device, Entry, Generation, Link, Mark, Netns, mark_name
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

T = TypeVar("T")

NAMES = tuple(InterfaceName(f"vx{number}") for number in range(4))
NETWORKS = tuple(NetworkName(f"net-{number}") for number in range(3))
LOWERS = (InterfaceName("eth0"), InterfaceName("eth1"))
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
THEIRS = tuple(interfaces(f"10.{n}.0.9/24", f"10.{n}.9.9/24", f"fd0{n + 2}::9/64") for n in range(3))
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
            LOWERS, LOCALS if n == 2 else (None,), (True, False), (None, 5), (None, None, 1300, 1400)
        )
    )
    for n in range(3)
)


@st.composite
def wished_links(draw: st.DrawFn, number: int, name: InterfaceName, vni: Vni, owns_shared: bool) -> Link:
    """One network's link."""
    kind = draw(st.sampled_from(DEVICES[number]))
    device = Device(name, vni, kind.port, kind.lower, kind.local, kind.learning, kind.ttl, kind.mtu)
    up = draw(st.sampled_from((True, True, False)))
    addresses = draw(st.sampled_from(ADDRESS_SETS[number]))
    gateways = sorted({gateway(address) for address in addresses}, key=int)
    choice = draw(st.integers(0, 3**5 - 1)) if up and gateways else 0
    routes = set()
    for subnet in SUBNETS[number] if owns_shared else SUBNETS[number][:3]:
        choice, digit = divmod(choice, 3)
        beside = [None, *(there for there in gateways if there.version == subnet.version)]
        chosen = beside[digit % len(beside)]
        if chosen is not None:
            routes.add(Route(subnet, chosen))
    members = Generation(draw(st.sampled_from(PEER_SETS[number])))
    without = draw(st.sampled_from((None, PEERS[number][0])))
    mark = Mark(NETWORKS[number], addresses, up)
    return Link(device, mark, up, addresses, frozenset(routes), Destinations(members, without))


@st.composite
def wishes(draw: st.DrawFn) -> Netns:
    """What a pod with up to three networks wishes."""
    names, vnis = draw(st.sampled_from(LAYOUTS))
    count = draw(st.sampled_from((3, 2, 1, 0)))
    owner = draw(st.integers(0, 2))
    return Netns(tuple(draw(wished_links(n, NAMES[names[n]], Vni(101 + vnis[n]), n == owner)) for n in range(count)))


def _routes(number: int, link: InterfaceName, protocol: str) -> list[Deed]:
    return [
        OtherRoute(link, Route(subnet, gateway(address)), protocol)
        for subnet in SUBNETS[number]
        for address in (*OURS[number], *THEIRS[number])
        if address.version == subnet.version
    ]


def _deeds(number: int) -> list[list[Deed]]:
    """What somebody else may do, to one network's link or under its name, by kind."""
    name, peers = NAMES[number], PEERS[number]
    macs = [f"02:00:00:00:00:0{digit}" for digit in (1, 2)], [f"02:00:00:00:01:0{digit}" for digit in (1, 2)]
    local = LOCALS[0] if number == 2 else None
    plain: list[Callable[[InterfaceName], Deed]] = [
        PlainLink,
        Unmark,
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
        _routes(number, LOWERS[0], "4"),
        _routes(number, name, "4"),
        _routes(number, name, "3"),
        [StrayEntry(name, Entry(mac, to)) for mac in macs[0] for to in peers],
        [LearnEntry(name, Entry(mac, to)) for mac in macs[1] for to in peers],
        [AppendDestination(name, to) for to in peers],
        [DeleteEntry(name, Entry(ZERO_MAC, to)) for to in peers],
    ]


DEEDS = tuple(kind for number in range(3) for kind in _deeds(number))


def deeds(most: int) -> st.SearchStrategy[list[Deed]]:
    """What somebody else does."""
    return st.lists(st.sampled_from(DEEDS).flatmap(st.sampled_from), max_size=most)


@dataclass(frozen=True)
class World:
    """A namespace with a past, and a wish for it."""

    kernel: FakeKernel
    want: Netns


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Anything that can be found in a pod: a wish carried out, and others' deeds before and after."""
    kernel = FakeKernel(draw(st.booleans()))
    kernel.apply(draw(deeds(2)))
    kernel.apply(plan(draw(wishes()), kernel.read()).steps)
    kernel.apply(draw(deeds(5)))
    return World(kernel, draw(wishes()))


NETWORK_SETS = subsets(NETWORKS, 2)
SOME_PEERS = subsets((*FOUR[:4], *SIX[:4]), 2)
LIVE_PEERS = subsets((*FOUR, *SIX[:3]), 9)


def without_held(want: Netns, hold: Hold) -> Netns:
    """Nobody wishes what he cannot read."""
    held = {mark_name(network) for network in hold.networks}
    return Netns(tuple(link for link in want.links if not hold.everything and link.mark.network not in held))


@st.composite
def holds(draw: st.DrawFn, removals: bool) -> Hold:
    """What must stay as it is."""
    return Hold(
        everything=draw(st.sampled_from((False, False, True))),
        networks=draw(st.sampled_from(NETWORK_SETS)),
        destinations=draw(st.sampled_from(SOME_PEERS)),
        peers={draw(st.sampled_from(NETWORKS)): draw(st.sampled_from(SOME_PEERS))},
        alive=draw(st.sampled_from(LIVE_PEERS)),
        removals=removals,
    )
