"""Pure. Law 5 of the design: what nobody can tell stays as it is. Nothing of it goes, and nothing comes to it.

While a live pod cannot be read (`Held`: its text, an entry of it, a network's key, the whole ConfigMap), its links stay as
they are, with their recorded addresses, our routes, and the entries to addresses that a live pod claims; and its own address
(`Adrift`) is neither added nor removed by its peers. What goes all the same breaks S5, which says that members are never cut.
What comes breaks the law by which it is not wished for: S1 an entry, L2 a link, L1 an address or a route.

Neither a fault nor a restart of the controller is a reason. What was decided before the doubt may be done for a while after
it began (`stale`); hands, and the end of a sandbox, are nobody's doing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests.checker.constants import Constants
from tests.checker.facts import Violation
from tests.checker.holdings import Holdings, as_wish
from tests.checker.items import Address, Entry, Route
from tests.checker.kernels import Kernel, Life
from tests.checker.spans import NEVER, Spans, both, covers, grown, holds, lasting, put_off, union
from tests.checker.timelines import Timelines
from tests.checker.wishes import ROOM, Adrift, Alive, Has, Held, Kept, Member, Reached, Wish

_ANYWHERE = "00:00:00:00:00:00"


class Holds:
    """Judges what stays of one run."""

    def __init__(self, run: Timelines, holdings: Holdings, constants: Constants) -> None:
        self._run = run
        self._holdings = holdings
        self._constants = constants
        self._members: dict[tuple[str, str], list[Member]] = defaultdict(list)
        self._reached: dict[tuple[str, str], list[Reached]] = defaultdict(list)
        for wish in run.perhaps:
            if isinstance(wish, Member):
                self._members[wish.pod, wish.network].append(wish)
            elif isinstance(wish, Reached):
                self._reached[wish.network, wish.address].append(wish)

    def violations(self) -> Iterator[Violation]:
        """All of them."""
        if not any(isinstance(wish, Held) for wish in self._run.perhaps):
            return
        for wish in self._run.surely:
            if isinstance(wish, Kept) and isinstance(wish.wish, Has) and wish.wish.pod in self._run.kernels:
                yield from self._lost(wish.wish)
        for pod, kernel in self._run.kernels.items():
            for life in kernel.lives():
                if life.network:
                    yield from self._entries(pod, kernel, life)
                    yield from self._come(pod, kernel, life)

    def _lost(self, wish: Has) -> Iterator[Violation]:
        """Links, with all but their entries. What goes with its link is not asked for apart."""
        pod, run, haze = wish.pod, self._run, self._constants.haze
        networks = ("", *(name for owner, name in self._members if owner == pod))
        doubt = self._perhaps(Held(pod, network) for network in networks)
        if wish.value == ROOM:
            return  # the lower device's may be another one
        kept = self._surely([Kept(wish)])
        ends = [life.end for life in run.kernels[pod].lives() if life.last.name == wish.link]
        if wish.what == "vni":  # a link is made anew for another port too
            kept, ends = both(kept, self._surely(_ports(run.surely, wish))), []
        for span in self._holdings.present(wish):
            with_its_link = any(abs(span[1] - end) <= haze for end in ends)
            if not with_its_link and self._goes(pod, wish.link, span, kept, doubt):
                sentence = f"{wish.link} has {wish.what} {wish.value} no more, though nobody could tell what it should have."
                yield Violation("S5", span[1], pod, sentence)

    def _entries(self, pod: str, kernel: Kernel, life: Life) -> Iterator[Violation]:
        own = {one.address for (owner, _), members in self._members.items() if owner == pod for one in members}
        for entry, spans in kernel.on(life, Entry):
            assert isinstance(entry, Entry)
            if entry.mac != _ANYWHERE or not entry.permanent or entry.destination in own:
                continue
            doubts: list[Wish] = [Held(pod, network) for network in ("", life.network)]
            doubts += [Adrift(network, entry.destination) for network in ("", life.network)]
            kept = self._kept(pod, life, entry)
            for span in spans:
                stays = life.end > span[1] + self._constants.haze
                if stays and self._goes(pod, life.last.name, span, kept, self._perhaps(doubts)):
                    sentence = f"{life.last.name} stopped to send to {entry.destination}, which had to stay as it was"
                    yield Violation("S5", span[1], pod, f"{sentence}: nobody could tell what it should be.")
                if self._comes(pod, life.last.name, span[0], self._surely(doubts), self._wanted(pod, life, entry)):
                    sentence = f"{life.last.name} began to send to {entry.destination}, of which nobody can tell"
                    yield Violation("S1", span[0], pod, f"{sentence} whether it should.")

    def _come(self, pod: str, kernel: Kernel, life: Life) -> Iterator[Violation]:
        """A link, an address or a route that was not there when the doubt began."""
        doubt = self._surely(Held(pod, network) for network in ("", life.network))
        name, wishes = life.last.name, [one for one in self._members[pod, life.network] if one.link == life.last.name]
        if self._comes(pod, name, life.begin, doubt, self._perhaps(wishes)):
            yield Violation("L2", life.begin, pod, f"{name} was made while nobody could tell whether it should be there.")
        for item, spans in (*kernel.on(life, Address), *kernel.on(life, Route)):
            wish = as_wish(pod, life, item)
            for begin, _ in spans if wish else ():
                assert wish is not None
                if self._comes(pod, name, begin, doubt, self._perhaps([wish])):
                    sentence = f"{name} was given {wish.what} {wish.value} while nobody could tell what it should have."
                    yield Violation("L1", begin, pod, sentence)

    def _kept(self, pod: str, life: Life, entry: Entry) -> Spans:
        """While an entry must not go."""
        wire = (life.last.vni, life.last.port)
        members = [one for one in self._members[pod, life.network] if (one.vni, one.port) == wire]
        reached = [one for one in self._reached[life.network, entry.destination] if (one.vni, one.port) == wire]
        held = self._surely(Held(pod, network) for network in ("", life.network))
        adrift = self._surely(Adrift(network, entry.destination) for network in ("", life.network))
        here = union(self._surely([*members, *map(Kept, members)]), held)
        there = union(self._surely([*reached, *map(Kept, reached)]), adrift)
        return both(here, union(there, both(held, self._surely([Alive(entry.destination)]))))

    def _wanted(self, pod: str, life: Life, entry: Entry) -> Spans:
        """While an entry may come."""
        return both(
            self._perhaps(self._members[pod, life.network]), self._perhaps(self._reached[life.network, entry.destination])
        )

    def _goes(self, pod: str, link: str, span: tuple[float, float], kept: Spans, doubt: Spans) -> bool:
        """Whether the end of something breaks the law."""
        (begin, gone), haze, run = span, self._constants.haze, self._run
        if gone >= run.end or not holds(grown(doubt, haze, haze), gone) or holds(run.by_hand(pod, link), gone):
            return False

        def is_old(since: float) -> bool:
            """Whether nothing that was decided before this moment can be the reason."""
            return since <= begin or put_off(since, since + self._constants.stale, run.excused(pod)) <= gone

        if not covers(union(run.kernels[pod].watched), gone - haze, gone + haze):
            return False
        return any(since <= gone - haze and gone + haze <= until and is_old(since) for since, until in kept)

    def _comes(self, pod: str, link: str, time: float, doubt: Spans, wanted: Spans) -> bool:
        """Whether the beginning of something breaks the law."""
        run, haze = self._run, self._constants.haze
        allowed = grown(lasting(wanted, self._constants.stale, run.excused(pod)), haze, haze)
        seen = both(doubt, union(run.kernels[pod].watched))
        return covers(seen, time - haze, time + haze) and not holds(allowed, time) and not holds(run.by_hand(pod, link), time)

    def _surely(self, wishes: Iterable[Wish]) -> Spans:
        return union(*(self._run.surely.get(wish, NEVER) for wish in wishes))

    def _perhaps(self, wishes: Iterable[Wish]) -> Spans:
        return union(*(self._run.perhaps.get(wish, NEVER) for wish in wishes))


def _ports(wishes: Iterable[Wish], vni: Has) -> Iterator[Kept]:
    """What is kept of the UDP ports of a link."""
    for wish in wishes:
        match wish:
            case Kept(wish=Has(pod=vni.pod, link=vni.link, what="port")):
                yield wish
