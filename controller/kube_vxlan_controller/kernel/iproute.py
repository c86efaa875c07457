"""Pure. Steps as lines of iproute2's batches, and what iproute2 printed as values: the only file that knows its words.

The agent accepts these line shapes and no other (N, D: a link's name; A: an address; P: an address or subnet with prefix
length; I, U, M, T: whole numbers; MAC: six octets in hexadecimal):

    for `ip -force -batch -`
        link del dev N
        link add name N[ mtu M] type vxlan id I dev D dstport U[ local A] (learning|nolearning) ttl T
        link set dev N type vxlan dev D[ local A] (learning|nolearning) ttl T
        link set dev N alias kvc1/NETWORK/(up|down)[/P]...          P with `-` for its `/`, at most 255 characters in all
        link set dev N mtu M
        link set dev N (up|down)
        addr replace P dev N[ nodad]                                nodad: always for IPv6, never for IPv4
        addr del P dev N
        route replace P via A dev N proto 86
        route del P via A dev N proto 86
    for `bridge -force -batch -`
        fdb append 00:00:00:00:00:00 dst A dev N self permanent
        fdb del MAC dst A dev N self

Laws: every word is of the characters `A-Za-z0-9:./_-`, at most 64 of them (an alias: 255), whatever the step says, or
`render` raises; the address that means "any" is never a destination, since deleting it deletes all. Reading back is the
inverse: what was rendered and applied parses to what was wished. Unknown keys in iproute2's JSON are ignored.

Facts (measured, Linux 6.18 and iproute2 6.1). `mtu` must stand before `type`. `ttl 0` is the kernel's default, at `add` and
at `set`. `addr replace` succeeds whether or not the address is there, `addr add` does not; a kernel that promotes
secondaries (`promote_secondaries=1`, which systemd's hosts hand down to pods) keeps some that we put back. `-N` prints
protocols as numbers and leaves out the default, boot. `local 0.0.0.0` would unset a local address; nobody needs it.

A digest stands for the ENTRIES of one link: a line `LINK COUNT MD5`, the MD5 in lower-case hexadecimal of the lines
`MAC DESTINATION`, each ended by a line feed, sorted by their bytes (LC_ALL=C). None is `LINK 0` and the MD5 of nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import md5
from ipaddress import ip_address, ip_interface, ip_network
from typing import assert_never

import msgspec

from kube_vxlan_controller.kernel.netns import NO_MARK, ZERO_MAC, Destinations, Device, Entry, Foreign, Link, Mark, Netns
from kube_vxlan_controller.kernel.netns import mark_name as mark_name
from kube_vxlan_controller.kernel.steps import (
    AddAddress,
    AddLink,
    AppendDestination,
    ChangeDevice,
    DeleteAddress,
    DeleteEntry,
    DeleteLink,
    DeleteRoute,
    ReplaceRoute,
    RestoreAddress,
    SetDown,
    SetMark,
    SetMtu,
    SetUp,
    Step,
)
from kube_vxlan_controller.model import Address, Interface, InterfaceName, Prefix, Route, UdpPort, Vni

PROTOCOL = 86
"""Our routes carry it. (Numbers of the kernel's users are in /etc/iproute2/rt_protos; nobody there has 86.)"""

_WORDS = re.compile(r"[A-Za-z0-9:./_-]{1,64}(?: [A-Za-z0-9:./_-]{1,64})*")
_ALIAS = re.compile(r"[A-Za-z0-9:./_-]{1,255}")
_NAME = re.compile(r"(?!(?:lo|eth0)$)[A-Za-z0-9._-]{1,15}")
_DIGEST = re.compile(r"[0-9]+ [0-9a-f]{32}")
_KERNEL = "2"
_BOOT = "3"
"""The protocol of routes that somebody added by hand, the ancestor among them; iproute2 leaves it out."""
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")


class Reading(StrEnum):
    """What a request can read back, in the form that `kernel.iproute` takes."""

    LINKS = "links"
    """`ip -d -j addr show`: links with alias, attributes and addresses."""
    ROUTES = "routes"
    """Main-table routes of both families: one JSON list per family, a line each."""
    ENTRIES = "entries"
    """Permanent entries with a destination: sorted lines `LINK MAC DESTINATION` of the links named."""
    LEARNED = "learned"
    """The same for learned ones."""
    DIGEST = "digest"
    """One line per link: `LINK COUNT DIGEST` over its ENTRIES lines."""
    SHOW_FDB = "show-fdb"
    """What `bridge fdb show dev LINK` prints, for people."""
    SHOW_ADDRESSES = "show-addresses"
    """What `ip -d addr show dev LINK` prints, for people."""
    SHOW_ROUTES = "show-routes"
    """What `ip route show dev LINK` prints, for people."""


class ParseError(ValueError):
    """What an agent read back is not what iproute2 prints; the message says which reading and why."""


@dataclass(frozen=True, slots=True)
class Batches:
    """Steps as text, in their order: lines for `ip` and lines for `bridge`."""

    batch: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


def render(steps: Iterable[Step]) -> Batches:
    """The lines that carry out the steps. Raises ValueError for a value that no line may hold (a mistake of ours)."""
    batch: list[str] = []
    entries: list[str] = []
    for step in steps:
        line = _line(step)
        if not _WORDS.fullmatch(line) and not (isinstance(step, SetMark) and _ALIAS.fullmatch(line.rpartition(" ")[2])):
            raise ValueError(f"{line!r} is not a line that an agent takes")
        (entries if isinstance(step, AppendDestination | DeleteEntry) else batch).append(line)
    return Batches(tuple(batch), tuple(entries))


def _line(step: Step) -> str:
    match step:
        case AppendDestination(link, destination):
            return f"fdb append {ZERO_MAC} dst {_specified(destination)} dev {link} self permanent"
        case DeleteEntry(link, entry):
            return f"fdb del {entry.mac} dst {_specified(entry.destination)} dev {link} self"
        case DeleteLink(link):
            return f"link del dev {link}"
        case AddLink(device):
            mtu = "" if device.mtu is None else f" mtu {device.mtu}"
            wire = f"id {device.vni} dev {device.lower} dstport {device.port}"
            return f"link add name {device.name}{mtu} type vxlan {wire}{_attributes(device)}"
        case ChangeDevice(device):
            return f"link set dev {device.name} type vxlan dev {device.lower}{_attributes(device)}"
        case SetMark(link, mark):
            return f"link set dev {link} alias {alias(mark)}"
        case SetMtu(link, mtu):
            return f"link set dev {link} mtu {mtu}"
        case SetDown(link):
            return f"link set dev {link} down"
        case SetUp(link):
            return f"link set dev {link} up"
        case AddAddress(link, address) | RestoreAddress(link, address):
            return f"addr replace {address} dev {link}{' nodad' if address.version == 6 else ''}"
        case DeleteAddress(link, address):
            return f"addr del {address} dev {link}"
        case ReplaceRoute(link, route):
            return f"route replace {route.subnet} via {route.gateway} dev {link} proto {PROTOCOL}"
        case DeleteRoute(link, route):
            return f"route del {route.subnet} via {route.gateway} dev {link} proto {PROTOCOL}"
        case _:
            assert_never(step)


def _attributes(device: Device) -> str:
    local = f" local {device.local}" if device.local else ""
    return f"{local} {'learning' if device.learning else 'nolearning'} ttl {device.ttl or 0}"


def _specified(destination: Address) -> Address:
    if destination.is_unspecified:
        raise ValueError("the unspecified address stands for all destinations")
    return destination


def alias(mark: Mark) -> str:
    """The mark as the alias of a link: `kvc1/NETWORK/STATE/ADDRESS...`, `-` standing for the `/` of an address."""
    addresses = sorted(str(address).replace("/", "-") for address in mark.addresses)
    return "/".join(("kvc1", mark.network, "up" if mark.raised else "down", *addresses))


def parse_alias(text: str) -> Mark | None:
    """The mark that an alias records; None for one that is not ours."""
    version, *parts = text.split("/")
    if version != "kvc1" or len(parts) < 2 or not parts[0] or not _ALIAS.fullmatch(text) or parts[1] not in ("up", "down"):
        return None
    try:
        addresses = frozenset(_interface(*part.split("-")) for part in parts[2:])
    except (ValueError, TypeError):
        return None
    return Mark(parts[0], addresses, parts[1] == "up")


def _interface(local: str, length: str | int) -> Interface:
    return ip_interface(f"{local}/{length}")


class _Vxlan(msgspec.Struct):
    id: int | None = None
    port: int = 0
    link: str = ""
    learning: bool = True
    ttl: int | str = 0
    """A word for a link that inherits; the nearest that we can wish for is 0."""
    local: str = ""
    local6: str = ""


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


class _Link(msgspec.Struct):
    ifname: str = ""
    flags: list[str] = []
    mtu: int = 0
    ifalias: str = ""
    linkinfo: _LinkInfo = msgspec.field(default_factory=_LinkInfo)
    addr_info: list[_Address] = []


class _Route(msgspec.Struct):
    dst: str = ""
    type: str = ""
    gateway: str = ""
    dev: str = ""
    protocol: str = _BOOT
    nexthops: list[msgspec.Raw] = []


def parse(readings: Mapping[Reading, str]) -> Netns:
    """What the readings say, all of LINKS, ROUTES, ENTRIES and LEARNED that are there. Raises ParseError."""
    entries = parse_entries(readings.get(Reading.ENTRIES, ""))
    learned = parse_entries(readings.get(Reading.LEARNED, ""))
    try:
        printed = msgspec.json.decode(readings.get(Reading.LINKS) or "[]", type=list[_Link])
        found = {InterfaceName(link.ifname): _link(link) for link in printed if link.ifname}
        routes, foreign = _routes(readings.get(Reading.ROUTES, ""), found)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ParseError(f"ip printed what makes no sense: {error}") from error
    for name, link in found.items():
        if link is not None:
            here = entries.get(name, frozenset())
            found[name] = replace(
                link,
                routes=frozenset(routes[name]),
                destinations=Destinations.of(entry.destination for entry in here if entry.mac == ZERO_MAC),
                strays=frozenset(entry for entry in here if entry.mac != ZERO_MAC),
                learned=learned.get(name, frozenset()),
            )
    ours = {name: link for name, link in found.items() if link is not None and link.mark != NO_MARK}
    return Netns(tuple(ours.values()), Foreign({name: link for name, link in found.items() if name not in ours}, foreign))


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
        (_interface(given.local, given.prefixlen), given) for given in printed.addr_info if given.local and not given.address
    ]
    lasting = [
        address for address, given in there if not given.dynamic and not (address.version == 6 and address.is_link_local)
    ]
    return Link(
        device,
        mark,
        up="UP" in printed.flags,
        addresses=frozenset(address for address, _ in there if address in mark.addresses),
        others=tuple(address for address in lasting if address not in mark.addresses),
        secondary=frozenset(address for address, given in there if given.secondary),
    )


def _routes(
    text: str, links: Mapping[InterfaceName, Link | None]
) -> tuple[defaultdict[InterfaceName, list[Route]], dict[Prefix, str]]:
    """Our routes by link, and the subnets of those that are not ours.

    Without a VXLAN link's routes by hand, which may be taken over, and those that come and go with its addresses.
    """
    ours: defaultdict[InterfaceName, list[Route]] = defaultdict(list)
    foreign: dict[Prefix, str] = {}
    for everything, line in zip(("0.0.0.0/0", "::/0"), text.splitlines(), strict=False):
        for route in msgspec.json.decode(line.strip() or "[]", type=list[_Route]):
            subnet = ip_network(everything if route.dst == "default" else route.dst)
            link = None if route.type or route.nexthops else links.get(InterfaceName(route.dev))
            if link is not None and route.gateway and route.protocol == str(PROTOCOL):
                ours[link.name].append(Route(subnet, ip_address(route.gateway)))
            elif link is None or not (_by_hand(route) or _connected(route, subnet, link)):
                foreign[subnet] = route.protocol
    return ours, foreign


def _by_hand(route: _Route) -> bool:
    return route.protocol == _BOOT and route.gateway != ""


def _connected(route: _Route, subnet: Prefix, link: Link) -> bool:
    return route.protocol == _KERNEL and any(subnet == address.network for address in (*link.addresses, *link.others))


def parse_entries(text: str) -> dict[InterfaceName, frozenset[Entry]]:
    """Lines `LINK MAC DESTINATION`, by link. Raises ParseError."""
    entries: defaultdict[InterfaceName, set[Entry]] = defaultdict(set)
    for line in text.splitlines():
        try:
            link, mac, destination = line.split()
            address = ip_address(destination)
        except ValueError as error:
            raise ParseError(f"{line!r} is not a forwarding entry: {error}") from error
        if not _MAC.fullmatch(mac):
            raise ParseError(f"{line!r} is not a forwarding entry: {mac} is not a MAC address")
        if not address.is_unspecified:  # no line can remove that one alone
            entries[InterfaceName(link)].add(Entry(mac, address))
    return {link: frozenset(found) for link, found in entries.items()}


def digest(destinations: Iterable[Address]) -> str:
    """What DIGEST says of a link that has these zero-MAC entries and no other permanent ones: `COUNT MD5`."""
    lines = sorted(f"{ZERO_MAC} {destination}\n" for destination in destinations)
    return f"{len(lines)} {md5(''.join(lines).encode(), usedforsecurity=False).hexdigest()}"


def parse_digests(text: str) -> dict[InterfaceName, str]:
    """Lines `LINK COUNT MD5`, by link, as `digest` writes them. Raises ParseError."""
    digests = {}
    for line in text.splitlines():
        link, _, rest = line.partition(" ")
        if not _DIGEST.fullmatch(rest):
            raise ParseError(f"{line!r} is not a digest")
        digests[InterfaceName(link)] = rest
    return digests
