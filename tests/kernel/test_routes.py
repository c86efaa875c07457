import json
from ipaddress import ip_address, ip_interface, ip_network

from kube_vxlan_controller.kernel.netns import ForeignRoute, Link, Mark
from kube_vxlan_controller.kernel.routes import Routes, read_routes
from kube_vxlan_controller.model import InterfaceName, Route
from tests.kernel.steps import PLAIN, VX1

LINK = Link(PLAIN, Mark("net"), True, frozenset({ip_interface("10.1.0.1/24")}), others=(ip_interface("10.9.0.1/24"),))
ETH0 = InterfaceName("eth0")


def read(four: list[dict[str, object]], six: list[dict[str, object]]) -> Routes:
    """The routes of a namespace with one link of ours, those of IPv6 with the preference that they all have."""
    printed = [*four, *({"pref": "medium", **route} for route in six)]
    return read_routes(json.dumps(printed) + "\n", {VX1: LINK, ETH0: None}, {})


def test_routes_are_ours_by_their_protocol_and_their_link() -> None:
    found = read(
        [
            {"dst": "172.16.0.0/16", "gateway": "10.1.0.100", "dev": "vx1", "protocol": "86", "flags": []},
            {"dst": "172.17.0.1", "gateway": "10.1.0.100", "dev": "vx1", "flags": []},
            {"dst": "10.1.0.0/24", "dev": "vx1", "protocol": "2", "scope": "253"},
            {"dst": "10.9.0.2", "dev": "vx1", "protocol": "2", "scope": "253"},
            {"dst": "172.18.0.0/16", "gateway": "10.1.0.100", "dev": "vx1", "protocol": "186", "metric": 20},
            {"dst": "172.19.0.0/16", "gateway": "10.244.0.1", "dev": "eth0", "protocol": "86"},
            {"dst": "172.20.0.0/16", "nexthops": [{"gateway": "10.1.0.100", "dev": "vx1"}], "protocol": "86"},
            {"type": "6", "dst": "172.21.0.0/16", "dev": "vx1", "gateway": "10.1.0.1"},
            {"dst": "default", "gateway": "10.244.0.1", "dev": "eth0"},
        ],
        [
            {"dst": "fd10::/64", "gateway": "fd02::64", "dev": "vx1", "protocol": "86", "metric": 1024},
            {"dst": "default", "gateway": "fe80::1", "dev": "eth0", "protocol": "9"},
        ],
    )
    assert found.ours == {
        VX1: [
            Route(ip_network("172.16.0.0/16"), ip_address("10.1.0.100")),
            Route(ip_network("fd10::/64"), ip_address("fd02::64")),
        ]
    }
    assert {str(subnet): protocol for subnet, protocol in found.foreign.items()} == {
        "10.9.0.2/32": "2",
        "172.18.0.0/16": "186",
        "172.19.0.0/16": "86",
        "172.20.0.0/16": "86",
        "172.21.0.0/16": "3",
        "0.0.0.0/0": "3",
        "::/0": "9",
    }


def test_routes_of_other_tables_do_not_matter() -> None:
    mine: dict[str, object] = {"dst": "172.16.0.0/16", "gateway": "10.1.0.100", "dev": "vx1", "protocol": "86", "flags": []}
    others = [mine | {"table": "100"}, {"type": "2", "dst": "10.1.0.1", "dev": "vx1", "table": "255", "protocol": "2"}]
    assert read(others, [{"dst": "default", "dev": "vx1", "table": "7"}]) == read([], [])


def test_routes_of_others_over_our_link_are_told_if_they_are_simple() -> None:
    plain: dict[str, object] = {"dst": "172.16.0.0/16", "gateway": "10.1.0.100", "dev": "vx1", "protocol": "186", "flags": []}
    direct = {"dst": "172.17.0.1", "dev": "vx1", "scope": "253", "metric": 20, "flags": []}
    six = {
        "dst": "fd10::/64",
        "gateway": "fe80::5",
        "dev": "vx1",
        "protocol": "11",
        "metric": 1024,
        "flags": [],
        "pref": "medium",
    }
    fancy: list[dict[str, object]] = [
        plain | {"prefsrc": "10.1.0.1"},
        plain | {"flags": ["onlink"]},
        plain | {"nexthops": [{"gateway": "10.1.0.100", "dev": "vx1"}]},
        plain | {"encap": "mpls"},
        plain | {"gateway": "fe80::1%vx1"},
        plain | {"type": "blackhole"},
        plain | {"dst": "default"},
        plain | {"protocol": "2"},
        plain | {"protocol": "bgp"},
        plain | {"dev": "eth0"},
        direct | {"scope": "254"},
        direct | {"protocol": "86"},
    ]
    found = read([plain, direct, *fancy], [six, six | {"pref": "high"}, six | {"expires": 60}, six | {"scope": "253"}])
    assert found.others == {
        VX1: [
            ForeignRoute(ip_network("172.16.0.0/16"), ip_address("10.1.0.100"), 186),
            ForeignRoute(ip_network("172.17.0.1/32"), None, 3, 20),
            ForeignRoute(ip_network("fd10::/64"), ip_address("fe80::5"), 11, 1024),
        ]
    }


def test_a_route_of_mpls_is_nobodys() -> None:
    labels = [
        {"dst": "100", "as": "200", "via": {"family": "inet", "host": "10.244.0.1"}, "dev": "eth0", "protocol": "186"},
        {"dst": "100/200", "via": {"family": "inet6", "host": "fe80::1"}, "dev": "vx1", "protocol": "86", "flags": []},
        {"dst": "16", "dev": "vx1", "flags": []},
    ]
    plain = {"dst": "172.16.0.0/16", "gateway": "10.1.0.100", "dev": "vx1", "protocol": "86", "flags": []}
    found = read([*labels, plain], [])
    assert found == read([plain], [])
    assert found.ours == {VX1: [Route(ip_network("172.16.0.0/16"), ip_address("10.1.0.100"))]}
