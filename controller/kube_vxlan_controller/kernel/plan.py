"""Pure. The difference between two values of a network namespace, as steps: what to do so that what is becomes what is wished.

Laws, each a property test: the steps lead there and then there are none; a kernel that tells the truth refuses none of them;
stopped after any of them, the next plan reaches the same end; a wire that stays, and every destination in both values, stays
throughout; nothing foreign is named (but to put it back); what is held is left alone; under `hold.removals` nothing is
removed, by side effect neither.
"""

from collections.abc import Set
from dataclasses import dataclass

from kube_vxlan_controller.kernel.arranging import Obstacles, alike, arranged, can_stay, name_held, obstacles, wished_mtu
from kube_vxlan_controller.kernel.forwarding import departed, forwarding
from kube_vxlan_controller.kernel.netns import Device, Link, Netns, mark_name
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
from kube_vxlan_controller.model import NOTHING_HELD, Fault, Hold, InterfaceName

ORDER: tuple[tuple[type[Step], ...], ...] = (
    (DeleteLink,),  # before any AddLink: two links may swap their VNIs
    (DeleteRoute,),  # before what would take them along
    (DeleteAddress,),  # secondaries before their primary
    (SetDown,),
    (AddLink, SetMark),  # each link at once marked; after what the mark no longer records, before what it now does
    (ChangeDevice,),
    (SetMtu,),  # below 1,280 bytes a link takes no IPv6 address
    (AddAddress, RestoreAddress),
    (SetUp,),
    (ReplaceRoute, RestoreRoute),  # needs a link that is up and an address beside the gateway
    (AppendDestination,),  # before DeleteEntry: the members that stay are never cut off
    (DeleteEntry,),
)

_RANK = {kind: rank for rank, kinds in enumerate(ORDER) for kind in kinds}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in this order, and what cannot be done because something foreign is in the way."""

    steps: tuple[Step, ...] = ()
    faults: tuple[Fault, ...] = ()


def plan(want: Netns, have: Netns, hold: Hold = NOTHING_HELD) -> Plan:
    """The steps from `have` to `want`, less what must hold still. Cheap where their parts are the same objects."""
    found: list[Step | Fault] = []
    wished = want.by_name
    held = _held(have, hold)
    in_the_way: Obstacles | None = None
    for link in have.links:
        if link.name in held:
            found += departed(link, hold)
        elif not hold.removals and not can_stay(link, wished.get(link.name)):
            found.append(DeleteLink(link.name))
    for link in want.links:
        if link.name in held:
            if have.by_name[link.name].mark.network != link.mark.network:
                found.append(name_held(link, have.by_name[link.name]))
            continue
        there = have.by_name.get(link.name)
        if there is not None and _settled(link, there) and wished_mtu(link.device, have.foreign) in (None, there.device.mtu):
            found += forwarding(link, there, hold)
        else:
            in_the_way = in_the_way or obstacles(want, have, hold, held)
            found += arranged(link, have, hold, in_the_way)
    steps = [item for item in found if not isinstance(item, Fault)]
    steps.sort(key=lambda step: _RANK[type(step)])
    return Plan(tuple(steps), tuple(item for item in found if isinstance(item, Fault)))


def _held(have: Netns, hold: Hold) -> Set[InterfaceName]:
    """The links that stay as they are, because nobody can tell what they should be."""
    if hold.everything:
        return have.by_name.keys()
    if not hold.networks:
        return frozenset()
    marks = {mark_name(network) for network in hold.networks}
    return {link.name for link in have.links if link.mark.network in marks}


def _settled(want: Link, have: Link) -> bool:
    """Whether nothing but forwarding differs. By identity where possible: comparing equal sets of addresses takes its time."""
    return (
        want.up is have.up
        and (want.mark is have.mark or want.mark == have.mark)
        and (want.addresses is have.addresses or want.addresses == have.addresses)
        and (want.routes is have.routes or want.routes == have.routes)
        and (want.device is have.device or _same_device(want.device, have.device))
    )


def _same_device(want: Device, have: Device) -> bool:
    return want.same_wire(have) and alike(want, have)
