import json
import tracemalloc
from ipaddress import ip_address, ip_interface, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.kernel.netns import NO_MARK, ZERO_MAC, Device, Entry, Mark
from kube_vxlan_controller.kernel.readings import ParseError, Reading, digest, parse, parse_digests, parse_entries
from kube_vxlan_controller.model import InterfaceName, UdpPort, Vni
from tests.kernel.steps import VX1

VXLAN = {
    "ifname": "vx1",
    "flags": ["BROADCAST", "UP", "LOWER_UP"],
    "mtu": 1450,
    "address": "02:11:22:33:44:55",
    "ifalias": "kvc1/net/up/10.1.0.1-24",
    "linkinfo": {"info_kind": "vxlan", "info_data": {"id": 101, "link": "eth0", "port": 8472, "learning": True, "ttl": 0}},
    "addr_info": [
        {"family": "inet", "local": "10.1.0.1", "prefixlen": 24, "scope": "global"},
        {"family": "inet", "local": "10.1.0.9", "prefixlen": 24, "scope": "global", "secondary": True},
        {"family": "inet", "local": "10.1.0.8", "prefixlen": 24, "scope": "global", "secondary": True, "dynamic": True},
        {"family": "inet", "local": "10.9.0.1", "address": "10.9.0.2", "prefixlen": 32, "scope": "global"},
        {"family": "inet6", "local": "fe80::11:22ff:fe33:4455", "prefixlen": 64, "scope": "link"},
        {"family": "inet6", "local": "fe80::2cf9:4d86:b6e:c1d7", "prefixlen": 64, "scope": "link", "stable-privacy": True},
        {"family": "inet6", "local": "fe80::99", "prefixlen": 64, "scope": "link"},
        {"family": "inet6", "local": "fe80::9%eth0", "prefixlen": 64, "scope": "link"},
        {"family": "inet6", "local": "fd02::9", "prefixlen": 64, "scope": "global"},
    ],
    "a key of tomorrow": {"any": ["thing"]},
}
ETH0 = {"ifname": "eth0", "flags": ["UP"], "mtu": 1500, "linkinfo": {"info_kind": "veth"}, "addr_info": []}


def links(*found: object) -> dict[Reading, str]:
    """A LINKS reading."""
    return {Reading.LINKS: json.dumps(found)}


def test_a_link_is_read_with_all_that_is_ours_on_it() -> None:
    (link,) = parse(links(VXLAN, ETH0)).links
    ours = ip_interface("10.1.0.1/24")
    assert link.device == Device(VX1, Vni(101), UdpPort(8472), InterfaceName("eth0"), None, True, 0, 1450)
    assert link.mark == Mark("net", frozenset({ours}), True)
    assert link.up
    assert link.addresses == {ours}
    assert link.others == (ip_interface("10.1.0.9/24"), ip_interface("fe80::99/64"), ip_interface("fd02::9/64"))
    assert link.mac == "02:11:22:33:44:55"
    assert link.secondary == {ip_interface("10.1.0.9/24"), ip_interface("10.1.0.8/24")}


def test_what_carries_no_mark_is_foreign() -> None:
    other = {**VXLAN, "ifname": "vx2", "ifalias": "mine"}
    without_id = {"ifname": "vx3", "linkinfo": {"info_kind": "vxlan", "info_data": {"external": True}}}
    odd = {**VXLAN, "ifname": "a\tb"}
    stolen = {**ETH0, "ifalias": "kvc1/net/up"}
    loopback = {**VXLAN, "ifname": "lo"}
    numbered = {**VXLAN, "ifname": "if3"}
    netns = parse(links(other, without_id, odd, stolen, loopback, numbered))
    assert netns.links == ()
    found = netns.foreign.links[InterfaceName("vx2")]
    assert found is not None
    assert found.mark == NO_MARK
    assert found.addresses == frozenset()
    assert found.others[0] == ip_interface("10.1.0.1/24")
    assert [link for name, link in netns.foreign.links.items() if name != "vx2"] == [None] * 5


def test_what_carries_somebodys_alias_is_somebodys_and_so_are_its_routes() -> None:
    aliases = {"vx2": "mine", "vx3": "kvc2/net/up", "vx4": "kvc1/net/sideways", "vx5": ""}
    found = parse(links(VXLAN, *({**VXLAN, "ifname": name, "ifalias": alias} for name, alias in aliases.items())))
    assert found.foreign.aliases == {name: alias for name, alias in aliases.items() if alias}
    by_hand = [{"dst": f"172.1{n}.0.0/16", "gateway": "10.1.0.100", "dev": f"vx{n}", "flags": []} for n in (2, 5)]
    read = links(*({**VXLAN, "ifname": name, "ifalias": alias} for name, alias in aliases.items()))
    netns = parse({**read, Reading.ROUTES: json.dumps(by_hand)})
    assert netns.foreign.routes == {ip_network("172.12.0.0/16"): "3"}


@pytest.mark.parametrize("word", ["remote", "remote6", "group", "group6"])
def test_where_a_link_leads_by_itself(word: str) -> None:
    data = {"id": 7, "link": "eth0", "port": 4789, word: "fd00::9"}
    leading = {**VXLAN, "ifname": "vx2", "ifalias": "", "linkinfo": {"info_kind": "vxlan", "info_data": data}}
    assert parse(links(VXLAN, ETH0, leading)).foreign.leading == {"vx2": "fd00::9"}


def test_attributes_of_another_kind_of_link_are_not_looked_at() -> None:
    bridge = {"ifname": "br0", "linkinfo": {"info_kind": "bridge", "info_data": {"id": "8000.0", "port": {"odd": 1}}}}
    assert parse(links(bridge)).foreign.links == {"br0": None}


def test_a_link_over_ipv6_that_inherits_its_ttl() -> None:
    data = {"id": 7, "link": "eth0", "port": 4789, "learning": False, "ttl": "inherit", "local6": "fd00::1"}
    (link,) = parse(links({**VXLAN, "linkinfo": {"info_kind": "vxlan", "info_data": data}})).links
    assert link.device == Device(VX1, Vni(7), UdpPort(4789), InterfaceName("eth0"), ip_address("fd00::1"), False, 0, 1450)


def test_entries_are_destinations_strays_and_learned_ones() -> None:
    entries = (
        "vx1 00:00:00:00:00:00 0.0.0.0\n"
        "vx1 00:00:00:00:00:00 10.244.0.1\n"
        "vx1 02:00:00:00:00:01 10.244.0.2\n"
        "vx1 02:00:00:00:00:02 fd00::1 learned\n"
        "vx1 00:00:00:00:00:00 10.244.0.3 port 4789 vni 7 via eth0\n"
        "vx1 02:00:00:00:00:02 fe80::1 learned via eth0\n"
        "vx1 00:00:00:00:00:00 10.244.0.4 ifindex 9 link-netnsid 0\n"
        "vx1 00:00:00:00:00:00 10.244.0.5 via a@b\n"
        "vx1 00:00:00:00:00:00 10.244.0.6 via if5\n"
        "vx9 00:00:00:00:00:00 10.244.0.9\n"
    )
    (link,) = parse({**links(VXLAN), Reading.ENTRIES: entries}).links
    assert set(link.destinations) == {ip_address("10.244.0.1")}
    assert link.strays == {
        Entry("02:00:00:00:00:01", ip_address("10.244.0.2")),
        Entry(ZERO_MAC, ip_address("10.244.0.3"), 4789, 7, "eth0"),
    }
    assert link.learned == {
        Entry("02:00:00:00:00:02", ip_address("fd00::1")),
        Entry("02:00:00:00:00:02", ip_address("fe80::1"), via="eth0"),
    }


def test_nothing_is_kept_of_the_long_lines_of_an_agent_that_lies() -> None:
    words = " ".join(f"word{number} value" for number in range(2000))
    text = "".join(f"vxeth1 00:00:00:00:00:00 10.0.{number // 250}.{number % 250 + 1} {words}\n" for number in range(500))
    tracemalloc.start()
    try:
        parse_entries(text)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < len(text) / 10


def test_nothing_read_is_nothing_there() -> None:
    empty = parse({Reading.LINKS: "[]", Reading.ROUTES: "[ ]\n", Reading.ENTRIES: ""})
    assert (empty.links, empty.foreign.links, empty.foreign.routes) == ((), {}, {})
    assert parse({Reading.LINKS: "", Reading.ROUTES: ""}).links == ()


def test_a_digest_is_the_md5_of_the_sorted_lines() -> None:
    assert digest([ip_address("10.244.0.9"), ip_address("10.244.0.10")]) == "8964f1ce4c2150862fecc3b5d6df802a"
    assert digest([]) == "d41d8cd98f00b204e9800998ecf8427e"
    assert parse_digests(f"vx1 {digest([])}\nvx2 {digest([])}\n") == {"vx1": digest([]), "vx2": digest([])}


texts = st.one_of(st.text(), st.binary().map(lambda raw: raw.decode(errors="replace")))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["ifname", "linkinfo", "info_kind", "info_data", "addr_info", "local", "prefixlen", "id", "dst", "dev", "ttl"]
            ),
            inner,
        ),
    ),
)


@given(st.dictionaries(st.sampled_from(list(Reading)), st.one_of(texts, values.map(json.dumps))))
def test_anything_else_is_a_parse_error(readings: dict[Reading, str]) -> None:
    for read in (
        lambda: parse(readings),
        lambda: parse_entries(readings.get(Reading.ENTRIES, "")),
        lambda: parse_digests(readings.get(Reading.DIGEST, "")),
    ):
        try:
            read()
        except ParseError as error:
            assert str(error)  # noqa: PT017  any outcome but another exception is right


@pytest.mark.parametrize(
    "readings",
    [
        {Reading.LINKS: "Device does not exist"},
        {Reading.LINKS: '[{"ifname": 5}]'},
        {Reading.LINKS: json.dumps([{**VXLAN, "addr_info": [{"local": "10.0.0", "prefixlen": 24}]}])},
        {Reading.LINKS: "[" * 100_000},
        {Reading.LINKS: '[{"later": ' + "[" * 100_000},
        {Reading.ROUTES: '[{"dst": "10.0.0.1/8"}]'},
        {Reading.ROUTES: '[{"dst": ""}]'},
        {Reading.ENTRIES: "vx1 00:00:00:00:00:00"},
        {Reading.ENTRIES: "vx1 00:00:00:00:00:00 nowhere"},
        {Reading.ENTRIES: "vx1 00:00:00:00:00:0 10.0.0.1 learned"},
        {Reading.ENTRIES: "vx1 00:00:00:00:00:00 10.0.0.1 static"},
        {Reading.ENTRIES: "vx1 00:00:00:00:00:00 10.0.0.1 learned via"},
        {Reading.ENTRIES: "vx1 00:00:00:00:00:00 10.0.0.1 port -5"},
    ],
)
def test_nonsense_is_told_as_such(readings: dict[Reading, str]) -> None:
    with pytest.raises(ParseError):
        parse(readings)


def test_a_digest_that_is_none_is_told_as_such() -> None:
    with pytest.raises(ParseError):
        parse_digests("vx1 abc")
