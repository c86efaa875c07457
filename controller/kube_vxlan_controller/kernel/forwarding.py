"""Pure. The forwarding of one link: what to append and what to delete. Nearly all that ever happens goes through here.

Laws: append before delete; what is held is neither added nor removed; entries that were learned go only with the member that
they point to. Where two generations of a network are compared, the difference is computed once for all of its places
(`netns.Generation`).
"""

from collections.abc import Iterator, Set

from kube_vxlan_controller.kernel.netns import ZERO_MAC, Entry, Link, mark_name
from kube_vxlan_controller.kernel.steps import AppendDestination, DeleteEntry, Step
from kube_vxlan_controller.model import Address, Hold


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
        for entry in sorted(have.strays | past, key=_entry_key):
            if entry.destination not in still:
                yield DeleteEntry(want.name, entry)


def departed(link: Link, hold: Hold) -> Iterator[Step]:
    """What goes even from a held link: entries whose destination no live pod claims."""
    if hold.removals:
        return
    still = _still(link, hold)
    for destination in sorted(link.destinations.outside(hold.alive) - still, key=int):
        yield DeleteEntry(link.name, Entry(ZERO_MAC, destination))
    past = {entry for entry in (*link.strays, *link.learned) if entry.destination not in hold.alive}
    for entry in sorted(past, key=_entry_key):
        if entry.destination not in still:
            yield DeleteEntry(link.name, entry)


def _still(link: Link, hold: Hold) -> Set[Address]:
    """The destinations of which nobody can tell whether they belong to the link's network."""
    if not hold.peers:
        return hold.destinations
    return hold.destinations.union(*(peers for network, peers in hold.peers.items() if mark_name(network) == link.mark.network))


def _entry_key(entry: Entry) -> tuple[str, int]:
    return entry.mac, int(entry.destination)
