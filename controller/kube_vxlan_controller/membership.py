"""Pure. Who is a member of what: the addresses that live pods claim, and the groups of members that are each other's peers.

Laws. An address that two live pods claim belongs to neither, but a terminating pod loses to one that is not (addresses are
reused at once). Peers share name, VNI, port and family; a member that disagrees is a peer of those that agree with it. A
group's `Generation` is the same object for as long as its addresses are the same, so that nobody compares what did not change.
Everything is derived from the readings of pods; `regroup` touches only what the touched places could change.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kube_vxlan_controller.kernel.destinations import Generation
from kube_vxlan_controller.model import Address, Member, NetworkKey, NetworkName, Place
from kube_vxlan_controller.sources.pods import NOTHING_READ, PodReading
from kube_vxlan_controller.views import PodView

Readings = Mapping[Place, PodReading]
Claims = Mapping[Address, frozenset[Place]]


@dataclass(frozen=True, slots=True)
class Group:
    """The members of one network that can be each other's peers."""

    members: Mapping[Place, Member]
    generation: Generation
    """The addresses at which they are reached, less those in conflict."""
    holders: Mapping[Address, frozenset[Place]] = field(default_factory=dict)
    """The members that have each overlay address: it should be one."""


NOBODY = Group({}, Generation(frozenset()))


@dataclass(frozen=True, slots=True)
class Membership:
    """All claims and groups of one snapshot."""

    claims: Claims = field(default_factory=dict)
    groups: Mapping[NetworkKey, Group] = field(default_factory=dict)
    keys: Mapping[NetworkName, tuple[NetworkKey, ...]] = field(default_factory=dict)
    """The groups of each network name, sorted: more than one means that its members disagree about VNI, port or family."""


def claimed(pod: PodView | None) -> tuple[Address, ...]:
    """The addresses that are this pod's own: those of a pod in its node's network are not."""
    return () if pod is None or pod.host_network else pod.addresses


def owner(claims: Claims, pods: Mapping[Place, PodView], address: Address) -> Place | None:
    """The one live pod to which an address belongs; None when it belongs to nobody, or to nobody for sure."""
    contenders = claims.get(address, frozenset())
    if len(contenders) > 1:
        contenders = frozenset(place for place in contenders if pods[place].leaves_at is None) or contenders
    return next(iter(contenders)) if len(contenders) == 1 else None


def reclaim(claims: Claims, before: Mapping[Place, PodView], pods: Mapping[Place, PodView], touched: Iterable[Place]) -> Claims:
    """The claims after the touched places changed; `before` and `pods` hold live pods only."""
    moved = [
        (
            place,
            frozenset(claimed(before[place]) if place in before else ()),
            frozenset(claimed(pods[place]) if place in pods else ()),
        )
        for place in touched
    ]
    if all(old == new for _, old, new in moved):
        return claims
    after = dict(claims)
    for place, old, new in moved:
        for address in old - new:
            after[address] -= {place}
            if not after[address]:
                del after[address]
        for address in new - old:
            after[address] = after.get(address, frozenset()) | {place}
    return after


def regroup(
    before: Membership,
    claims: Claims,
    pods: Mapping[Place, PodView],
    readings: tuple[Readings, Readings],
    touched: Iterable[Place],
) -> Membership:
    """The groups after the touched places changed from the first readings to the second."""
    old, new = readings
    moves: dict[NetworkKey, _Move] = defaultdict(_Move)
    for place in touched:
        for member in old.get(place, NOTHING_READ).members:
            moves[member.key].left.append(member)
        for member in new.get(place, NOTHING_READ).members:
            moves[member.key].came.append(member)
    groups = dict(before.groups)
    for key, move in moves.items():
        groups[key] = _group(groups.get(key, NOBODY), move, claims, pods)
        if not groups[key].members:
            del groups[key]
    return Membership(claims, groups, _names(before, groups))


@dataclass(slots=True)
class _Move:
    """Members that a group had and may have no more, and those that it has now; one that only changed is in both."""

    left: list[Member] = field(default_factory=list)
    came: list[Member] = field(default_factory=list)


def _group(before: Group, move: _Move, claims: Claims, pods: Mapping[Place, PodView]) -> Group:
    members, addresses = dict(before.members), set(before.generation.members)
    for member in move.left:
        del members[member.place]
        addresses.discard(member.underlay)  # if it is another's, that one is touched too, and comes
    for member in move.came:
        members[member.place] = member
        if owner(claims, pods, member.underlay) == member.place:
            addresses.add(member.underlay)
    same = addresses == before.generation.members
    return Group(members, before.generation if same else Generation(frozenset(addresses)), _holders(before.holders, move))


def _holders(before: Mapping[Address, frozenset[Place]], move: _Move) -> Mapping[Address, frozenset[Place]]:
    addresses = {address for member in (*move.left, *move.came) for address in overlay(member)}
    edited = {address: set(before.get(address, ())) for address in addresses}
    for member in move.left:
        for address in overlay(member):
            edited[address].discard(member.place)
    for member in move.came:
        for address in overlay(member):
            edited[address].add(member.place)
    after = {**before, **{address: frozenset(places) for address, places in edited.items()}}
    for address in addresses:
        if not after[address]:
            del after[address]
    return after


def overlay(member: Member) -> tuple[Address, ...]:
    """A member's addresses on its network."""
    return tuple(interface.ip for interface in member.options.ip)


def _names(before: Membership, groups: Mapping[NetworkKey, Group]) -> Mapping[NetworkName, tuple[NetworkKey, ...]]:
    if before.groups.keys() == groups.keys():
        return before.keys
    names: dict[NetworkName, tuple[NetworkKey, ...]] = {}
    for key in sorted(groups):
        names[key.name] = (*names.get(key.name, ()), key)
    return names
