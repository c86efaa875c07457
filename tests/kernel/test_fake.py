"""The fake kernel is held to the real one: the same generated deeds and plans on both, and the same to be read afterwards."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Interface, IPv4Network

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kube_vxlan_controller.kernel.netns import Device, ForeignRoute, Link, Mark, Netns
from kube_vxlan_controller.kernel.plan import plan
from kube_vxlan_controller.kernel.steps import AddAddress, RestoreRoute
from kube_vxlan_controller.model import Hold, InterfaceName, UdpPort, Vni
from tests.kernel.fake import Deed, FakeKernel, OtherRoute
from tests.kernel.real import RealKernel
from tests.kernel.worlds import FEW_DEEDS, NAMES, SOME_DEEDS, TUN, holds, wishes, without_held
from tests.namespaces import pod_namespace

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def real() -> Iterator[RealKernel]:
    with pod_namespace() as namespace:
        namespace.run("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "peer1")
        namespace.run("ip", "link", "set", "eth1", "up")
        namespace.run("ip", "link", "set", "peer1", "up")
        yield RealKernel(namespace)


def one_link(*addresses: str) -> Netns:
    """A link of ours with these addresses, up."""
    ours = frozenset(map(IPv4Interface, addresses))
    device = Device(InterfaceName("vx0"), Vni(101), UdpPort(8472), InterfaceName("eth0"))
    return Netns((Link(device, Mark("net-0", ours, raised=True), up=True, addresses=ours),))


A_ROUTE_STAYS = (
    AddAddress(InterfaceName("vx0"), IPv4Interface("10.0.0.9/24")),
    OtherRoute(InterfaceName("vx0"), ForeignRoute(IPv4Network("172.16.0.0/24"), None, 4)),
)
"""Of somebody else. Where secondaries are promoted, the route stays when the address goes that was there before these."""


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@example(True, one_link("10.0.0.1/24"), one_link(), Hold(), ([], [*A_ROUTE_STAYS]))
@given(st.booleans(), wishes(), wishes(), holds(False), st.tuples(FEW_DEEDS, SOME_DEEDS))
def test_the_fake_kernel_does_as_the_real_one(
    real: RealKernel, promotes: bool, first: Netns, second: Netns, hold: Hold, others: tuple[list[Deed], list[Deed]]
) -> None:
    fake = FakeKernel(promotes)
    real.reset(promotes)
    act_on_both(fake, real, others[0])
    act_on_both(fake, real, plan(first, fake.read()).steps)
    act_on_both(fake, real, others[1])
    for _ in range(2):
        want = without_held(second, hold)
        steps = plan(want, fake.read(), hold).steps
        refused, complaints = act_on_both(fake, real, steps)
        # Nobody can tell which routes stay where secondaries are promoted; what has stayed need not be put back.
        assert all(promotes and isinstance(step, RestoreRoute) for step in refused), (refused, complaints)
        assert bool(complaints) == bool(refused)
        hold = Hold()


def act_on_both(fake: FakeKernel, real: RealKernel, doings: Sequence[Deed]) -> tuple[list[Deed], str]:
    """The same on both, after which both must read the same; returns what the fake refused, and what iproute2 said."""
    refused = fake.apply(doings)
    complaints, there = real.apply(doings)
    assert seen(there) == seen(fake.read())
    return refused, complaints


def seen(netns: Netns) -> list[object]:
    """What can be compared: without the links that only one of them has, connected routes, and the order of addresses."""
    foreign = {name: link and plain(link) for name, link in netns.foreign.links.items() if name in (*NAMES, TUN)}
    routes = {subnet: protocol for subnet, protocol in netns.foreign.routes.items() if protocol != "2"}
    aliases = {name: alias for name, alias in netns.foreign.aliases.items() if name in (*NAMES, TUN)}
    return [{link.name: plain(link) for link in netns.links}, foreign, aliases, routes]


def plain(link: Link) -> tuple[object, ...]:
    """A link without what differs from run to run."""
    return (
        link.device,
        link.mark,
        link.up,
        link.addresses,
        link.routes,
        frozenset(link.destinations),
        link.strays,
        link.learned,
        frozenset(link.others),
        link.secondary,
        link.other_routes,
    )
