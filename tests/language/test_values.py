"""Every kind of value: what is accepted, its canonical form, and what is refused (reliability rows 20 to 39 and 59 to 61)."""

import json
import re
import shutil
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_vxlan_controller.language import values
from kube_vxlan_controller.language.addresses import link_address
from kube_vxlan_controller.language.mistakes import Mistake
from kube_vxlan_controller.language.options import TABLE
from kube_vxlan_controller.model import Route
from tests.namespaces import namespace

WORD = re.compile(r"[A-Za-z0-9:./_-]{1,64}")


@pytest.mark.parametrize("text", ["1", "5", "100", "16777215"])
def test_ids(text: str) -> None:
    assert values.vni(text) == int(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "16777216",
        "4294967296",
        "9" * 400,
        "-1",
        "1.0",
        "1e3",
        "0x10",
        "+5",
        " 5",
        "5 ",
        "5\n",
        "1_000",
        "５",
        "007",
        "true",
    ],
)
def test_what_is_no_id(text: str) -> None:
    mistake = values.vni(text)
    assert isinstance(mistake, Mistake)
    assert mistake.code == "invalid-id"


@pytest.mark.parametrize(
    "name", ["vxeth0", "a1", "x" * 15, "_x", "a.b", "a-b", "__proto__", "None", "true", "0", "eth1", "if", "ifb0", "xif3"]
)
def test_interface_names(name: str) -> None:
    assert values.interface_name(name) == name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *((name, "reserved-name") for name in ("eth0", "lo", "all", "default")),
        *((name, "reserved-name") for name in ("if3", "if3q", "if-3", "if-4294967293")),
        *((name, "reserved-name") for name in ("up", "mtu", "dev", "type", "help", "a", "group", "name", "down")),
        *((name, "invalid-name") for name in ("", "x" * 16, "-x", ".", "..", ".x", "a b", "a/b", "a:b", "%d", "v%d", "#x")),
        *(
            (name, "invalid-name")
            for name in ("$(id)", "`id`", "a;b", "a&&b", "a>b", "*", "~", "a@b", "@", "é", "ｖxeth0", "vхeth0")
        ),
        *((name, "invalid-name") for name in ("😀", "a\nb", "a\x1bb", "a\u200bb", "x\n")),
    ],
)
def test_what_is_no_interface_name(name: str, code: str) -> None:
    mistake = values.interface_name(name)
    assert isinstance(mistake, Mistake)
    assert mistake.code == code
    assert mistake.message.isprintable()


@pytest.mark.parametrize(
    ("name", "why"), [("eth0", "a pod's own device"), ("all", "no interface can have it"), ("if3q", "interface by its number")]
)
def test_why_a_name_is_reserved(name: str, why: str) -> None:
    mistake = values.interface_name(name)
    assert isinstance(mistake, Mistake)
    assert why in mistake.message


def test_a_look_alike_letter_is_named() -> None:
    mistake = values.interface_name("vхeth0")
    assert isinstance(mistake, Mistake)
    assert "U+0445 CYRILLIC SMALL LETTER HA" in mistake.message


@pytest.mark.parametrize("name", ["eth0", "tun0", "all", "bond0.100"])
def test_lower_devices(name: str) -> None:
    assert values.lower_device(name) == name


@pytest.mark.parametrize("name", ["", "lo", "x" * 16, "%d", "a b", "if3", "if-3", "if3q"])
def test_what_is_no_lower_device(name: str) -> None:
    assert isinstance(values.lower_device(name), Mistake)


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (values.flag, "true", True),
        (values.flag, "false", False),
        (values.port, "0", 8472),
        (values.port, "4789", 4789),
        (values.mtu, "1450", 1450),
        (values.ttl, "64", 64),
        (values.link_type, "vxlan", "vxlan"),
        (values.family, "ipv6", "ipv6"),
        (values.namespaces, "default,team-a", {"default", "team-a"}),
    ],
)
def test_other_values(read: Callable[[str], object], text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "texts"),
    [
        (values.flag, ["", "yes", "True", "1", "true "]),
        (values.port, ["", "-1", "65536", "0x1"]),
        (values.mtu, ["67", "65536", "1e3", "1500b"]),
        (values.ttl, ["0", "256", "inherit"]),
        (values.link_type, ["", "veth", "wireguard", "VXLAN"]),
        (values.family, ["", "4", "IPv4", "inet6"]),
        (values.namespaces, ["", ",", "a,", "A", "a_b", "-a", "x" * 64, "a b", "é"]),
    ],
)
def test_what_is_no_other_value(read: Callable[[str], object], texts: list[str]) -> None:
    for text in texts:
        mistake = read(text)
        assert isinstance(mistake, Mistake), text
        assert mistake.hint


SHAPED = st.one_of(
    st.from_regex(r"[0-9a-f:.]{1,18}/[0-9.]{1,3}(:[0-9a-f:.]{1,18})?", fullmatch=True),
    st.builds(lambda ip, bits: f"{ip}/{bits}", st.ip_addresses(), st.integers(0, 129)),
    st.builds(
        lambda ip, bits, gw: f"{ip}/{bits}:{gw}", st.ip_addresses(network="10.0.0.0/8"), st.integers(8, 33), st.ip_addresses()
    ),
    st.from_regex(r"[a-z0-9_.-]{1,16}", fullmatch=True),
    st.integers(-1, 2**25).map(str),
    st.text(max_size=20),
)


@given(SHAPED)
@settings(max_examples=1500, deadline=None)
def test_canonical_values_read_back_and_are_safe_words(text: str) -> None:
    for row in TABLE:
        value = row.read(text)
        if isinstance(value, Mistake):
            assert value.message.isprintable()
            continue
        canonical = row.write(value)
        assert row.read(canonical) == value
        # The parts of a list or a route are words of their own where they are rendered.
        words = [str(value.subnet), str(value.gateway)] if isinstance(value, Route) else canonical.split(",")
        assert all(WORD.fullmatch(word) for word in words)


@pytest.mark.kernel
def test_the_kernel_takes_names_and_addresses_as_we_understand_them() -> None:
    assert shutil.which("ip")
    names = ["vxeth0", "x" * 15, "_x", "a.b", "a-b", "__proto__", "None", "0", "ifb5"]
    addresses = ["10.1.0.1/24", "10.7.0.1/255.255.255.0", "10.9.0.0/31", "FD00:0:0::1/64", "fd01::/127", "192.168.11.2/29"]
    with namespace() as ns:
        for name in names:
            assert values.interface_name(name) == name
            ns.run("ip", "link", "add", "name", name, "type", "vxlan", "id", "5", "dstport", str(10_000 + names.index(name)))
        links = json.loads(ns.run("ip", "-j", "link", "show", "type", "vxlan"))
        assert {link["ifname"] for link in links} == set(names)
        index = json.loads(ns.run("ip", "-j", "link", "show", "dev", "vxeth0"))[0]["ifindex"]
        for name in (f"if{index}", f"if{index}q", f"if-{2**32 - index}"):
            assert isinstance(values.interface_name(name), Mistake)
            ns.run("ip", "link", "set", "dev", name, "alias", f"once {name}")
            assert f"once {name}" in ns.run("ip", "link", "show", "dev", "vxeth0"), "another link altogether"
        for name in ("all", "default"):
            command = f"ip link add name {name} type vxlan id 6 dstport 4789 || echo refused"
            assert "refused" in ns.run("sh", "-c", command)
        for address in addresses:
            ns.run("ip", "addr", "add", str(link_address(address)), "dev", "vxeth0")
        (link,) = json.loads(ns.run("ip", "-j", "addr", "show", "dev", "vxeth0"))
        held = {f"{info['local']}/{info['prefixlen']}" for info in link["addr_info"] if info["scope"] != "link"}
        assert held == {str(link_address(address)) for address in addresses}
