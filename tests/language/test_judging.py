"""How options are judged one by one, and how they merge."""

from ipaddress import ip_interface, ip_network

import pytest

from kube_vxlan_controller.language.annotation import parse, parse_definition
from kube_vxlan_controller.language.judging import Judged, judge, merge, options
from kube_vxlan_controller.model import Family, InterfaceName, NetworkName, Options, Vni

NET = NetworkName("vxeth0")


def annotated(text: str) -> Judged:
    """The options of an annotation with one network."""
    (request,) = parse(f"{NET} {text}").requests
    return judge(request.options, NET)


def configured(text: str) -> Judged:
    """The options of a network's value in the ConfigMap."""
    return judge(parse_definition(text).options, NET, in_configmap=True)


def merged(configmap: str, annotation: str) -> Options:
    """The merge of both."""
    below, above = configured(configmap), annotated(annotation)
    assert below.faults == above.faults == ()
    return options(merge(NET, below.settings, above.settings))


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("foo=bar", "unknown-option", 8),
        ("Ip=10.1.0.1/24", "unknown-option", 8),
        ("=x", "no-option-name", 8),
        ("=", "no-option-name", 8),
        ("a==b", "unknown-option", 8),
        ("id=", "invalid-id", 8),
        ("id", "invalid-id", 8),
        ("id=true", "invalid-id", 11),
        ("id= 5", "invalid-id", 8),
        ("id = 5", "no-option-name", 11),
        ("id=5 id=6", "repeated-option", 13),
        ("id=5 id=5", "repeated-option", 13),
        ("up up", "repeated-option", 11),
        ("up=x", "invalid-flag", 11),
        ("up=", "invalid-up", 8),
        ("ip", "invalid-ip", 8),
        ("ip=", "invalid-ip", 8),
        ("ip=10.1.0.1/24 ip=10.1.0.1/255.255.255.0", "repeated-option", 23),
        ("ip=false ip=10.1.0.1/24", "repeated-option", 17),
        ("ip=10.1.0.1/24 ip=false", "repeated-option", 23),
        ("ip=10.1.0.1/24 ip=10.1.0.2/24 ip=10.1.0.3/24 ip=10.1.0.4/24 ip=10.1.0.5/24", "repeated-option", 68),
        ("route=10.2.0.0/24:10.1.0.2 route=10.2.0.0/24:10.1.0.2", "repeated-option", 35),
        ("name=", "invalid-name", 8),
        ("name=eth0", "reserved-name", 13),
        ("dev=lo", "invalid-dev", 12),
        ("type=", "invalid-type", 8),
        ("type=veth", "invalid-type", 13),
        ("mtu=1", "invalid-mtu", 12),
        ("port=x", "invalid-port", 13),
        ("ttl=0", "invalid-ttl", 12),
        ("learning=no", "invalid-flag", 17),
        ("family=4", "invalid-family", 15),
        ("namespaces=default", "misplaced-option", 8),
        ("name=false", "", 0),
    ],
)
def test_one_mistake_is_one_fault(text: str, code: str, column: int) -> None:
    faults = annotated(text).faults
    if not code:
        assert faults == ()
        return
    (fault,) = faults
    assert fault.where is not None
    assert (fault.code, fault.where.column, fault.network) == (code, column, NET)
    assert fault.hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Ip=10.1.0.1/24", "did you mean `ip`?"),
        ("rout=x", "did you mean `route`?"),
        ("learn", "did you mean `learning`?"),
        ("vxeth1", "if it is a network, put a comma before it"),
        ("zzz=1", "the options are `id`"),
    ],
)
def test_an_unknown_option_comes_with_the_nearest(text: str, hint: str) -> None:
    (fault,) = annotated(text).faults
    assert fault.hint.startswith(hint)


def test_namespaces_are_told_in_the_configmap_only() -> None:
    judged = configured("id=1 namespaces=b,a")
    assert judged.faults == ()
    assert judged.settings["namespaces"].value == {"a", "b"}
    (fault,) = annotated("zzz=1").faults
    assert "namespaces" not in fault.hint


def test_what_is_right_beside_a_mistake_is_judged_as_well() -> None:
    judged = annotated("id=7 foo up ip=1 mtu=1400 route=x")
    assert [fault.code for fault in judged.faults] == ["unknown-option", "invalid-ip", "invalid-route"]
    assert sorted(judged.settings) == ["id", "mtu", "up"]


@pytest.mark.parametrize(
    ("configmap", "annotation", "expected"),
    [
        ("id=1", "", {}),
        ("id=1 up dev=tun0", "", {"up": True, "dev": "tun0"}),
        ("id=1 up dev=tun0", "dev=eth1 up=false", {"dev": "eth1"}),
        ("id=1", "id=2 up", {"id": 2, "up": True}),
        ("", "id=2", {"id": 2}),
        ("id=1 name=a1", "", {"name": "a1"}),
        ("id=1 name=a1", "name=b1", {"name": "b1"}),
        ("id=1 ip=10.1.0.1/24", "", {"ip": (ip_interface("10.1.0.1/24"),)}),
        ("id=1 ip=10.1.0.1/24", "ip=10.1.0.2/24", {"ip": (ip_interface("10.1.0.2/24"),)}),
        ("id=1 ip=10.1.0.1/24", "ip=false", {}),
        ("id=1 ip=false", "ip=10.1.0.2/24", {"ip": (ip_interface("10.1.0.2/24"),)}),
        ("id=1", "ip=10.1.0.2/24 ip=fd00::1/64", {"ip": (ip_interface("10.1.0.2/24"), ip_interface("fd00::1/64"))}),
        ("id=1 route=10.2.0.0/24:10.1.0.9", "route=false", {}),
        ("id=1 mtu=1400 ttl=5", "mtu=false ttl=false", {}),
        ("id=1 mtu=1400 ttl=5", "", {"mtu": 1400, "ttl": 5}),
        ("id=1 port=4789", "port=0", {}),
        ("id=1 learning=false", "learning", {}),
        ("id=1 learning=false family=ipv6", "", {"learning": False, "family": Family.IPV6}),
    ],
)
def test_the_annotation_goes_over_the_configmap_over_the_defaults(
    configmap: str, annotation: str, expected: dict[str, object]
) -> None:
    assert merged(configmap, annotation) == Options(**({"id": Vni(1), "name": InterfaceName(NET)} | expected))  # type: ignore[arg-type]


def test_routes_are_typed() -> None:
    (route,) = merged("id=1", "route=10.2.0.0/24:10.1.0.2").route
    assert route.subnet == ip_network("10.2.0.0/24")
