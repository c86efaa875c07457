"""Pure. One link, whatever is there now: changed in place, adopted, made anew, or left out where that cannot be.

A link of ours whose wished attributes no kernel would take is left as it is, and everything on it, its forwarding above all,
is arranged as ever. A `dev` that is not there is never named: iproute2 would end its whole batch there, `-force` or not.

The kernel's side effects are foreseen, so that one plan suffices. Removing an IPv4 primary takes the secondaries of its
subnet along, removing the last IPv4 address of a link its IPv4 routes, lowering it all its routes, IPv6 addresses and learned
entries, deleting it everything. What of it is not ours is put back as far as it can be. A network whose link is made anew,
under another name too, keeps its MAC address, so that neighbours find it at once and its own link-local address is the same. (A
kernel that promotes secondaries loses less: it takes an address that is given twice without a word, and refuses a route that it
still has.)
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace

from kube_vxlan_controller.kernel.forwarding import forwarding
from kube_vxlan_controller.kernel.netns import NO_MARK, Device, Foreign, ForeignRoute, Link, Mark, Netns, Wire
from kube_vxlan_controller.kernel.steps import (
    AddAddress,
    AddLink,
    ChangeDevice,
    DeleteAddress,
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
from kube_vxlan_controller.model import MAX_ADDRESSES, Fault, Hold, Interface, InterfaceName, NetworkName, Prefix, Route

LINK_IN_THE_WAY = "link-in-the-way"
NO_DEVICE = "no-device"
MTU_TOO_LARGE = "mtu-too-large"
UNMADE = frozenset({LINK_IN_THE_WAY, NO_DEVICE, MTU_TOO_LARGE})
"""The codes of Faults because of which a link is not there at all, or not as wished."""


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What is taken, and by what: a sentence, or nothing where it is ours and only waits to be removed."""

    wires: Mapping[Wire, tuple[str, str]]
    """With what to do about it."""
    subnets: Mapping[Prefix, str]
    macs: Mapping[str, str]
    """The MAC addresses of links of ours that are on their way out, by what their mark calls the network."""
    devices: Set[InterfaceName]
    """What a link can stand on: what is there and stays. Empty where nobody knows."""


def obstacles(want: Netns, have: Netns, hold: Hold, held: Set[InterfaceName]) -> Obstacles:
    """What is in the way of any link of this place."""
    wires: dict[Wire, tuple[str, str]] = {}
    subnets: dict[Prefix, str] = {}
    foreign = [link for link in have.foreign.links.values() if link is not None]
    for link in want.links:
        subnets |= {address.network: f"{address} is in it" for address in link.addresses}
    for link in (*have.links, *foreign):
        subnets |= {address.network: f"{address} is in it" for address in link.others}
    for link in have.links:
        if link.name in held or hold.removals:
            why = f"link {link.name} has it, whose own wish cannot be read" if link.name in held else ""
            wires[link.device.wire] = (why, f"Mend what is wrong with the network of {link.name} first")
            subnets |= {route.subnet: why for route in link.routes}
            subnets |= {address.network: why for address in link.addresses}
    for link in foreign if hold.removals else ():
        subnets |= {route.subnet: "" for route in link.routes}
    wires |= {link.device.wire: (f"link {link.name} has it, which is not ours", "Remove that link") for link in foreign}
    subnets |= {subnet: f"there is a route of protocol {protocol} to it" for subnet, protocol in have.foreign.routes.items()}
    parting = _parting(want, have, hold, held)
    macs = {link.mark.network: link.mac for link in parting}
    return Obstacles(wires, subnets, macs, have.foreign.mtus.keys() - {link.name for link in parting})


def _parting(want: Netns, have: Netns, hold: Hold, held: Set[InterfaceName]) -> list[Link]:
    """The links of ours that are about to be deleted."""
    if hold.removals:
        return []
    wished = want.by_name
    return [link for link in have.links if link.name not in held and not can_stay(link, wished.get(link.name))]


def can_stay(link: Link, want: Link | None) -> bool:
    """Whether a link can become the one that is wished for by its name."""
    return want is not None and link.device.same_wire(want.device)


def arranged(want: Link, have: Netns, hold: Hold, in_the_way: Obstacles) -> Iterator[Step | Fault]:
    """The steps for one link that is wished, or the Faults because of which there are none or fewer."""
    ours, foreign = have.by_name.get(want.name), have.foreign.links.get(want.name)
    adoptable = None if want.name in have.foreign.aliases or want.name in have.foreign.leading else foreign
    link = next((link for link in (ours, adoptable) if link is not None and link.device.same_wire(want.device)), None)
    impossible = _impossible(want, have, in_the_way)
    if impossible is not None:
        yield impossible
        if link is None or link is not ours:
            return
        too_large = impossible.code == MTU_TOO_LARGE
        want = replace(want, device=replace(want.device, mtu=link.device.mtu) if too_large else link.device)
    if link is None:
        if ours is not None and hold.removals:
            return
        if want.name in have.foreign.links:
            yield _name_taken(want, have.foreign)
            return
        taken = in_the_way.wires.get(want.device.wire)
        if taken is not None:
            why, cure = taken
            if why:
                yield _fault(want, LINK_IN_THE_WAY, f"VNI {want.device.vni} with port {want.device.port}: {why}", cure)
            return
        yield AddLink(want.device, in_the_way.macs.get(want.mark.network, ""))
        link = Link(want.device, NO_MARK)
    left = link if hold.removals else _left(want, link)
    mtu = wished_mtu(want.device, have.foreign)
    if mtu is not None and link.device.mtu not in (None, mtu):
        yield SetMtu(want.name, mtu)
    yield from _in_place(want, link, left, hold, in_the_way)
    yield from _restored(want, ours or link, left, have.foreign)
    yield from forwarding(want, left, hold)


def wished_mtu(device: Device, foreign: Foreign) -> int | None:
    """The MTU that a link should have: the one that is written, else what the kernel gives; None where nobody knows."""
    return foreign.room(device) if device.mtu is None else device.mtu


def _impossible(want: Link, have: Netns, in_the_way: Obstacles) -> Fault | None:
    """Why no kernel would make the link so, here and now."""
    device, foreign, room, there = want.device, have.foreign, have.foreign.room(want.device), in_the_way.devices
    if there and device.lower not in there:
        others = sorted(filter(str.isprintable, there - have.by_name.keys() - {"lo", want.name}))
        hint = f"Write `dev` with one that it has ({', '.join(others[:8])}), or make it: then the network follows by itself"
        return _fault(want, NO_DEVICE, f"The pod has no device {device.lower}", hint)
    if room is not None and device.mtu is not None and device.mtu > room:
        message = f"An MTU of {device.mtu} does not fit through {device.lower}, whose own is {foreign.mtus[device.lower]}"
        return _fault(want, MTU_TOO_LARGE, message, f"Write mtu={room} at most, or none")
    return None


def alike(want: Device, have: Device) -> bool:
    """Whether all is the same that `ChangeDevice` sets."""
    same_local = want.local is None or want.local == have.local
    return same_local and (want.lower, want.learning, want.ttl or 0) == (have.lower, have.learning, have.ttl or 0)


def name_held(want: Link, there: Link) -> Fault:
    """That a link which has to stay as it is has the name of a wished one of another network."""
    message = f"Link {want.name} is that of network {there.mark.network}, whose own wish cannot be read"
    hint = f"Mend what is wrong with {there.mark.network} first, or give this network another `name`"
    return _fault(want, LINK_IN_THE_WAY, message, hint)


def _name_taken(want: Link, foreign: Foreign) -> Fault:
    there, alias = f"There is a link {want.name} that is not ours", foreign.aliases.get(want.name)
    if alias is None and want.name in foreign.leading:
        hint = "Make it without `remote` and `group`, or not at all; else give the network another `name`"
        return _fault(want, LINK_IN_THE_WAY, f"{there}: it leads to {foreign.leading[want.name]} by itself", hint)
    if alias is None:
        return _fault(want, LINK_IN_THE_WAY, there, "Give the network another `name`")
    shown = "".join(letter if letter.isprintable() else "?" for letter in alias[:64])
    clear = f"If it may be taken over, clear that with `ip link set dev {want.name} alias ''`"
    return _fault(want, LINK_IN_THE_WAY, f"{there}: its alias is {shown}", f"{clear}; else give the network another `name`")


def _fault(want: Link, code: str, message: str, hint: str) -> Fault:
    return Fault(code, f"{message}.", f"{hint}.", network=NetworkName(want.mark.network))


def _in_place(want: Link, have: Link, left: Link, hold: Hold, in_the_way: Obstacles) -> Iterator[Step | Fault]:
    """Everything but forwarding, on a link whose wire is right; `left` is what of it survives what we take away."""
    if not alike(want.device, have.device):
        yield ChangeDevice(want.device)
    if not hold.removals:
        yield from _taken(want, have, left)
    mark = _united(have.mark, want.mark) if hold.removals else want.mark
    if mark != have.mark:
        yield SetMark(want.name, mark)
    for address in sorted((want.addresses & mark.addresses).difference(left.addresses, left.others), key=_address_key):
        yield AddAddress(want.name, address)
    if want.up and not left.up:
        yield SetUp(want.name)
    reachable = (want.up or left.up) and want.addresses <= mark.addresses
    for route in sorted(want.routes - left.routes, key=_route_key) if reachable else ():
        why = "a default route is never touched" if route.subnet.prefixlen == 0 else in_the_way.subnets.get(route.subnet)
        if why is None:
            yield ReplaceRoute(want.name, route)
        elif why:
            yield _fault(
                want, "route-in-the-way", f"No route to {route.subnet} can be set: {why}", "Choose a subnet that is free"
            )


def _restored(want: Link, before: Link, left: Link, foreign: Foreign) -> Iterator[Step]:
    """What is not ours and goes with what we take away, as far as it can stand on the link as it will be."""
    for address in before.others:
        if address not in left.others and address not in want.addresses:
            yield RestoreAddress(want.name, address)
    if not (want.up or left.up):
        return
    near = {address.network for address in (*want.addresses, *before.others)}
    ours = {route.subnet for route in want.routes if route.subnet not in foreign.routes}  # the ancestor's are taken over
    for route in sorted(before.other_routes - left.other_routes, key=str):
        gateway = route.gateway
        reachable = gateway is None or (gateway.version == 6 and gateway.is_link_local) or any(gateway in net for net in near)
        if reachable and route.subnet not in ours:
            yield RestoreRoute(want.name, route)


def _united(have: Mark, want: Mark) -> Mark:
    """What to record while nothing may be removed; no new address where an alias could not hold them all."""
    addresses = have.addresses | want.addresses
    return Mark(want.network, addresses if len(addresses) <= MAX_ADDRESSES else have.addresses, have.raised or want.raised)


def _left(want: Link, have: Link) -> Link:
    """What the kernel leaves of a link when we take away what is no longer wished."""
    lowers = have.up and not want.up and have.mark.raised
    gone = have.addresses - want.addresses
    emptied = {address.network for address in gone - have.secondary}

    def stays(address: Interface) -> bool:
        orphaned = address in have.secondary and address.network in emptied
        return address not in gone and not orphaned and not (lowers and address.version == 6)

    addresses, others = frozenset(filter(stays, have.addresses)), tuple(filter(stays, have.others))
    bare = any(address.version == 4 for address in gone) and not any(address.version == 4 for address in (*addresses, *others))

    def remains(route: Route | ForeignRoute) -> bool:
        return not (lowers or (bare and route.subnet.version == 4))

    return replace(
        have,
        up=have.up and not lowers,
        addresses=addresses,
        others=others,
        routes=frozenset(filter(remains, have.routes)),
        other_routes=frozenset(filter(remains, have.other_routes)),
        learned=frozenset() if lowers else have.learned,
    )


def _taken(want: Link, have: Link, left: Link) -> Iterator[Step]:
    """What we take away of a link: no more than must be, in an order in which each is still there when its turn comes."""
    if have.up and not left.up:
        yield SetDown(want.name)  # takes the routes along
    else:
        subnets = {route.subnet for route in want.routes}
        for route in sorted(have.routes, key=_route_key):
            if route.subnet not in subnets:
                yield DeleteRoute(want.name, route)
    for address in sorted(have.addresses - want.addresses, key=lambda gone: (gone not in have.secondary, *_address_key(gone))):
        yield DeleteAddress(want.name, address)


def _address_key(address: Interface) -> tuple[int, int, int]:
    return address.version, int(address), address.network.prefixlen


def _route_key(route: Route) -> tuple[int, int, int, int]:
    return route.subnet.version, int(route.subnet.network_address), route.subnet.prefixlen, int(route.gateway)
