"""Pure. One option's text becomes a canonical, typed value, or a Mistake that says what to write instead.

Laws: what is accepted here means the same to Python and to the kernel (`0x10` or `010` do not, so they are refused); the
canonical form of a value reads back as the same value; every word of it matches `[A-Za-z0-9:./_-]{1,64}`.
"""

import re

from kube_vxlan_controller.language.mistakes import Mistake, named, quoted
from kube_vxlan_controller.model import DEFAULT_PORT, Family, InterfaceName, Namespace, UdpPort, Vni

LONGEST_NAME = 15
"""Bytes of an interface name (IFNAMSIZ - 1)."""
POD_DEVICES = frozenset({"lo", "eth0"})
"""Devices that every pod has already."""
SYSCTL_NAMES = frozenset({"all", "default"})
"""Directories in /proc/sys/net/*/conf that are no interface's: the kernel makes no interface with such a name."""
NUMBER = re.compile(r"if-?[0-9].*", re.DOTALL)
"""What iproute2 reads as the number of an interface where none has that name, be it lo's or eth0's: by `sscanf("if%u")`."""
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
    if text in POD_DEVICES:
        message = f"{quoted(text)} is reserved: a network must not take the name of a pod's own device."
    elif text in SYSCTL_NAMES:
        message = f"{quoted(text)} is reserved: the kernel has settings of that name, and so no interface can have it."
    elif text in IPROUTE_WORDS:
        message = f"{quoted(text)} is a word of the `ip` command, which can take it for something else than a name."
    elif NUMBER.fullmatch(text):
        message = _number_meant(text)
    else:
        return _device("name", text)
    return Mistake("reserved-name", message, "choose another name, as in `name=vxeth0`")


def lower_device(text: str) -> InterfaceName | Mistake:
    """The name of a device that the pod has already."""
    if text == "lo":
        return Mistake("invalid-dev", "`lo` reaches no other pod.", "leave the option out, or write `dev=eth0`")
    if NUMBER.fullmatch(text):
        return Mistake("invalid-dev", _number_meant(text), "use a device whose name is not `if` and a digit, as in `dev=eth0`")
    return _device("dev", text)


def namespaces(text: str) -> frozenset[Namespace] | Mistake:
    """A list of Kubernetes namespaces, separated by commas."""
    names = text.split(",")
    for name in names:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name):
            message = f"{quoted(name)} is not the name of a namespace."
            return Mistake("invalid-namespaces", message, "write names with commas between, as in `namespaces=default,team-a`")
    return frozenset(map(Namespace, names))


def _number_meant(text: str) -> str:
    return f"{quoted(text)} begins with `if` and a digit, by which the `ip` command can mean another interface by its number."


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
