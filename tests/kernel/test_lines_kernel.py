"""What `lines` renders and `readings` reads, against iproute2 and the kernel themselves."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network

import pytest

from kube_vxlan_controller.kernel.destinations import Destinations
from kube_vxlan_controller.kernel.netns import ZERO_MAC, Entry, Link, Mark, Netns
from kube_vxlan_controller.kernel.plan import plan
from kube_vxlan_controller.kernel.readings import digest
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
    SetDown,
    SetMark,
    SetMtu,
    SetUp,
    Step,
)
from kube_vxlan_controller.model import InterfaceName, Vni
from tests.kernel.real import RealKernel
from tests.kernel.steps import FOUR, FULL, PLAIN, ROUTE_4, ROUTE_6, SIX, VX1
from tests.namespaces import pod_namespace

pytestmark = pytest.mark.kernel


@pytest.fixture
def kernel() -> Iterator[RealKernel]:
    with pod_namespace() as namespace:
        namespace.run("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "peer1")
        yield RealKernel(namespace)


def carried_out(kernel: RealKernel, *steps: Step) -> Link:
    """The link after the steps, of which none is complained about."""
    complaints, netns = kernel.apply(steps)
    assert complaints == ""
    return netns.by_name[VX1]


def test_what_is_wished_is_read_back(kernel: RealKernel) -> None:
    mark = Mark("net", frozenset({FOUR, SIX}), True)
    link = carried_out(
        kernel,
        AddLink(FULL),
        SetMark(VX1, mark),
        AddAddress(VX1, FOUR),
        AddAddress(VX1, FOUR),
        AddAddress(VX1, SIX),
        AddAddress(VX1, SIX),
        SetUp(VX1),
        ReplaceRoute(VX1, ROUTE_4),
        ReplaceRoute(VX1, ROUTE_6),
        AppendDestination(VX1, ip_address("fd00::2")),
        AppendDestination(VX1, ip_address("fd00::2")),
    )
    assert link == Link(
        FULL,
        mark,
        True,
        mark.addresses,
        frozenset({ROUTE_4, ROUTE_6}),
        Destinations.of([ip_address("fd00::2")]),
        mac=link.mac,
    )
    bare = carried_out(
        kernel,
        DeleteEntry(VX1, Entry(ZERO_MAC, ip_address("fd00::2"))),
        DeleteRoute(VX1, ROUTE_4),
        DeleteRoute(VX1, ROUTE_6),
        DeleteAddress(VX1, FOUR),
        DeleteAddress(VX1, SIX),
        SetDown(VX1),
        SetMark(VX1, Mark("net")),
    )
    assert bare == Link(FULL, Mark("net"), mac=link.mac)
    complaints, netns = kernel.apply([DeleteLink(VX1)])
    assert complaints == ""
    assert VX1 not in netns.by_name


def test_what_changes_in_place_keeps_the_entries(kernel: RealKernel) -> None:
    added = [AddLink(PLAIN), SetMark(VX1, Mark("net")), SetUp(VX1), AppendDestination(VX1, ip_address("10.244.0.1"))]
    before = carried_out(kernel, *added)
    assert before.device == replace(PLAIN, ttl=0, mtu=1450)
    changed = replace(PLAIN, lower=InterfaceName("eth1"), learning=False, ttl=9)
    after = carried_out(kernel, ChangeDevice(changed), SetMtu(VX1, 1300))
    assert after == replace(before, device=replace(changed, mtu=1300))
    assert carried_out(kernel, ChangeDevice(PLAIN)) == replace(before, device=replace(PLAIN, ttl=0, mtu=1300))


def test_the_local_address_changes_in_place_but_not_its_version(kernel: RealKernel) -> None:
    carried_out(kernel, AddLink(FULL), SetMark(VX1, Mark("net")))
    other = replace(FULL, local=ip_address("fd00::7"))
    assert carried_out(kernel, ChangeDevice(other)).device == other
    complaints, netns = kernel.apply([ChangeDevice(replace(FULL, local=ip_address("10.244.1.2")))])
    assert "family" in complaints
    assert netns.by_name[VX1].device == other


def test_one_wire_is_given_to_one_link(kernel: RealKernel) -> None:
    carried_out(kernel, AddLink(PLAIN), SetMark(VX1, Mark("net")))
    same = replace(PLAIN, name=InterfaceName("vx2"), lower=InterfaceName("eth1"))
    complaints, netns = kernel.apply([AddLink(same)])
    assert "VNI already exists" in complaints
    assert "vx2" not in netns.foreign.links
    over_six = replace(same, local=ip_address("fd00::1"))
    assert kernel.apply([AddLink(over_six)])[0] == ""


def test_the_ancestors_route_is_taken_over(kernel: RealKernel) -> None:
    carried_out(kernel, AddLink(PLAIN), SetMark(VX1, Mark("net")), AddAddress(VX1, FOUR), AddAddress(VX1, SIX), SetUp(VX1))
    for route in (ROUTE_4, ROUTE_6):
        kernel.namespace.run("ip", "route", "add", str(route.subnet), "via", str(route.gateway), "dev", VX1)
    assert kernel.apply([])[1].by_name[VX1].routes == frozenset()
    assert not {ROUTE_4.subnet, ROUTE_6.subnet} & kernel.apply([])[1].foreign.routes.keys()
    link = carried_out(kernel, ReplaceRoute(VX1, ROUTE_4), ReplaceRoute(VX1, ROUTE_6))
    assert link.routes == {ROUTE_4, ROUTE_6}


def test_a_link_that_is_made_anew_keeps_what_neighbours_know_and_what_others_put_there(kernel: RealKernel) -> None:
    mark = Mark("net", frozenset({FOUR}), True)
    want = Link(PLAIN, mark, True, mark.addresses)
    carried_out(kernel, AddLink(PLAIN), SetMark(VX1, mark), AddAddress(VX1, FOUR), SetUp(VX1))
    for words in (
        "addr add 10.9.0.9/24 dev vx1",
        "addr add fe80::99/64 dev vx1",
        "route add 10.50.0.0/16 via 10.9.0.1 dev vx1 proto 186",
        "route add 10.51.0.0/16 dev vx1 proto 187 metric 20",
        "route add 10.52.0.0/16 via 10.1.0.7 dev vx1",
        "route add fd50::/64 via fe80::5 dev vx1 proto 186",
        "route add 10.53.0.0/16 via 10.1.0.7 dev vx1 proto 186 src 10.9.0.9",
    ):
        kernel.namespace.run("ip", *words.split())
    before = kernel.apply([])[1]
    link_local = kernel.namespace.run("ip", "-6", "-br", "addr", "show", "dev", VX1)
    steps = plan(Netns((replace(want, device=replace(PLAIN, vni=Vni(201))),)), before).steps
    assert isinstance(steps[0], DeleteLink)
    complaints, after = kernel.apply(steps)
    assert complaints == ""
    was, now = before.by_name[VX1], after.by_name[VX1]
    assert (now.device.vni, len(now.other_routes)) == (201, 4)
    assert (now.mac, set(now.others), now.other_routes) == (was.mac, set(was.others), was.other_routes)
    assert sorted(kernel.namespace.run("ip", "-6", "-br", "addr", "show", "dev", VX1).split()) == sorted(link_local.split())
    assert before.foreign.routes.keys() - after.foreign.routes.keys() == {ip_network("10.53.0.0/16")}  # has more to it


def test_the_longest_alias_fits(kernel: RealKernel) -> None:
    addresses = frozenset(ip_interface(f"fd00:1111:2222:3333:4444:5555:6666:777{number}/128") for number in range(4))
    mark = Mark("n" * 64, addresses, False)
    assert carried_out(kernel, AddLink(PLAIN), SetMark(VX1, mark)).mark == mark


def test_a_digest_is_what_md5sum_says_of_the_lines(kernel: RealKernel) -> None:
    to = [ip_address(f"10.244.{number}.{number}") for number in range(200)]
    link = carried_out(kernel, AddLink(PLAIN), SetMark(VX1, Mark("net")), *(AppendDestination(VX1, one) for one in to))
    told = kernel.namespace.run(
        "sh", "-c", f"bridge fdb show dev {VX1} | LC_ALL=C awk '{{print $1, $3}}' | LC_ALL=C sort | md5sum"
    )
    assert digest(link.destinations) == told.split()[0]


def test_a_link_over_a_device_that_is_not_there_keeps_no_other_from_being_made(kernel: RealKernel) -> None:
    missing = Link(replace(PLAIN, name=InterfaceName("vx0"), vni=Vni(7), lower=InterfaceName("tun0")), Mark("a"))
    want = Netns((missing, Link(PLAIN, Mark("b", raised=True), True)))
    planned = plan(want, kernel.apply([])[1])
    assert [(fault.code, fault.network) for fault in planned.faults] == [("no-device", "a")]
    complaints, there = kernel.apply(planned.steps)
    assert (complaints, set(there.by_name)) == ("", {VX1})
    kernel.namespace.run("ip", "link", "add", "tun0", "type", "veth", "peer", "name", "tun1")
    complaints, there = kernel.apply(plan(want, kernel.apply([])[1]).steps)
    assert (complaints, set(there.by_name)) == ("", {"vx0", VX1})
    gone = replace(missing, device=replace(missing.device, lower=InterfaceName("tun9")))
    planned = plan(Netns((gone, *want.links[1:])), there)
    assert ([fault.code for fault in planned.faults], planned.steps) == (["no-device"], ())


def test_iproute2_ends_its_batch_where_a_lower_device_is_not_there(kernel: RealKernel) -> None:
    carried_out(kernel, AddLink(PLAIN), SetMark(VX1, Mark("net")))
    for step in (AddLink(replace(PLAIN, name=InterfaceName("vx0"))), ChangeDevice(PLAIN)):
        nowhere = replace(step, device=replace(step.device, lower=InterfaceName("tun0")))
        complaints, there = kernel.apply([nowhere, SetMark(VX1, Mark("other"))])
        assert "tun0" in complaints
        assert there.by_name[VX1].mark == Mark("net")


def test_entries_with_more_to_them_than_a_destination_are_seen_and_go(kernel: RealKernel) -> None:
    peer, other = ip_address("10.244.0.1"), ip_address("10.244.0.9")
    carried_out(kernel, AddLink(PLAIN), SetMark(VX1, Mark("net", raised=True)), SetUp(VX1))
    for words in ("10.244.0.1 port 4789", "10.244.0.9 via eth0", "10.244.0.9 vni 7", "10.244.0.9 port 1 vni 7 via eth1"):
        kernel.namespace.run("bridge", "fdb", "append", ZERO_MAC, "dst", *words.split(), "dev", VX1, "self", "permanent")
    there = kernel.apply([])[1]
    assert (len(there.by_name[VX1].destinations), len(there.by_name[VX1].strays)) == (0, 4)
    complaints, after = kernel.apply([DeleteEntry(VX1, Entry(ZERO_MAC, other))])
    assert (complaints, after) == ("", there), "without a word, and nothing is done"
    want = Netns((Link(PLAIN, Mark("net", raised=True), True, destinations=Destinations.of([peer])),))
    complaints, after = kernel.apply(plan(want, there).steps)
    assert complaints == ""
    assert (set(after.by_name[VX1].destinations), after.by_name[VX1].strays) == ({peer}, frozenset())
    assert kernel.namespace.run("bridge", "fdb", "show", "dev", VX1).split() == [
        ZERO_MAC,
        "dst",
        str(peer),
        "self",
        "permanent",
    ]


def test_an_entry_through_a_device_that_is_gone_can_be_removed_by_nobody_and_is_not_tried(kernel: RealKernel) -> None:
    want = Netns((carried_out(kernel, AddLink(PLAIN), SetMark(VX1, Mark("net")), SetUp(VX1)),))
    words = f"fdb append {ZERO_MAC} dst 10.244.0.9 via eth1 dev {VX1} self permanent"
    kernel.namespace.run("bridge", *words.split())
    kernel.namespace.run("ip", "link", "del", "dev", "eth1")
    assert "via if" in kernel.namespace.run("bridge", "fdb", "show", "dev", VX1)
    assert plan(want, kernel.apply([])[1]).steps == ()


@pytest.mark.parametrize("where", ["remote 10.244.0.9", "group 239.1.1.1", "remote fd00::9", "group ff05::9"])
def test_a_link_that_leads_somewhere_by_itself_is_in_the_way(kernel: RealKernel, where: str) -> None:
    line = f"link add name {VX1} type vxlan id {PLAIN.vni} dev eth0 dstport {PLAIN.port} {where}"
    kernel.namespace.run("ip", *line.split())
    there = kernel.apply([])[1]
    six = ip_address("fd00::1") if ":" in where else None
    planned = plan(Netns((Link(replace(PLAIN, local=six), Mark("net")),)), there)
    assert ([fault.code for fault in planned.faults], planned.steps) == (["link-in-the-way"], ())
    kernel.namespace.run("ip", "link", "set", "dev", VX1, "alias", "kvc1/net/down")
    there = kernel.apply([])[1]
    assert len(there.by_name[VX1].strays) == 1, "one of ours that somebody made so loses the entry"
    complaints, after = kernel.apply(plan(Netns((Link(there.by_name[VX1].device, Mark("net")),)), there).steps)
    assert (complaints, after.by_name[VX1].strays) == ("", frozenset())
