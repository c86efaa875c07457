"""Pure. The forwarding of one link: what to append and what to delete. Nearly all that ever happens goes through here.

Laws: append before delete; what is held is neither added nor removed; an entry that was learned stays while it points to a
member, and goes with that member. One that points to no member goes too when it is read: nobody can tell it from that of a
member which left while nobody looked (docs/decisions/0007-what-was-learned.md). Where two generations of a network are
compared, the difference is computed once for all of its places (`destinations.Generation`).
"""

from collections.abc import Iterator, Set

from kube_vxlan_controller.kernel.netns import ZERO_MAC, Entry, Link, mark_name
from kube_vxlan_controller.kernel.steps import AppendDestination, DeleteEntry, Step
from kube_vxlan_controller.model import Address, Hold, InterfaceName


def forwarding(want: Link, have: Link, hold: Hold) -> Iterator[Step]:
    """The steps for a link that is wished."""
    still = _still(want, hold)
    for destination in sorted(want.destinations.beyond(have.destinations) - still, key=int):
        yield AppendDestination(want.name, destination)
    if hold.removals:
        return
    for destination in sorted(have.destinations.beyond(want.destinations) - still, key=int):
        yield DeleteEntry(want.name, Entry(ZERO_MAC, destination))
    if have.strays or have.learned:
        past = {entry for entry in have.learned if entry.destination not in want.destinations}
        yield from _without(want.name, have.strays, past, still)


def departed(link: Link, hold: Hold) -> Iterator[Step]:
    """What goes even from a held link: entries whose destination no live pod claims."""
    if hold.removals:
        return
    still = _still(link, hold)
    for destination in sorted(link.destinations.outside(hold.alive) - still, key=int):
        yield DeleteEntry(link.name, Entry(ZERO_MAC, destination))
    strays, past = ({one for one in entries if one.destination not in hold.alive} for entries in (link.strays, link.learned))
    yield from _without(link.name, strays, past, still)


def _without(link: InterfaceName, strays: Set[Entry], learned: Set[Entry], still: Set[Address]) -> Iterator[Step]:
    for entries in (strays, learned):
        for entry in sorted(entries, key=_entry_key) if entries else ():
            if entry.destination not in still:
                yield DeleteEntry(link, entry, learned=entries is learned)


def _still(link: Link, hold: Hold) -> Set[Address]:
    """The destinations of which nobody can tell whether they belong to the link's network."""
    if not hold.peers:
        return hold.destinations
    return hold.destinations.union(*(peers for network, peers in hold.peers.items() if mark_name(network) == link.mark.network))


def _entry_key(entry: Entry) -> tuple[str, int]:
    return entry.mac, int(entry.destination)
