"""Who should reach whom, by hand."""

from ipaddress import ip_address, ip_interface, ip_network

import pytest

from kube_vxlan_controller.cli.reach import pings
from kube_vxlan_controller.model import (
    InterfaceName,
    Member,
    Namespace,
    NetworkName,
    Options,
    Place,
    PodName,
    PodUid,
    Route,
    Vni,
)


def member(pod: str, network: str, ip: str = "", route: str = "", *, up: bool = True) -> Member:
    subnet, _, gateway = route.partition(" via ")
    options = Options(
        id=Vni(int(network[-1]) + 100),
        name=InterfaceName(network),
        up=up,
        ip=(ip_interface(ip),) if ip else (),
        route=(Route(ip_network(subnet), ip_address(gateway)),) if route else (),
    )
    place = Place(Namespace("default"), PodName(pod), PodUid(f"uid-{pod}"))
    return Member(place, NetworkName(network), ip_address("10.244.1.2"), options)


A = member("a", "net1", "192.168.11.2/29", "192.168.12.0/29 via 192.168.11.1")
B = member("b", "net2", "192.168.12.2/29", "192.168.11.0/29 via 192.168.12.1")
GW1, GW2 = member("gw", "net1", "192.168.11.1/29"), member("gw", "net2", "192.168.12.1/29")


def told(*members: Member, most: int = 3) -> list[str]:
    return [f"{ping.source.name}->{ping.target}{' routed' * ping.routed}" for ping in pings(members, most)]


def test_the_example() -> None:
    assert told(A, B, GW1, GW2) == [
        "a->192.168.12.2 routed",
        "a->192.168.12.1 routed",
        "b->192.168.11.2 routed",
        "b->192.168.11.1 routed",
        "a->192.168.11.1",
        "b->192.168.12.1",
        "gw->192.168.11.2",
        "gw->192.168.12.2",
    ]


@pytest.mark.parametrize(
    "members",
    [
        (),
        (member("a", "net1", "10.0.0.1/24"),),
        (member("a", "net1", "10.0.0.1/24"), member("b", "net1")),
        (member("a", "net1", "10.0.0.1/24"), member("b", "net2", "10.0.0.2/24")),
        (member("a", "net1", "10.0.0.1/24"), member("b", "net1", "10.0.1.2/24")),
        (member("a", "net1", "10.0.0.1/24"), member("b", "net1", "10.0.0.2/24", up=False)),
    ],
)
def test_nobody_reaches_nobody(members: tuple[Member, ...]) -> None:
    assert told(*members) == []


def test_there_is_a_limit_per_pod_and_subnet() -> None:
    many = [member(f"p{number}", "net1", f"10.0.0.{number}/24") for number in range(1, 11)]
    assert len(told(*many, most=3)) == 30
