from ipaddress import ip_address, ip_interface, ip_network

import pytest

from kube_vxlan_controller.cli.render import USUAL, Field, Sight, addresses, config_lines, field_text, inspect_text, pod_line
from kube_vxlan_controller.model import InterfaceName, Member, NetworkName, Options, Route, Vni
from kube_vxlan_controller.ports import Reading
from kube_vxlan_controller.settings import choose
from tests.objects import place

ENTRY = "00:00:00:00:00:00 dst {} self permanent \n"
ADDRESSES = """\
4: vxeth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN group default qlen 1000
    link/ether 5a:03:79:8c:25:60 brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 68 maxmtu 65535 \n\
    vxlan id 101 dev eth0 srcport 0 0 dstport 8472 ttl auto ageing 300 udpcsum
    alias kvc1/vxeth1/192.168.11.2/29/up
    inet 192.168.11.2/29 scope global vxeth1
       valid_lft forever preferred_lft forever
    inet6 fd00:11::2/64 scope global nodad \n\
       valid_lft forever preferred_lft forever
    inet6 fe80::5803:79ff:fe8c:2560/64 scope link \n\
       valid_lft forever preferred_lft forever
"""
ROUTES = "192.168.11.0/29 proto kernel scope link src 192.168.11.2 \n192.168.12.0/29 via 192.168.11.1 proto 86 \n"


def member(name: str, underlay: str, ip: str, *routes: str) -> Member:
    options = Options(
        id=Vni(101),
        name=InterfaceName("vxeth1"),
        up=True,
        ip=(ip_interface(ip),),
        route=tuple(Route(ip_network(subnet), ip_address(gateway)) for subnet, gateway in (r.split() for r in routes)),
    )
    return Member(place(name), NetworkName("vxeth1"), ip_address(underlay), options)


A = member("a-5cd8c6ccb8-kkvwt", "10.234.98.195", "192.168.11.2/29", "192.168.12.0/29 192.168.11.1")
GW = member("gw-f87979b47-5p57h", "10.234.72.134", "192.168.11.1/29")


def test_inspect_prints_what_the_ancestor_printed() -> None:
    sights = [
        Sight(A, {Reading.SHOW_FDB: ENTRY.format("10.234.72.134")}),
        Sight(GW, {Reading.SHOW_FDB: ENTRY.format("10.234.98.195")}),
    ]
    assert inspect_text(NetworkName("vxeth1"), sights, USUAL) == (
        "[vxeth1]\n"
        " pod: default/a-5cd8c6ccb8-kkvwt 10.234.98.195\n"
        " net: dev:eth0 id:101 ip:192.168.11.2/29 name:vxeth1 route:192.168.12.0/29:192.168.11.1 type:vxlan up:true\n"
        " fdb: 00:00:00:00:00:00 dst 10.234.72.134 self permanent\n"
        "\n"
        " pod: default/gw-f87979b47-5p57h 10.234.72.134\n"
        " net: dev:eth0 id:101 ip:192.168.11.1/29 name:vxeth1 type:vxlan up:true\n"
        " fdb: 00:00:00:00:00:00 dst 10.234.98.195 self permanent\n"
        "\n"
    )


def test_further_lines_are_indented_and_fields_come_in_the_order_asked_for() -> None:
    shown = {
        Reading.SHOW_FDB: ENTRY.format("10.0.0.1") + ENTRY.format("10.0.0.2") + "\n" + ENTRY.format("10.0.0.3"),
        Reading.SHOW_ROUTES: ROUTES,
        Reading.SHOW_ADDRESSES: ADDRESSES,
    }
    fields = (Field.ROUTE, Field.DEV, Field.FDB, Field.POD)
    assert inspect_text(NetworkName("vxeth1"), [Sight(A, shown)], fields) == (
        "[vxeth1]\n"
        " route: 192.168.11.0/29 proto kernel scope link src 192.168.11.2 \n"
        "        192.168.12.0/29 via 192.168.11.1 proto 86\n"
        " dev: vxeth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN group default qlen 1000\n"
        "       link/ether 5a:03:79:8c:25:60 brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 68 maxmtu 65535 \n"
        "       vxlan id 101 dev eth0 srcport 0 0 dstport 8472 ttl auto ageing 300 udpcsum\n"
        "       alias kvc1/vxeth1/192.168.11.2/29/up\n"
        "       inet 192.168.11.2/29 scope global vxeth1\n"
        "          valid_lft forever preferred_lft forever\n"
        "       inet6 fd00:11::2/64 scope global nodad \n"
        "          valid_lft forever preferred_lft forever\n"
        "       inet6 fe80::5803:79ff:fe8c:2560/64 scope link \n"
        "          valid_lft forever preferred_lft forever\n"
        " fdb: 00:00:00:00:00:00 dst 10.0.0.1 self permanent \n"
        "      00:00:00:00:00:00 dst 10.0.0.2 self permanent \n"
        "      00:00:00:00:00:00 dst 10.0.0.3 self permanent\n"
        " pod: default/a-5cd8c6ccb8-kkvwt 10.234.98.195\n"
        "\n"
    )


def test_what_was_not_read_leaves_its_field_empty() -> None:
    assert inspect_text(NetworkName("vxeth1"), [Sight(A)], (Field.FDB,)) == "[vxeth1]\n fdb: \n\n"
    assert inspect_text(NetworkName("nobody"), [], USUAL) == "[nobody]\n"


@pytest.mark.parametrize(("number", "first"), [("4: vxeth1", "vxeth1"), ("12: vxeth1", "vxeth1"), ("123: vxeth1", ": vxeth1")])
def test_dev_is_cut_as_the_ancestor_cut_it(number: str, first: str) -> None:
    assert field_text(Sight(A, {Reading.SHOW_ADDRESSES: f"{number}\n    a\n b\n"}), Field.DEV) == f"{first}\n       a"


def test_list_has_a_line_per_address_and_one_where_there_is_none() -> None:
    seen = Sight(A, {Reading.SHOW_ADDRESSES: ADDRESSES})
    assert [pod_line(seen, address) for address in addresses(seen)] == [
        "default/a-5cd8c6ccb8-kkvwt vxeth1 192.168.11.2/29",
        "default/a-5cd8c6ccb8-kkvwt vxeth1 fd00:11::2/64",
    ]
    assert [pod_line(Sight(GW), address) for address in addresses(Sight(GW))] == ["default/gw-f87979b47-5p57h vxeth1 "]


def test_an_address_in_an_alias_is_no_address() -> None:
    shown = "4: v: <UP>\n    alias inet 10.9.9.9/24 \n    inet 10.0.0.1/24 scope global v\n"
    assert addresses(Sight(A, {Reading.SHOW_ADDRESSES: shown})) == ("10.0.0.1/24",)


def test_an_agent_cannot_move_the_cursor() -> None:
    sight = Sight(A, dict.fromkeys(Reading, "12: \x1b[2Jgone\r\n"))
    assert all(field_text(sight, field).replace("\n", "").isprintable() for field in Field)


def test_config_hides_the_token() -> None:
    chosen = choose({"token": "s3cret", "db-file": "/db"}, {"KVC_GATE": "open"}, None)
    lines = config_lines(chosen.values())
    assert "token: not shown (--token)" in lines
    assert "gate: open (KVC_GATE)" in lines
    assert "context: - (default)" in lines
    assert len(lines) == len(chosen)
    assert "s3cret" not in "".join(lines)
