"""What the networks of one pod may not do to each other, nor to the pod."""

from ipaddress import ip_address

import pytest

from kube_vxlan_controller.language.resolving import Resolved, resolve
from kube_vxlan_controller.model import Address, Namespace, Scope
from kube_vxlan_controller.sources.networks import read_networks
from kube_vxlan_controller.views import ConfigView
from tests.namespaces import namespace

NETWORKS = read_networks(
    ConfigView(
        (
            ("flat", "id=9"),
            ("other", "id=12 port=4789 up"),
            ("routed", "id=13 up ip=10.13.0.1/24 route=10.99.0.0/24:10.98.0.1"),
            ("vxeth1", "id=1 up"),
            ("vxeth2", "id=2 up"),
        )
    )
)


def read(text: str, *underlay: str) -> Resolved:
    """A pod's text; its own addresses."""
    addresses: tuple[Address, ...] = tuple(map(ip_address, underlay or ("10.244.1.2",)))
    return resolve(text, NETWORKS, Namespace("default"), addresses)


def routes(resolved: Resolved) -> dict[str, list[str]]:
    """What is to be programmed, by network."""
    return {network: [str(route) for route in merged.route] for network, merged in resolved.networks if merged.route}


@pytest.mark.parametrize(
    ("text", "code", "scope", "column", "left"),
    [
        ("vxeth1 name=x1, vxeth2 name=x1", "name-clash", Scope.POD, 24, []),
        ("vxeth1, vxeth2 name=vxeth1", "name-clash", Scope.POD, 16, []),
        ("vxeth1 dev=vxeth1", "nested-network", Scope.NETWORK, 8, []),
        ("vxeth1, vxeth2 dev=vxeth1", "nested-network", Scope.NETWORK, 16, ["vxeth1"]),
        ("vxeth1 ip=10.244.1.2/24", "underlay-overlap", Scope.NETWORK, 8, []),
        ("vxeth1 ip=10.1.0.1/24 ip=10.244.1.77/24", "underlay-overlap", Scope.NETWORK, 23, []),
        ("vxeth1 ip=fd00::1/64 mtu=1279", "invalid-mtu", Scope.NETWORK, 22, []),
        ("vxeth1 mtu=1279 ip=10.1.0.1/24 ip=fd00::1/64", "invalid-mtu", Scope.NETWORK, 8, []),
        ("vxeth1 ip=10.1.0.1/24 route=10.2.0.0/24:10.3.0.1", "unreachable-gateway", Scope.PART, 23, ["vxeth1"]),
        ("vxeth1 route=10.2.0.0/24:10.3.0.1", "unreachable-gateway", Scope.PART, 8, ["vxeth1"]),
        ("vxeth1 ip=10.1.0.1/24 route=10.2.0.0/24:10.1.0.255", "unreachable-gateway", Scope.PART, 23, ["vxeth1"]),
        ("vxeth1 ip=10.1.0.1/24 route=10.1.0.0/24:10.1.0.2", "route-overlap", Scope.PART, 23, ["vxeth1"]),
    ],
)
def test_what_is_in_the_way(text: str, code: str, scope: Scope, column: int, left: list[str]) -> None:
    resolved = read(text)
    (fault,) = resolved.faults
    assert fault.where is not None
    assert (fault.code, fault.scope, fault.where.column) == (code, scope, column)
    assert fault.hint
    assert [network for network, _ in resolved.networks] == left
    assert routes(resolved) == {}


@pytest.mark.parametrize(
    "text",
    [
        "vxeth1, other id=1",
        "vxeth1 ip=10.1.0.1/24, vxeth2 ip=10.2.0.1/24",
        "vxeth1 ip=fd00::1/64 mtu=1280",
        "vxeth1 ip=10.1.0.1/24 mtu=576",
        "vxeth1 mtu=1280 route=fd00:9::/64:fe80::1",
        "vxeth1 dev=tun0",
    ],
)
def test_what_fits(text: str) -> None:
    resolved = read(text)
    assert resolved.faults == resolved.warnings == ()
    assert resolved.networks


@pytest.mark.parametrize(
    ("text", "columns"), [("vxeth1, vxeth2 id=1, other", (1, 16)), ("vxeth1 id=2, other, vxeth2", (8, 21))]
)
def test_of_two_networks_with_one_id_nobody_can_tell_which_is_wrong(text: str, columns: tuple[int, int]) -> None:
    resolved = read(text)
    assert [(fault.code, fault.network) for fault in resolved.faults] == [("id-clash", "vxeth1"), ("id-clash", "vxeth2")]
    assert tuple(fault.where.column for fault in resolved.faults if fault.where) == columns
    assert ["`vxeth2`" in resolved.faults[0].message, "`vxeth1`" in resolved.faults[1].message] == [True, True]
    assert [network for network, _ in resolved.networks] == ["other"]


def test_one_bad_route_leaves_the_others() -> None:
    resolved = read("vxeth1 ip=10.1.0.1/24 route=10.2.0.0/24:10.1.0.2 route=10.3.0.0/24:10.9.0.2 route=10.4.0.0/24:10.1.0.2")
    assert [(fault.code, fault.scope) for fault in resolved.faults] == [("unreachable-gateway", Scope.PART)]
    assert routes(resolved) == {"vxeth1": ["10.2.0.0/24:10.1.0.2", "10.4.0.0/24:10.1.0.2"]}


def test_overlapping_routes_of_two_networks_are_the_firsts() -> None:
    text = "vxeth1 ip=10.1.0.1/24 route=10.8.0.0/16:10.1.0.2\nvxeth2 ip=10.2.0.1/24 route=10.8.1.0/24:10.2.0.2"
    resolved = read(text)
    (fault,) = resolved.faults
    assert fault.where is not None
    assert (fault.code, fault.network, fault.where.line) == ("route-overlap", "vxeth2", 2)
    assert routes(resolved) == {"vxeth1": ["10.8.0.0/16:10.1.0.2"]}


def test_nested_routes_of_one_network_are_right() -> None:
    resolved = read("vxeth1 ip=10.1.0.1/24 route=10.8.0.0/16:10.1.0.2 route=10.8.1.0/24:10.1.0.3")
    assert resolved.faults == ()
    assert len(routes(resolved)["vxeth1"]) == 2


def test_a_gateway_needs_no_route_through_itself() -> None:
    resolved = read("vxeth1 ip=10.1.0.1/24 route=10.2.0.0/24:10.1.0.1")
    assert resolved.faults == ()
    assert routes(resolved) == {}
    assert [warning.code for warning in resolved.warnings] == ["own-gateway"]


def test_a_route_goes_where_its_gateway_is() -> None:
    resolved = read("vxeth1 ip=10.1.0.1/24 route=10.8.0.0/16:10.2.0.2, vxeth2 ip=10.2.0.1/24")
    assert resolved.faults == ()
    assert routes(resolved) == {"vxeth2": ["10.8.0.0/16:10.2.0.2"]}
    assert [(warning.code, warning.network) for warning in resolved.warnings] == [("route-elsewhere", "vxeth1")]


def test_a_link_local_gateway_needs_no_subnet() -> None:
    resolved = read("vxeth1 route=fd00:2::/64:fe80::1")
    assert resolved.faults == ()
    assert routes(resolved) == {"vxeth1": ["fd00:2::/64:fe80::1"]}


def test_a_gateway_that_an_unreadable_network_may_have_is_left_to_the_kernel() -> None:
    resolved = read("vxeth1 ip=10.1.0.1/24 route=10.8.0.0/16:10.2.0.2, vxeth2 ip=wrong")
    assert [fault.code for fault in resolved.faults] == ["invalid-ip"]
    assert routes(resolved) == {"vxeth1": ["10.8.0.0/16:10.2.0.2"]}


def test_a_route_over_a_link_that_is_down_is_told_and_not_programmed() -> None:
    resolved = read("flat ip=10.1.0.1/24 route=10.8.0.0/16:10.1.0.2")
    assert resolved.faults == ()
    assert routes(resolved) == {}
    assert [(warning.code, warning.network) for warning in resolved.warnings] == [("route-without-up", "flat")]


def test_a_fault_in_what_the_configmap_gives_stands_at_the_network() -> None:
    (fault,) = read("vxeth1\nrouted").faults
    assert fault.where is not None
    assert (fault.code, fault.where.line, fault.where.column) == ("unreachable-gateway", 2, 1)


def test_an_mtu_of_the_configmap_that_is_too_small_for_ipv6_can_be_mended_there() -> None:
    networks = read_networks(ConfigView((("narrow", "id=9 mtu=1000"),)))
    (fault,) = resolve("narrow ip=fd00::1/64", networks, None, ()).faults
    assert fault.where is not None
    assert (fault.code, fault.where.column) == ("invalid-mtu", 1)
    assert "1000" in fault.message
    assert "ConfigMap" in fault.hint
    assert resolve("narrow ip=fd00::1/64 mtu=1400", networks, None, ()).faults == ()


def test_a_route_over_ipv6_needs_its_mtu_as_well() -> None:
    resolved = read("vxeth1 mtu=1279 route=fd00:9::/64:fe80::1")
    assert [(fault.code, fault.where and fault.where.column) for fault in resolved.faults] == [("invalid-mtu", 8)]


def test_subnets_that_overlap_are_odd() -> None:
    resolved = read("vxeth1 ip=10.1.0.1/24 ip=10.1.0.2/24, vxeth2 ip=10.1.0.3/16")
    assert resolved.faults == ()
    assert [warning.code for warning in resolved.warnings] == ["subnets-overlap"]


def test_a_route_over_the_pods_own_address_is_odd() -> None:
    resolved = read("vxeth1 ip=10.1.0.1/24 route=10.0.0.0/8:10.1.0.2")
    assert [warning.code for warning in resolved.warnings] == ["route-over-underlay"]
    assert routes(resolved)


def test_what_is_not_known_is_not_judged() -> None:
    assert resolve("vxeth1 ip=10.244.1.2/24", NETWORKS, None, ()).faults == ()
    assert read("vxeth1 ip=fd00::9/64", "10.244.1.2", "fd00::5").faults[0].code == "underlay-overlap"


@pytest.mark.kernel
def test_the_kernel_refuses_what_we_call_a_fault() -> None:
    with namespace() as ns:
        for number, address in ((1, "10.1.0.1/24"), (2, "10.2.0.1/24")):
            ns.run("ip", "link", "add", "name", f"vxeth{number}", "type", "vxlan", "id", str(number), "dstport", "8472")
            ns.run("ip", "addr", "add", address, "dev", f"vxeth{number}")
            ns.run("ip", "link", "set", "dev", f"vxeth{number}", "up")

        def takes(*argv: str) -> bool:
            return "taken" in ns.run("sh", "-c", '"$@" && echo taken', "sh", *argv, check=False)

        def routes_to(gateway: str, link: str) -> bool:
            return takes("ip", "route", "replace", "10.9.0.0/24", "via", gateway, "dev", link)

        assert routes_to("10.1.0.2", "vxeth1")
        assert routes_to("10.2.0.2", "vxeth2")  # where a route of vxeth1 with this gateway is placed
        assert not routes_to("10.2.0.2", "vxeth1")
        for gateway in ("10.3.0.1", "10.1.0.255"):
            assert not routes_to(gateway, "vxeth1")
        assert not takes("ip", "link", "add", "name", "vxeth3", "type", "vxlan", "id", "1", "dstport", "8472")
        assert takes("ip", "link", "add", "name", "vxeth3", "type", "vxlan", "id", "1", "dstport", "4789")
        ns.run("ip", "link", "set", "dev", "vxeth1", "mtu", "1279")
        assert not takes("ip", "addr", "add", "fd00::1/64", "dev", "vxeth1")
        assert not takes("ip", "route", "add", "fd00:9::/64", "via", "fe80::1", "dev", "vxeth1")
        ns.run("ip", "link", "set", "dev", "vxeth1", "mtu", "1280")
        assert takes("ip", "addr", "add", "fd00::1/64", "dev", "vxeth1")
        assert takes("ip", "route", "add", "fd00:9::/64", "via", "fe80::1", "dev", "vxeth1")
