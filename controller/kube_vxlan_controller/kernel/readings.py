"""Pure. What an agent read back as values: the inverse of `kernel.lines`, and the only file that knows what iproute2 prints.

Laws: what was rendered and applied parses to what was wished; unknown keys in iproute2's JSON are ignored; whatever a text
holds, it is a value or a `ParseError`.

Facts (measured, iproute2 6.1). `-N` prints protocols as numbers and leaves out the default, boot.

A digest stands for the permanent ENTRIES of one link: a line `LINK MD5`, the MD5 in lower-case hexadecimal of the lines
`MAC DESTINATION`, each ended by a line feed, sorted by their bytes (LC_ALL=C). None is the MD5 of nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from hashlib import md5
from ipaddress import ip_address, ip_interface

import msgspec

from kube_vxlan_controller.kernel.alias import parse_alias
from kube_vxlan_controller.kernel.destinations import Destinations
from kube_vxlan_controller.kernel.netns import NO_MARK, ZERO_MAC, Device, Entry, Foreign, Link, Netns
from kube_vxlan_controller.kernel.routes import read_routes
from kube_vxlan_controller.model import Address, Interface, InterfaceName, UdpPort, Vni

Entries = Mapping[InterfaceName, frozenset[Entry]]
"""Forwarding entries by link."""

_NAME = re.compile(r"(?!(?:lo|eth0)$|if-?[0-9])[A-Za-z0-9._-]{1,15}")
_DIGEST = re.compile(r"[0-9a-f]{32}")
_VIA = re.compile(r"(?!if-?[0-9])[A-Za-z0-9._-]{1,15}")
"""A device's name; one that is gone is printed as `if` and its number, and no entry through it can be removed alone."""
_NUMBER = re.compile(r"[0-9]{1,8}")
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")


class Reading(StrEnum):
    """What a request can read back, in the form that this module takes."""

    LINKS = "links"
    """`ip -d -j addr show`: links with alias, attributes and addresses."""
    ROUTES = "routes"
    """Routes of both families and of all tables, as one JSON list."""
    ENTRIES = "entries"
    """Entries with a destination, of the links named: lines `LINK MAC DESTINATION[ learned][ WORD VALUE]...`, in any order."""
    DIGEST = "digest"
    """One line per link: `LINK MD5` over its permanent ENTRIES."""
    SHOW_FDB = "show-fdb"
    """What `bridge fdb show dev LINK` prints, for people."""
    SHOW_ADDRESSES = "show-addresses"
    """What `ip -d addr show dev LINK` prints, for people."""
    SHOW_ROUTES = "show-routes"
    """What `ip route show dev LINK` prints, for people."""


class ParseError(ValueError):
    """What an agent read back is not what iproute2 prints; the message says which reading and why."""


class _Vxlan(msgspec.Struct):
    id: int | None = None
    port: int = 0
    link: str = ""
    learning: bool = True
    ttl: int | str = 0
    """A word for a link that inherits; the nearest that we can wish for is 0."""
    local: str = ""
    local6: str = ""
    remote: str = ""
    remote6: str = ""
    group: str = ""
    group6: str = ""


class _LinkInfo(msgspec.Struct):
    info_kind: str = ""
    info_data: msgspec.Raw = msgspec.Raw(b"{}")


class _Address(msgspec.Struct):
    local: str = ""
    address: str = ""
    """The peer of a point-to-point address."""
    prefixlen: int = 0
    secondary: bool = False
    dynamic: bool = False
    chosen: bool = msgspec.field(name="stable-privacy", default=False)
    """By the kernel, and not from the MAC address."""


class _Link(msgspec.Struct):
    ifname: str = ""
    flags: list[str] = []
    mtu: int = 0
    ifalias: str = ""
    address: str = ""
    linkinfo: _LinkInfo = msgspec.field(default_factory=_LinkInfo)
    addr_info: list[_Address] = []


def parse(readings: Mapping[Reading, str]) -> Netns:
    """What the readings say, all of LINKS, ROUTES and ENTRIES that are there. Raises ParseError."""
    entries, learned = parse_entries(readings.get(Reading.ENTRIES, ""))
    try:
        printed = msgspec.json.decode(readings.get(Reading.LINKS) or "[]", type=list[_Link])
        found = {InterfaceName(link.ifname): _link(link) for link in printed if link.ifname}
        aliases = {InterfaceName(link.ifname): link.ifalias for link in printed if _is_somebodys(link)}
        leading = {InterfaceName(link.ifname): leads for link in printed if (leads := _leads(link))}
        routes = read_routes(readings.get(Reading.ROUTES, ""), found, aliases)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ParseError(f"ip printed what makes no sense: {error}") from error
    for name, link in found.items():
        if link is not None:
            here = entries.get(name, frozenset())
            found[name] = replace(
                link,
                routes=frozenset(routes.ours[name]),
                other_routes=frozenset(routes.others[name]),
                destinations=Destinations.of(entry.destination for entry in here if entry.is_destination),
                strays=frozenset(entry for entry in here if not entry.is_destination),
                learned=learned.get(name, frozenset()),
            )
    ours = {name: link for name, link in found.items() if link is not None and link.mark != NO_MARK}
    others = {name: link for name, link in found.items() if name not in ours}
    mtus = {InterfaceName(link.ifname): link.mtu for link in printed if link.ifname}
    return Netns(tuple(ours.values()), Foreign(others, aliases, leading, routes.foreign, mtus))


def _is_somebodys(printed: _Link) -> bool:
    return printed.ifalias != "" and parse_alias(printed.ifalias) is None


def _leads(printed: _Link) -> str:
    """Where a VXLAN link leads by itself, by a forwarding entry that it brings along; empty for nowhere."""
    if printed.linkinfo.info_kind != "vxlan":
        return ""
    vxlan = msgspec.json.decode(printed.linkinfo.info_data, type=_Vxlan)
    return vxlan.remote or vxlan.remote6 or vxlan.group or vxlan.group6


def _link(printed: _Link) -> Link | None:
    """A VXLAN link, with its mark if it is ours; None for any other. (One of an odd name cannot be ours: no line names it.)"""
    if printed.linkinfo.info_kind != "vxlan" or not _NAME.fullmatch(printed.ifname):
        return None
    vxlan = msgspec.json.decode(printed.linkinfo.info_data, type=_Vxlan)
    if vxlan.id is None:
        return None
    device = Device(
        name=InterfaceName(printed.ifname),
        vni=Vni(vxlan.id),
        port=UdpPort(vxlan.port),
        lower=InterfaceName(vxlan.link),
        local=ip_address(vxlan.local6 or vxlan.local) if vxlan.local6 or vxlan.local else None,
        learning=vxlan.learning,
        ttl=vxlan.ttl if isinstance(vxlan.ttl, int) else 0,
        mtu=printed.mtu,
    )
    mark = parse_alias(printed.ifalias) or NO_MARK
    there = [
        (ip_interface(f"{given.local}/{given.prefixlen}"), given)
        for given in printed.addr_info
        if given.local and not given.address and "%" not in given.local
    ]
    own = _own_address(printed.address)
    lasting = [address for address, given in there if not given.dynamic and not given.chosen and address != own]
    return Link(
        device,
        mark,
        up="UP" in printed.flags,
        addresses=frozenset(address for address, _ in there if address in mark.addresses),
        others=tuple(address for address in lasting if address not in mark.addresses),
        secondary=frozenset(address for address, given in there if given.secondary),
        mac=printed.address if _MAC.fullmatch(printed.address) else "",
    )


def _own_address(mac: str) -> Interface | None:
    """The link-local address that the kernel makes of a MAC address (RFC 4291, appendix A)."""
    if not _MAC.fullmatch(mac):
        return None
    octets = bytes.fromhex(mac.replace(":", ""))
    host = bytes((octets[0] ^ 2, *octets[1:3], 0xFF, 0xFE, *octets[3:]))
    return ip_interface((b"\xfe\x80" + bytes(6) + host, 64))


def parse_entries(text: str) -> tuple[Entries, Entries]:
    """The permanent and the learned ones of lines `LINK MAC DESTINATION[ learned][ WORD VALUE]...`. Raises ParseError."""
    permanent: defaultdict[InterfaceName, set[Entry]] = defaultdict(set)
    learned: defaultdict[InterfaceName, set[Entry]] = defaultdict(set)
    for line in text.splitlines():
        try:
            link, rest = line.split(maxsplit=1)
            is_learned, entry = (_remembered if len(rest) <= _REMEMBERED else _read)(rest)
        except ValueError as error:
            raise ParseError(f"{line!r} is not a forwarding entry: {error}") from error
        if entry is not None:
            (learned if is_learned else permanent)[InterfaceName(link)].add(entry)
    return _frozen(permanent), _frozen(learned)


def _read(text: str) -> tuple[bool, Entry | None]:
    """Whether an entry is a learned one, and the entry, of all that follows the name of its link. Raises ValueError."""
    mac, destination, *how = text.split()
    is_learned = how[:1] == ["learned"]
    return is_learned, _entry(mac, ip_address(destination), how[is_learned:])


_REMEMBERED = 128
"""Characters of the longest one that is."""
_remembered = lru_cache(maxsize=8192)(_read)
"""Members of a network all list the same, and share what is made of it: 5 MB when full (measured), whatever an agent says."""


def _entry(mac: str, destination: Address, words: list[str]) -> Entry | None:
    """The entry; None for one that no line can remove alone. Raises ValueError."""
    if not _MAC.fullmatch(mac):
        raise ValueError(f"{mac} is not a MAC address")
    more = dict(zip(words[::2], words[1::2], strict=True))
    port, vni, via = more.pop("port", "0"), more.pop("vni", "0"), more.pop("via", "")
    if not (_NUMBER.fullmatch(port) and _NUMBER.fullmatch(vni)):
        raise ValueError(f"{port} or {vni} is not a number")
    if destination.is_unspecified or more or (via and not _VIA.fullmatch(via)):
        return None
    return Entry(mac, destination, int(port), int(vni), via)


def _frozen(entries: Mapping[InterfaceName, Iterable[Entry]]) -> Entries:
    return {link: frozenset(found) for link, found in entries.items()}


def digest(destinations: Iterable[Address]) -> str:
    """What DIGEST says of a link that has these zero-MAC entries and no other permanent ones."""
    lines = "".join(sorted(f"{ZERO_MAC} {destination}\n" for destination in destinations))
    return md5(lines.encode(), usedforsecurity=False).hexdigest()


def parse_digests(text: str) -> dict[InterfaceName, str]:
    """Lines `LINK MD5`, by link, as `digest` writes them. Raises ParseError."""
    digests = {}
    for line in text.splitlines():
        link, _, rest = line.partition(" ")
        if not _DIGEST.fullmatch(rest):
            raise ParseError(f"{line!r} is not a digest")
        digests[InterfaceName(link)] = rest
    return digests
