"""Pure. Who is a member of what: the addresses that live pods claim, and the groups of members that are each other's peers.

Laws. An address that two live pods claim belongs to neither, but a terminating pod loses to one that is not (addresses are
reused at once). Peers share name, VNI, port and family; a member that disagrees is a peer of those that agree with it. A
group's `Generation` is the same object for as long as its addresses are the same, so that nobody compares what did not change.
Everything is derived from the readings of pods; `regroup` touches only what the touched places could change.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kube_vxlan_controller.kernel.netns import Generation
from kube_vxlan_controller.model import Address, Interface, Member, NetworkKey, NetworkName, Place, Warning
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
    clashing: frozenset[Place]
    """Members that share an overlay address with another one."""


@dataclass(frozen=True, slots=True)
class Membership:
    """All claims and groups of one snapshot."""

    claims: Claims = field(default_factory=dict)
    groups: Mapping[NetworkKey, Group] = field(default_factory=dict)
    keys: Mapping[NetworkName, frozenset[NetworkKey]] = field(default_factory=dict)
    """The groups of each network name: more than one means that its members disagree about VNI, port or family."""


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
    affected: dict[NetworkKey, dict[Place, Member]] = {}
    for place in touched:
        for member in old.get(place, NOTHING_READ).members:
            _editable(affected, before, member.key).pop(place, None)
        for member in new.get(place, NOTHING_READ).members:
            _editable(affected, before, member.key)[place] = member
    groups = dict(before.groups)
    for key, members in affected.items():
        if members:
            groups[key] = _group(members, claims, pods, groups.get(key))
        else:
            groups.pop(key, None)
    return Membership(claims, groups, _names(before, groups))


def _editable(affected: dict[NetworkKey, dict[Place, Member]], before: Membership, key: NetworkKey) -> dict[Place, Member]:
    if key not in affected:
        affected[key] = dict(before.groups[key].members) if key in before.groups else {}
    return affected[key]


def _group(members: dict[Place, Member], claims: Claims, pods: Mapping[Place, PodView], before: Group | None) -> Group:
    addresses = frozenset(m.underlay for place, m in members.items() if owner(claims, pods, m.underlay) == place)
    generation = before.generation if before is not None and before.generation.members == addresses else Generation(addresses)
    return Group(members, generation, _clashing(members))


def _clashing(members: Mapping[Place, Member]) -> frozenset[Place]:
    given: Counter[Interface] = Counter(ip for member in members.values() for ip in member.options.ip)
    if len(given) == given.total():
        return frozenset()
    return frozenset(place for place, member in members.items() if any(given[ip] > 1 for ip in member.options.ip))


def _names(before: Membership, groups: Mapping[NetworkKey, Group]) -> Mapping[NetworkName, frozenset[NetworkKey]]:
    if before.groups.keys() == groups.keys():
        return before.keys
    names: dict[NetworkName, frozenset[NetworkKey]] = {}
    for key in groups:
        names[key.name] = names.get(key.name, frozenset()) | {key}
    return names


def cross_warnings(membership: Membership, pods: Mapping[Place, PodView], reading: PodReading) -> tuple[Warning, ...]:
    """What only shows when pods are looked at together: told to each of them, and nothing is held for it."""
    told: list[Warning] = []
    for member in reading.members:
        group = membership.groups[member.key]
        if owner(membership.claims, pods, member.underlay) != member.place:
            told.append(_conflict(member, membership.claims[member.underlay]))
        if len(membership.keys[member.network]) > 1:
            told.append(_disagreement(member, membership.keys[member.network]))
        if member.place in group.clashing:
            told.append(_clash(member, group))
    return tuple(told)


def _conflict(member: Member, claims: frozenset[Place]) -> Warning:
    others = ", ".join(sorted(str(place) for place in claims if place != member.place))
    return Warning(
        "address-conflict",
        f"The address {member.underlay} of this pod is also claimed by {others}; until that ends no peer sends there.",
        "Two live pods cannot have one address: see which of them is really there, and delete the other.",
        member.network,
    )


def _disagreement(member: Member, keys: frozenset[NetworkKey]) -> Warning:
    others = " or ".join(map(_wire, sorted(keys - {member.key})))
    return Warning(
        "members-disagree",
        f"This pod uses {_wire(member.key)} for {member.network}, other members {others}; "
        "frames pass only among those that agree.",
        "Give id, port and family in the ConfigMap and in no annotation.",
        member.network,
    )


def _wire(key: NetworkKey) -> str:
    return f"VNI {key.vni}, UDP port {key.port} and family {key.family}"


def _clash(member: Member, group: Group) -> Warning:
    mine = frozenset(member.options.ip)
    rivals = sorted(
        str(place) for place in group.clashing - {member.place} if mine.intersection(group.members[place].options.ip)
    )
    more = f" and {len(rivals) - 3} more" if len(rivals) > 3 else ""
    return Warning(
        "duplicate-address",
        f"An overlay address of this pod on {member.network} is also that of {', '.join(rivals[:3])}{more}.",
        "Two pods with one address answer for each other by turns; give each its own ip.",
        member.network,
    )
