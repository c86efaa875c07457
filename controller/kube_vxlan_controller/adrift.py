"""Pure. What must hold still because nobody can tell where it belongs (law 5), and which places that concerns.

Laws: a place is told of what is adrift on its own networks only; a join concerns nobody who holds, however many they are; an
address that nobody claims any more concerns all of them, since it goes even from what is held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kube_vxlan_controller.membership import Claims, Membership, Readings, claimed
from kube_vxlan_controller.model import NOTHING_HELD, Address, Hold, NetworkName, Place
from kube_vxlan_controller.sources.pods import NOTHING_READ, PodReading
from kube_vxlan_controller.views import PodView


class Alive(set[Address]):
    """Every address that a live pod claims: one set for all who hold something.

    The one value here that changes, and it only grows: what is claimed anew is added to the set that everybody has already, so
    that a thousand places need no other wish for it. When a claim ends there is another set (docs/decisions/0008).
    """

    def after(self, before: Claims, claims: Claims) -> "Alive":
        """The set for these claims; this was that for those before, if it has not gone on to others since."""
        if len(self) != len(before):
            return Alive(claims)
        if claims is not before:
            addresses = set(claims)
            if not self <= addresses:
                return Alive(addresses)
            self.update(addresses)
        return self


@dataclass(frozen=True, slots=True)
class Adrift:
    """Addresses of live pods of which nobody can tell where they belong: on any network, and on single ones."""

    anywhere: frozenset[Address] = frozenset()
    on: Mapping[NetworkName, frozenset[Address]] = field(default_factory=dict)
    places: frozenset[Place] = frozenset()
    """The pods that are meant: those that hold something."""
    alive: Alive = field(default_factory=Alive)
    """Empty while nobody holds anything."""

    def hold(self, place: Place, reading: PodReading) -> Hold:
        """What must stay as it is in one place."""
        if not self.places:
            return NOTHING_HELD
        return Hold(
            everything=reading.unreadable,
            networks=reading.held,
            destinations=self.anywhere if reading.members else frozenset(),
            peers={m.network: self.on[m.network] for m in reading.members if m.network in self.on},
            alive=self.alive if place in self.places else frozenset(),
        )


def drift(
    before: Adrift,
    claims: tuple[Claims, Claims],
    pods: Mapping[Place, PodView],
    readings: Readings,
    touched: frozenset[Place],
) -> Adrift:
    """What is adrift after the touched places changed, and the claims from the first to the second."""
    holding = (place for place in touched if _holds(readings.get(place, NOTHING_READ)))
    places = (before.places - touched).union(holding)
    if not places:
        return Adrift() if before.places else before
    if before.places.isdisjoint(touched) and places == before.places:
        anywhere, on = before.anywhere, before.on
    else:
        anywhere, on = _addresses(places, pods, readings)
    alive = before.alive.after(*claims) if before.places else Alive(claims[1])
    after = Adrift(anywhere, on, places, alive)
    return before if alive is before.alive and after == before else after


def concerned(before: Adrift, after: Adrift, membership: Membership) -> set[Place]:
    """The places, besides those that are touched, for which something else must hold."""
    if before is after:
        return set()
    places = set(after.places) if before.alive is not after.alive else set[Place]()
    if before.anywhere != after.anywhere:
        names = set(membership.keys)
    else:
        names = {name for name in before.on.keys() | after.on.keys() if before.on.get(name) != after.on.get(name)}
    return places.union(*(membership.groups[key].members for name in names for key in membership.keys.get(name, ())))


def _holds(reading: PodReading) -> bool:
    return reading.unreadable or bool(reading.held)


def _addresses(
    places: frozenset[Place], pods: Mapping[Place, PodView], readings: Readings
) -> tuple[frozenset[Address], Mapping[NetworkName, frozenset[Address]]]:
    """Those of which nobody can tell on any network, and on each."""
    anywhere: set[Address] = set()
    on: dict[NetworkName, set[Address]] = {}
    for place in places:
        addresses = claimed(pods[place])
        if readings[place].unreadable:
            anywhere.update(addresses)
        for network in readings[place].held:
            on.setdefault(network, set()).update(addresses)
    return frozenset(anywhere), {network: frozenset(addresses) for network, addresses in on.items()}
