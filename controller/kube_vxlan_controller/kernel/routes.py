"""Pure. Main-table routes as iproute2 prints them: ours, those of others over our links, and whose way they are in.

Laws: ours is what has our protocol number on a VXLAN link; a route of somebody else's is a `ForeignRoute` only if that tells
all there is to it, since a route that is put back otherwise than it was would be worse than one that is gone.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

import msgspec

from kube_vxlan_controller.kernel.lines import PROTOCOL
from kube_vxlan_controller.kernel.netns import ForeignRoute, Link
from kube_vxlan_controller.model import InterfaceName, Prefix, Route

_KERNEL = "2"
_LINK = "253"
"""The scope of IPv4 routes without a gateway."""
_NOT_OTHERS = (_KERNEL, str(PROTOCOL))
_NUMBER = re.compile(r"[0-9]{1,3}")
_LABELS = re.compile(r"[0-9]+(?:/[0-9]+)*")
"""What a route of MPLS leads to; such routes stand in the same list, and are in nobody's way."""
_BOOT = "3"
"""The protocol of routes that somebody added by hand, the ancestor among them; iproute2 leaves it out."""


class _Route(msgspec.Struct):
    dst: str = ""
    type: str = ""
    gateway: str = ""
    dev: str = ""
    protocol: str = _BOOT
    table: str = ""
    """Of any table but main, which iproute2 leaves out."""
    pref: str = ""
    nexthops: list[msgspec.Raw] = []


class _Simple(msgspec.Struct, forbid_unknown_fields=True):
    """A route with nothing about it that `ForeignRoute` does not tell."""

    dst: str
    dev: str
    gateway: str = ""
    protocol: str = _BOOT
    metric: int | None = None
    scope: str = ""
    flags: list[str] = []
    pref: str = "medium"


@dataclass(slots=True)
class Routes:
    """What a reading of routes says."""

    ours: defaultdict[InterfaceName, list[Route]]
    """By link."""
    others: defaultdict[InterfaceName, list[ForeignRoute]]
    """Those over VXLAN links that are not ours and could be put back, by link."""
    foreign: dict[Prefix, str]
    """The protocol numbers of routes that are not ours, by subnet.

    Without a VXLAN link's routes by hand, which may be taken over (unless the link is somebody's), and those that come and go
    with its addresses.
    """


def read_routes(text: str, links: Mapping[InterfaceName, Link | None], aliases: Mapping[InterfaceName, str]) -> Routes:
    """What the reading's list says; `links` are the links that are there, None for those that are not VXLAN, and `aliases`
    those of somebody else's. Raises ValueError, msgspec's errors among them, for what makes no sense."""
    found = Routes(defaultdict(list), defaultdict(list), {})
    for raw in msgspec.json.decode(text.strip() or "[]", type=list[msgspec.Raw]):
        route = msgspec.json.decode(raw, type=_Route)
        if route.table or _LABELS.fullmatch(route.dst):
            continue
        subnet = _subnet(route)
        link = None if route.type or route.nexthops else links.get(InterfaceName(route.dev))
        if link is not None and route.gateway and route.protocol == str(PROTOCOL):
            found.ours[link.name].append(Route(subnet, ip_address(route.gateway)))
            continue
        if link is not None and (other := _restorable(raw, subnet)) is not None:
            found.others[link.name].append(other)
        if link is None or not (_by_hand(route, aliases) or _connected(route, subnet, link)):
            found.foreign[subnet] = route.protocol
    return found


def _subnet(route: _Route) -> Prefix:
    """What the route leads to. Only routes of IPv6 have a preference."""
    if route.dst == "default":
        return ip_network("::/0" if route.pref else "0.0.0.0/0")
    return ip_network(route.dst)


def _by_hand(route: _Route, aliases: Mapping[InterfaceName, str]) -> bool:
    return route.protocol == _BOOT and route.gateway != "" and InterfaceName(route.dev) not in aliases


def _restorable(raw: msgspec.Raw, subnet: Prefix) -> ForeignRoute | None:
    """A route that is not ours, if it is simple enough to be put back as it was."""
    try:
        route = msgspec.json.decode(raw, type=_Simple)
    except msgspec.ValidationError:
        return None
    scope = _LINK if subnet.version == 4 and not route.gateway else ""
    simple = route.scope == scope and not route.flags and route.pref == "medium" and "%" not in route.gateway
    somebodys = _NUMBER.fullmatch(route.protocol) and route.protocol not in _NOT_OTHERS
    if not simple or not somebodys or subnet.prefixlen == 0:
        return None
    gateway = ip_address(route.gateway) if route.gateway else None
    return ForeignRoute(subnet, gateway, int(route.protocol), route.metric)


def _connected(route: _Route, subnet: Prefix, link: Link) -> bool:
    return route.protocol == _KERNEL and any(subnet == address.network for address in (*link.addresses, *link.others))
