"""Pure. What each kernel holds by what the observer told, and since when that has been what it should be.

A kernel is right when it has exactly the one link, up, with its VNI and address, and forwards what it knows nothing better for
to exactly the peers. `since` is the time of the fact that made it so.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.checker.facts import Fact, Gone, Is
from tests.checker.items import Address, Entry, Link

ZERO_MAC = "00:00:00:00:00:00"


@dataclass(frozen=True, slots=True)
class Right:
    """What one kernel should hold."""

    link: str
    vni: int
    address: str
    peers: frozenset[str]


@dataclass(slots=True)
class Kernel:
    """What one kernel holds of VXLAN links and on them."""

    links: dict[int, Link] = field(default_factory=dict)
    addresses: set[tuple[int, str]] = field(default_factory=set)
    destinations: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    changed: float = 0.0
    writes: list[Fact] = field(default_factory=list)
    """Whenever somebody changed something, or said once more what was there."""

    def take(self, fact: Fact) -> None:
        """Take in what the kernel told."""
        assert isinstance(fact.what, Is | Gone)
        there = isinstance(fact.what, Is)
        match fact.what.item:
            case Link(ifindex=index, vni=vni) as link if vni:
                self.links.pop(index, None)
                if there:
                    self.links[index] = link
                else:
                    self.destinations.pop(index, None)
                    self.addresses = {one for one in self.addresses if one[0] != index}
            case Address(ifindex=index, cidr=cidr) if index in self.links and not cidr.startswith("fe80:"):
                (self.addresses.add if there else self.addresses.discard)((index, cidr))
            case Entry(ifindex=index, mac=mac, destination=to, permanent=True) if mac == ZERO_MAC and index in self.links:
                (self.destinations[index].add if there else self.destinations[index].discard)(to)
            case _:
                return
        self.changed = fact.time
        if fact.source == "told":
            self.writes.append(fact)

    def holds(self, right: Right) -> bool:
        """Whether that is all that is there."""
        if len(self.links) != 1:
            return False
        (link,) = self.links.values()
        return (
            (link.name, link.vni, link.up) == (right.link, right.vni, True)
            and len(self.destinations[link.ifindex]) == len(right.peers)
            and {(link.ifindex, right.address)} == self.addresses
            and self.destinations[link.ifindex] == right.peers
        )


@dataclass(slots=True)
class Picture:
    """All kernels, and what they should hold."""

    kernels: defaultdict[str, Kernel] = field(default_factory=lambda: defaultdict(Kernel))
    expected: Mapping[str, Right] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)
    """Since when each kernel that is right has been."""

    def expect(self, expected: Mapping[str, Right]) -> None:
        """From now on this should be there, by pod uid; what else there is does not count."""
        self.expected, self.since = expected, {}
        for uid in expected:
            self._judge(uid, self.kernels[uid].changed)

    def take(self, fact: Fact) -> None:
        """Take in one fact."""
        if isinstance(fact.what, Is | Gone):
            self.kernels[fact.pod].take(fact)
            self._judge(fact.pod, fact.time)

    def _judge(self, uid: str, time: float) -> None:
        right = self.expected.get(uid)
        if right is not None and self.kernels[uid].holds(right):
            self.since.setdefault(uid, time)
        else:
            self.since.pop(uid, None)

    @property
    def complete(self) -> bool:
        """Whether every kernel is right."""
        return len(self.since) == len(self.expected)

    def writes(self, after: float) -> list[Fact]:
        """What was changed after a time in any kernel of which something is expected. (There may be other labs here.)"""
        return [fact for uid in self.expected for fact in self.kernels[uid].writes if fact.time > after]

    def wrong(self) -> Iterator[str]:
        """What is not right, a sentence each."""
        for uid, right in self.expected.items():
            if uid not in self.since:
                kernel = self.kernels[uid]
                counts = {link.name: len(kernel.destinations[link.ifindex]) for link in kernel.links.values()}
                yield f"{uid} should have {right.link} with {len(right.peers)} peers; it has {counts or 'no link'}"
