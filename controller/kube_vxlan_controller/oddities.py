"""Pure. What is odd among pods: it only shows when they are looked at together, and nothing is held for it.

Laws: what is told of a pod depends on a few others at most, and is one and the same sentence where there are more, so that
among a thousand pods with one mistake one more is no news to the others. `rewarned` says for whom it may be another one,
without looking at anybody else.
"""

from collections.abc import Iterable, Mapping

from kube_vxlan_controller.membership import NOBODY, Group, Membership, Readings, overlay, owner
from kube_vxlan_controller.model import Address, Member, NetworkKey, Place, Warning
from kube_vxlan_controller.sources.pods import NOTHING_READ, PodReading
from kube_vxlan_controller.views import PodView

MOST_NAMED = 3
"""Others that a warning names; of more it says that they are more."""


def cross_warnings(membership: Membership, pods: Mapping[Place, PodView], reading: PodReading) -> tuple[Warning, ...]:
    """What is told to one pod."""
    told: list[Warning] = []
    for member in reading.members:
        if owner(membership.claims, pods, member.underlay) != member.place:
            told.append(_conflict(member, membership.claims[member.underlay]))
        keys = membership.keys[member.network]
        if len(keys) > 1:
            told.append(_disagreement(member, keys))
        sharing = _sharing(member, membership.groups[member.key])
        if len(sharing) > 1:
            told.append(_clash(member, sharing))
    return tuple(told)


def rewarned(
    before: Membership, after: Membership, readings: tuple[Readings, Readings], touched: Iterable[Place]
) -> set[Place]:
    """The pods to which something else may have to be told, after the touched ones went from one reading to another."""
    told: set[Place] = set()
    seen: set[tuple[NetworkKey, Address]] = set()
    for place in touched:
        for reading in (one.get(place, NOTHING_READ) for one in readings):
            seen.update((member.key, address) for member in reading.members for address in overlay(member))
    for key, address in seen:
        old, new = (one.groups.get(key, NOBODY).holders.get(address, frozenset()) for one in (before, after))
        if old != new and not (_crowded(old) and _crowded(new)):
            told |= old | new
    for name in before.keys.keys() | after.keys.keys() if before.keys is not after.keys else ():
        if before.keys.get(name) != after.keys.get(name):
            told.update(place for key in after.keys.get(name, ()) for place in after.groups[key].members)
    return told


def _crowded(places: frozenset[Place]) -> bool:
    """Whether each of these has more others beside it than are named."""
    return len(places) > MOST_NAMED + 1


def _sharing(member: Member, group: Group) -> frozenset[Place]:
    """Who has an overlay address of the member, itself among them; one crowd is enough to know of."""
    found: frozenset[Place] = frozenset()
    for address in overlay(member):
        if _crowded(group.holders[address]):
            return group.holders[address]
        found |= group.holders[address]
    return found


def _others(places: frozenset[Place], own: Place) -> str:
    """Those beside one's own by name, or that they are many."""
    if _crowded(places):
        return f"more than {MOST_NAMED} other pods"
    return ", ".join(map(str, sorted(places - {own})))


def _conflict(member: Member, claims: frozenset[Place]) -> Warning:
    others = _others(claims, member.place)
    return Warning(
        "address-conflict",
        f"The address {member.underlay} of this pod is also claimed by {others}; until that ends no peer sends there.",
        "Two live pods cannot have one address: see which of them is really there, and delete the other.",
        member.network,
    )


def _disagreement(member: Member, keys: tuple[NetworkKey, ...]) -> Warning:
    others = [_wire(key) for key in keys[: MOST_NAMED + 2] if key != member.key]
    shown = " or ".join(others[:MOST_NAMED]) + (", or still others" if len(others) > MOST_NAMED else "")
    return Warning(
        "members-disagree",
        f"This pod uses {_wire(member.key)} for {member.network}, other members {shown}; "
        "frames pass only among those that agree.",
        "Give id, port and family in the ConfigMap and in no annotation.",
        member.network,
    )


def _wire(key: NetworkKey) -> str:
    return f"VNI {key.vni}, UDP port {key.port} and family {key.family}"


def _clash(member: Member, sharing: frozenset[Place]) -> Warning:
    return Warning(
        "duplicate-address",
        f"An overlay address of this pod on {member.network} is also that of {_others(sharing, member.place)}.",
        "Two pods with one address answer for each other by turns; give each its own ip.",
        member.network,
    )
