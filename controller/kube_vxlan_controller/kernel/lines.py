"""Pure. Steps as lines of iproute2's batches.

The agent accepts these line shapes and no other (N, D: a link's name; A: an address; P: an address or subnet with prefix
length; I, U, M, T: whole numbers; MAC: six octets in hexadecimal):

    for `ip -force -batch -`
        link del dev N
        link add name N[ mtu M][ address MAC] type vxlan id I dev D dstport U[ local A] (learning|nolearning) ttl T
        link set dev N type vxlan dev D[ local A] (learning|nolearning) ttl T
        link set dev N alias kvc1/NETWORK/(up|down)[/P]...          P with `-` for its `/`, at most 255 characters in all
        link set dev N mtu M
        link set dev N (up|down)
        addr replace P dev N[ nodad]                                nodad: always for IPv6, never for IPv4
        addr del P dev N
        route replace P via A dev N proto 86
        route del P via A dev N proto 86
        route add P[ via A] dev N proto K[ metric T]                K: any number but 86
    for `bridge -force -batch -`
        fdb append 00:00:00:00:00:00 dst A dev N self permanent
        fdb del MAC dst A dev N[ port U][ vni I][ via D] self

Laws: every word is of the characters `A-Za-z0-9:./_-`, at most 64 of them (an alias: 255), whatever the step says, or
`render` raises; the address that means "any" is never a destination, since deleting it deletes all.

Facts (measured, Linux 6.18 and iproute2 6.1). `mtu` and `address` must stand before `type`. `ttl 0` is the kernel's default,
at `add` and at `set`. `addr replace` succeeds whether or not the address is there, `addr add` does not; a kernel that promotes
secondaries (`promote_secondaries=1`, which systemd's hosts hand down to pods) keeps some that we put back. `route add` never
touches a route that is there, whatever its link; `route replace` would. `local 0.0.0.0` would unset a local address; nobody
needs it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

from kube_vxlan_controller.kernel.alias import alias
from kube_vxlan_controller.kernel.netns import ZERO_MAC, Device, Entry, ForeignRoute
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
    RestoreRoute,
    SetDown,
    SetMark,
    SetMtu,
    SetUp,
    Step,
)
from kube_vxlan_controller.model import Address

PROTOCOL = 86
"""Our routes carry it. (Numbers of the kernel's users are in /etc/iproute2/rt_protos; nobody there has 86.)"""

_WORDS = re.compile(r"[A-Za-z0-9:./_-]{1,64}(?: [A-Za-z0-9:./_-]{1,64})*")
_ALIAS = re.compile(r"[A-Za-z0-9:./_-]{1,255}")


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
        if isinstance(step, AppendDestination | DeleteEntry):
            entries.append(_entry_line(step))
        else:
            batch.append(_allowed(step))
    return Batches(tuple(batch), tuple(entries))


def _allowed(step: Step) -> str:
    line = _line(step)
    if not _WORDS.fullmatch(line) and not (isinstance(step, SetMark) and _ALIAS.fullmatch(line.rpartition(" ")[2])):
        raise ValueError(f"{line!r} is not a line that an agent takes")
    return line


@lru_cache(maxsize=1024)
def _entry_line(step: AppendDestination | DeleteEntry) -> str:
    """The same for the steps of joins and leaves, which are one and the same in all peers."""
    return _allowed(step)


def _line(step: Step) -> str:
    match step:
        case AppendDestination(link, destination):
            return f"fdb append {ZERO_MAC} dst {_specified(destination)} dev {link} self permanent"
        case DeleteEntry(link, entry):
            return f"fdb del {entry.mac} dst {_specified(entry.destination)} dev {link}{_odd(entry)} self"
        case DeleteLink(link):
            return f"link del dev {link}"
        case AddLink(device, mac):
            mtu = "" if device.mtu is None else f" mtu {device.mtu}"
            address = f" address {mac}" if mac else ""
            wire = f"id {device.vni} dev {device.lower} dstport {device.port}"
            return f"link add name {device.name}{mtu}{address} type vxlan {wire}{_attributes(device)}"
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
        case RestoreRoute(link, route):
            return f"route add {route.subnet}{_gateway(route)} dev {link} proto {route.protocol}{_metric(route)}"
        case _:
            assert_never(step)


def _attributes(device: Device) -> str:
    local = f" local {device.local}" if device.local else ""
    return f"{local} {'learning' if device.learning else 'nolearning'} ttl {device.ttl or 0}"


def _odd(entry: Entry) -> str:
    port, vni = f" port {entry.port}" if entry.port else "", f" vni {entry.vni}" if entry.vni else ""
    return f"{port}{vni}{f' via {entry.via}' if entry.via else ''}"


def _gateway(route: ForeignRoute) -> str:
    return f" via {route.gateway}" if route.gateway else ""


def _metric(route: ForeignRoute) -> str:
    return "" if route.metric is None else f" metric {route.metric}"


def _specified(destination: Address) -> Address:
    if destination.is_unspecified:
        raise ValueError("the unspecified address stands for all destinations")
    return destination
