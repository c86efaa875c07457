"""Pure. Where frames go that nobody knows the way for: the destinations of a link, as a set that a whole network shares."""

from collections.abc import Iterable, Iterator, Set

from kube_vxlan_controller.model import Address


class Destinations:
    """A set of zero-MAC destinations: a set shared by all members of a network, less one's own address.

    Sharing is what makes a join cheap: equal generations are recognised by identity, and the difference of two
    generations is computed once, whoever asks first, and found again by all the other places. Immutable to its users.
    """

    __slots__ = ("shared", "without")

    def __init__(self, shared: "Generation", without: Address | None = None) -> None:
        self.shared = shared
        self.without = without

    @classmethod
    def of(cls, addresses: Iterable[Address]) -> "Destinations":
        """A set of its own, shared with nobody."""
        return cls(Generation(frozenset(addresses)))

    def __iter__(self) -> Iterator[Address]:
        return (address for address in self.shared.members if address != self.without)

    def __contains__(self, address: object) -> bool:
        return address in self.shared.members and address != self.without

    def __len__(self) -> int:
        return len(self.shared.members) - (self.without in self.shared.members)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Destinations):
            return NotImplemented
        if self.shared is other.shared and self.without == other.without:
            return True
        return len(self) == len(other) and not self.beyond(other)

    def __hash__(self) -> int:
        return hash(frozenset(self))

    def __repr__(self) -> str:
        return f"Destinations({', '.join(sorted(map(str, self)))})"

    def beyond(self, other: "Destinations") -> frozenset[Address]:
        """The destinations here that `other` has not."""
        if self is other or (self.shared is other.shared and self.without == other.without):
            return frozenset()
        extra = self.shared.beyond(other.shared)
        if self.without in extra:
            extra = extra - {self.without}
        if other.without is not None and other.without in self:
            extra = extra | {other.without}
        return extra

    def outside(self, addresses: Set[Address]) -> frozenset[Address]:
        """The destinations here that are not among the addresses; by the sets' own means, which make nothing of the others."""
        return self.shared.members - addresses - {self.without}


class Generation:
    """One immutable member set of a network; remembers its difference to the sets it was last compared with."""

    __slots__ = ("_compared", "members")

    def __init__(self, members: frozenset[Address]) -> None:
        self.members = members
        self._compared: tuple[Generation, frozenset[Address]] | None = None

    def beyond(self, other: "Generation") -> frozenset[Address]:
        """`members - other.members`, computed once for a pair that is asked for again and again."""
        if self is other:
            return frozenset()
        known = self._compared
        if known is not None and known[0] is other:
            return known[1]
        extra = self.members - other.members
        self._compared = (other, extra)
        return extra


NO_DESTINATIONS = Destinations.of(())
