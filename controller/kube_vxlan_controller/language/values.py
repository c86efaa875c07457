"""Pure. One option's text becomes a canonical, typed value, or a Mistake that says what to write instead.

Laws: what is accepted here means the same to Python and to the kernel (`/024`, `10.5.1/24` or `0x10` do not, so they are
refused); the canonical form of a value reads back as the same value; every word of it matches `[A-Za-z0-9:./_-]{1,64}`.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface, ip_network

from kube_vxlan_controller.language.mistakes import Mistake, named, quoted
from kube_vxlan_controller.model import (
    DEFAULT_PORT,
    Address,
    Family,
    Interface,
    InterfaceName,
    Namespace,
    Prefix,
    Route,
    UdpPort,
    Vni,
)

LONGEST_NAME = 15
"""Bytes of an interface name (IFNAMSIZ - 1)."""
RESERVED_NAMES = frozenset({"lo", "eth0", "all", "default"})
"""The pod's own devices, and the two names that the kernel keeps for its sysctl directories."""
IPROUTE_WORDS = frozenset(
    (
        "a",
        "ad",
        "add",
        "addr",
        "address",
        "alias",
        "allmulticast",
        "altname",
        "arp",
        "brd",
        "broadcast",
        "change",
        "d",
        "de",
        "del",
        "delete",
        "dev",
        "down",
        "dst",
        "dynamic",
        "exclude",
        "group",
        "h",
        "he",
        "hel",
        "help",
        "id",
        "index",
        "link",
        "list",
        "local",
        "loopback",
        "ls",
        "m",
        "mac",
        "master",
        "mtu",
        "multicast",
        "name",
        "netns",
        "nomaster",
        "on",
        "off",
        "peer",
        "promisc",
        "qlen",
        "remote",
        "replace",
        "set",
        "show",
        "src",
        "state",
        "to",
        "type",
        "up",
        "v",
        "vf",
        "via",
        "vrf",
        "vxlan",
        "xdp",
    )
)
"""Words that iproute2 reads as something else where it expects a name, in full or cut short."""
WIDEST_ROUTE = {4: 8, 6: 7}
"""Shortest prefix of a route, by IP version: anything wider would act as a default route, which is never touched.
(`fc00::/7` is all of the private IPv6 space.)"""


def vni(text: str) -> Vni | Mistake:
    """A VXLAN network identifier: 1 to 16777215 (the kernel takes 0 as well, some peers do not)."""
    number = _number("id", text, 1, 2**24 - 1)
    return number if isinstance(number, Mistake) else Vni(number)


def port(text: str) -> UdpPort | Mistake:
    """A UDP port; 0 is the kernel's default, as it is for `ip link add ... dstport 0`."""
    number = _number("port", text, 0, 65535)
    return number if isinstance(number, Mistake) else UdpPort(number or DEFAULT_PORT)


def mtu(text: str) -> int | Mistake:
    """Bytes: 68 (the least that IPv4 allows) to 65535."""
    return _number("mtu", text, 68, 65535)


def ttl(text: str) -> int | Mistake:
    """The TTL of the outer packets, 1 to 255."""
    return _number("ttl", text, 1, 255)


def flag(text: str) -> bool | Mistake:
    """`true` or `false`, in small letters."""
    if text in ("true", "false"):
        return text == "true"
    return Mistake("invalid-flag", f"{quoted(text)} is neither `true` nor `false`.", "write `true` or `false`")


def link_type(text: str) -> str | Mistake:
    """Only `vxlan`: another type would let a user load kernel modules by name."""
    if text == "vxlan":
        return text
    return Mistake("invalid-type", f"The type {quoted(text)} is not supported.", "only `vxlan` is; the option can be left out")


def family(text: str) -> Family | Mistake:
    """The IP family of the underlay."""
    if text in ("ipv4", "ipv6"):
        return Family(text)
    return Mistake("invalid-family", f"{quoted(text)} is no IP family.", "write `ipv4` or `ipv6`")


def interface_name(text: str) -> InterfaceName | Mistake:
    """The name for a link of ours, or why the kernel, iproute2 or a pod's own devices rule it out."""
    if text in RESERVED_NAMES:
        message = f"{quoted(text)} is reserved: a network must not take the name of a pod's own device."
        return Mistake("reserved-name", message, "choose another name, as in `name=vxeth0`")
    if text in IPROUTE_WORDS:
        message = f"{quoted(text)} is a word of the `ip` command, which can take it for something else than a name."
        return Mistake("reserved-name", message, "choose another name, as in `name=vxeth0`")
    return _device("name", text)


def lower_device(text: str) -> InterfaceName | Mistake:
    """The name of a device that the pod has already."""
    if text == "lo":
        return Mistake("invalid-dev", "`lo` reaches no other pod.", "leave the option out, or write `dev=eth0`")
    return _device("dev", text)


def namespaces(text: str) -> frozenset[Namespace] | Mistake:
    """A list of Kubernetes namespaces, separated by commas."""
    names = text.split(",")
    for name in names:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name):
            message = f"{quoted(name)} is not the name of a namespace."
            return Mistake("invalid-namespaces", message, "write names with commas between, as in `namespaces=default,team-a`")
    return frozenset(map(Namespace, names))


def link_address(text: str) -> Interface | Mistake:
    """An address with its prefix length, that a host can have."""
    problem = "is not an address with a prefix length"
    head, slash, length = text.partition("/")
    address = _address(head)
    if address is None or not slash:
        example = f"write it as in `ip={address or '192.168.10.1'}/{'24' if not address or address.version == 4 else '64'}`"
        return Mistake("invalid-ip", f"{quoted(text)} {problem}.", example)
    bits = _prefix_length(length, address)
    if isinstance(bits, str):
        return Mistake("invalid-ip", f"{quoted(text)} {problem}: {bits}.", f"write it as in `ip={address}/24`")
    interface = ip_interface(f"{address}/{bits}")
    why = _unusable(address) or _edge(interface)
    if why:
        return Mistake("invalid-ip", f"{quoted(text)} {why}.", "use an address that a host can have")
    return interface


def route(text: str) -> Route | Mistake:
    """`SUBNET/LENGTH:GATEWAY`, split after the prefix length so that IPv6 can be written."""
    parts = re.fullmatch(r"([^/]+)/([0-9.]*):(.*)", text)
    form = "write it as subnet and gateway, as in `route=192.168.20.0/24:192.168.10.1`"
    if parts is None:
        return Mistake("invalid-route", f"{quoted(text)} is not a route.", form)
    start, gateway = _address(parts[1]), _address(parts[3])
    for address, word in ((start, parts[1]), (gateway, parts[3])):
        if address is None:
            return Mistake("invalid-route", f"{quoted(text)} is not a route: {quoted(word)} is no IP address.", form)
    assert start is not None
    assert gateway is not None
    bits = _prefix_length(parts[2], start)
    if isinstance(bits, str):
        return Mistake("invalid-route", f"{quoted(text)} is not a route: {bits}.", form)
    return _checked_route(text, ip_network(f"{start}/{bits}", strict=False), start, gateway)


def _checked_route(text: str, subnet: Prefix, start: Address, gateway: Address) -> Route | Mistake:
    if subnet.network_address != start:
        message = f"{quoted(str(start))} is not the first address of {quoted(str(subnet))}: it has bits beyond the prefix."
        return Mistake("invalid-route", message, f"write `route={subnet}:{gateway}`")
    if subnet.prefixlen < WIDEST_ROUTE[subnet.version]:
        message = f"The subnet of {quoted(text)} is so wide that it acts as a default route, which is never touched."
        return Mistake("wide-route", message, f"use subnets of /{WIDEST_ROUTE[subnet.version]} or smaller")
    if gateway.version != subnet.version:
        message = f"The subnet and the gateway of {quoted(text)} are of different IP families."
        return Mistake("invalid-route", message, "write both in IPv4 or both in IPv6")
    why = _unusable(gateway, link_local=gateway.version == 6) or _unusable_subnet(subnet)
    if why:
        return Mistake("invalid-route", f"{quoted(text)} is not a usable route: it {why}.", "use addresses of ordinary hosts")
    return Route(subnet, gateway)


def _number(option: str, text: str, least: int, most: int) -> int | Mistake:
    # `int()` would take blanks, signs, underscores and the digits of other scripts.
    plain = re.fullmatch(r"0|[1-9][0-9]{0,8}", text)
    if plain and least <= int(text) <= most:
        return int(text)
    message = f"{quoted(text)} is not a whole number from {least} to {most}."
    return Mistake(f"invalid-{option}", message, "write it in decimal digits without sign, blanks or leading zeros")


def _device(option: str, text: str) -> InterfaceName | Mistake:
    code = f"invalid-{option}"
    strange = next((character for character in text if not character.isascii() or not character.isprintable()), None)
    if strange is not None:
        return Mistake(code, f"{quoted(text)} holds {named(strange)}.", "use ASCII letters, digits, `-`, `_` and `.`")
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", text):
        message = f"{quoted(text)} is not a name for a network interface."
        return Mistake(code, message, "use letters, digits, `-`, `_` and `.`, starting with a letter or digit")
    if len(text) > LONGEST_NAME:
        message = f"{quoted(text)} has {len(text)} characters; an interface name has at most {LONGEST_NAME}."
        return Mistake(code, message, f"write a shorter one, as in `{option}={text[:LONGEST_NAME]}`")
    return InterfaceName(text)


def _address(text: str) -> Address | None:
    """A plain address in full: no zone, no leading zeros, no digits left out."""
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None


def _prefix_length(text: str, address: Address) -> int | str:
    """The length in bits, also from an IPv4 netmask; or what is wrong with it."""
    mask = _address(text)
    if isinstance(address, IPv4Address) and isinstance(mask, IPv4Address):
        bits = int(mask).bit_count()
        if int(mask) != 2**32 - 2 ** (32 - bits) or not bits:
            return f"{quoted(text)} is no netmask"
        return bits
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > address.max_prefixlen:
        return f"the prefix length must be a number from 1 to {address.max_prefixlen} without leading zeros"
    return int(text)


def _unusable(address: Address, link_local: bool = False) -> str:
    """Why no link of ours may have this address, or nothing. Link-local IPv4 holds the clouds' metadata servers."""
    kinds = (
        (address.is_unspecified, "is the unspecified address"),
        (address.is_loopback, "is a loopback address"),
        (address.is_multicast, "is a multicast address"),
        (address.is_link_local and not link_local, "is a link-local address"),
        (isinstance(address, IPv4Address) and (address.is_reserved or int(address) < 2**24), "is a reserved address"),
        (isinstance(address, IPv6Address) and address.ipv4_mapped is not None, "is an IPv4 address in the form of IPv6"),
    )
    return next((why for holds, why in kinds if holds), "")


def _unusable_subnet(subnet: Prefix) -> str:
    return _unusable(subnet.network_address) or _unusable(subnet.broadcast_address)


def _edge(interface: Interface) -> str:
    """Why an address cannot be a host's within its own subnet: the kernel takes these, and the network then fails."""
    net = interface.network
    if net.num_addresses <= 2:
        return ""
    if interface.ip == net.network_address:
        return f"is the address of the subnet {net} itself"
    if interface.version == 4 and interface.ip == net.broadcast_address:
        return f"is the broadcast address of the subnet {net}"
    return ""
