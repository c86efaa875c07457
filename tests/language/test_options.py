"""The table: its rows, and how options print."""

from dataclasses import fields, replace
from ipaddress import ip_address, ip_interface, ip_network

from kube_vxlan_controller.language.options import TABLE, describe
from kube_vxlan_controller.model import Family, InterfaceName, Namespace, Options, Route, UdpPort, Vni

PLAIN = Options(id=Vni(101), name=InterfaceName("vxeth0"))


def test_the_table_and_the_model_have_the_same_options() -> None:
    assert sorted(row.name for row in TABLE) == sorted(field.name for field in fields(Options))


def test_every_row_says_what_it_means() -> None:
    for row in TABLE:
        assert row.meaning.endswith(".")
        assert row.form
        assert row.default or row.name == "id"


def test_the_net_line_is_the_ancestors() -> None:
    route = Route(ip_network("192.168.12.0/29"), ip_address("192.168.11.1"))
    assert describe(replace(PLAIN, up=True, ip=(ip_interface("192.168.11.2/29"),), route=(route,))) == (
        "dev:eth0 id:101 ip:192.168.11.2/29 name:vxeth0 route:192.168.12.0/29:192.168.11.1 type:vxlan up:true"
    )
    assert describe(PLAIN) == "dev:eth0 id:101 name:vxeth0 type:vxlan"


def test_the_net_line_shows_new_options_only_when_set() -> None:
    more = replace(
        PLAIN,
        ip=(ip_interface("10.1.0.1/24"), ip_interface("fd00::1/64")),
        mtu=1400,
        learning=False,
        ttl=9,
        family=Family.IPV6,
        port=UdpPort(4789),
        namespaces=frozenset({Namespace("b"), Namespace("a")}),
    )
    assert describe(more) == (
        "dev:eth0 family:ipv6 id:101 ip:10.1.0.1/24 ip:fd00::1/64 learning:false mtu:1400 name:vxeth0 namespaces:a,b port:4789 "
        "ttl:9 type:vxlan"
    )
