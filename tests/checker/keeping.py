"""Pure. What must not go: what is wished for, and goes on being so when nobody can tell any more (law 5 of the design).

A pod that cannot be read keeps what it has. By themselves the wishes do not say what that is, so at each moment a wish that
once held is `Kept` while it holds or is in doubt. It is said of each moment and not made of spans: between two looks one of
the two was the case, and so the thing had to stay, whichever it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tests.checker.wishes import Adrift, Has, Held, Kept, Member, Reached, Wish

Moment = tuple[float, float, frozenset[Wish]]
"""When what is wished for was last known to be otherwise, when it was seen, and what it is."""


def keep(moments: Iterable[Moment]) -> Sequence[Moment]:
    """The same moments, in which whatever was ever in doubt is `Kept` while it must not go."""
    known = tuple(moments)
    every = frozenset[Wish]().union(*(wishes for _, _, wishes in known))
    doubts = {wish: found for wish, found in _doubts(every).items() if found & every}
    if not doubts:
        return known
    return [(since, time, wishes | _kept(wishes, doubts)) for since, time, wishes in known]


def _kept(wishes: frozenset[Wish], doubts: Mapping[Member | Reached | Has, frozenset[Wish]]) -> frozenset[Wish]:
    return frozenset(Kept(wish) for wish, found in doubts.items() if wish in wishes or found & wishes)


def _doubts(wishes: frozenset[Wish]) -> Mapping[Member | Reached | Has, frozenset[Wish]]:
    """By which doubts each wish would be kept."""
    found: dict[Member | Reached | Has, frozenset[Wish]] = {}
    networks: dict[tuple[str, str], set[str]] = defaultdict(set)
    for wish in wishes:
        if isinstance(wish, Member):
            networks[wish.pod, wish.link].add(wish.network)
            found[wish] = frozenset((Held(wish.pod, ""), Held(wish.pod, wish.network)))
        elif isinstance(wish, Reached):
            found[wish] = frozenset((Adrift("", wish.address), Adrift(wish.network, wish.address)))
    for wish in wishes:
        if isinstance(wish, Has):
            found[wish] = frozenset(Held(wish.pod, network) for network in ("", *networks[wish.pod, wish.link]))
    return found
