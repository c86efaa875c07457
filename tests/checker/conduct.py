"""Pure. The laws of what a controller does and when: S6, S13; and whether the checker saw everything."""

from collections.abc import Iterator
from math import inf

from tests.checker.constants import Constants
from tests.checker.facts import (
    ByHand,
    Config,
    Controller,
    Ended,
    Entered,
    Fault,
    Gap,
    Gone,
    History,
    Is,
    Pod,
    PodGone,
    Violation,
)
from tests.checker.holdings import OUR_PROTOCOL
from tests.checker.items import Address, Entry, Item, Link, Route, Rule
from tests.checker.spans import Spans, covers, grown, holds, union
from tests.checker.timelines import Timelines
from tests.checker.wishes import Member

_WATCHED_AFTER = 30.0
"""Seconds after a restart in which nothing may be written."""
_STIRRED = 5.0
"""Seconds after which what happened is no reason any more to write what is there again."""


class Conduct:
    """Judges one run."""

    def __init__(self, history: History, run: Timelines, constants: Constants, unsettled: Spans) -> None:
        self._history = history
        self._run = run
        self._constants = constants
        self._unsettled = unsettled
        self._changes = tuple(sorted(_changes(history)))
        """When something happened that may be acted on: between which two looks."""

    def violations(self) -> Iterator[Violation]:
        """All of them."""
        for fact in self._history:
            if isinstance(fact.what, Gap):
                yield Violation("GAP", fact.time, fact.pod, f"The checker did not see everything: {fact.what.why}.")
        yield from self._restarts()
        yield from self._idle()
        yield from self._blind()
        yield from self._never_seen()

    def _dies(self, pod: str, time: float) -> bool:
        """Whether a pod's namespace was being torn down by then: what goes with it is nobody's doing."""
        return not covers(union(self._run.kernels[pod].watched), time, time + self._constants.haze)

    def _ours(self, pod: str, item: Item, time: float) -> bool:
        """Whether something is of our making: a controller's write, if it changed."""
        lives = [life for life in self._run.kernels[pod].lives() if life.network and life.begin <= time <= life.end]
        on = {life.last.ifindex: life for life in lives}
        match item:
            case Link() | Entry(permanent=True):
                return item.ifindex in on
            case Address():
                return item.ifindex in on and item.cidr in on[item.ifindex].given
            case Route():
                return item.ifindex in on and item.protocol == OUR_PROTOCOL
        return False

    def _link(self, pod: str, item: Item) -> str:
        """The name of the link that something hangs on; empty for what hangs on none."""
        index = None if isinstance(item, Rule) else item.ifindex
        return next((life.last.name for life in self._run.kernels[pod].lives() if life.last.ifindex == index), "")

    def _restarts(self) -> Iterator[Violation]:
        """S6, after each start but the first."""
        starts = [fact.time for fact in self._history if fact.what == Controller(True)]
        writes = [fact for fact in self._history if isinstance(fact.what, Is | Gone) and fact.source == "told"]
        for start in starts[1:]:
            if any(begin <= start <= end for begin, end in self._unsettled):
                continue
            # What was first seen after the start may have been so from when it was last seen to be otherwise.
            until = min((since for since, time in self._changes if time > start), default=inf)
            until = min(until, start + _WATCHED_AFTER)
            for fact in writes:
                assert isinstance(fact.what, Is | Gone)
                seen = start < fact.time < until - self._constants.haze and not self._dies(fact.pod, fact.time)
                if seen and self._ours(fact.pod, fact.what.item, fact.time):
                    sentence = f"{fact.what.item} was written {fact.time - start:.3f} s after a controller was started"
                    yield Violation("S6", fact.time, fact.pod, f"{sentence}, though everything was in place.")

    def _idle(self) -> Iterator[Violation]:
        """S6, at any time: what is there is not written again, unless something has happened a while ago or is wrong."""
        run, there = self._run, dict[str, set[Item]]()
        busy = grown(union(self._unsettled, self._changes, run.blind), 0.0, _STIRRED)
        for fact in self._history:
            if not isinstance(fact.what, Is | Gone):
                continue
            pod, item, held = fact.pod, fact.what.item, there.setdefault(fact.pod, set())
            again = isinstance(fact.what, Is) and item in held and fact.source == "told"
            if isinstance(item, Link):
                held -= {one for one in held if isinstance(one, Link) and one.ifindex == item.ifindex}
            if isinstance(fact.what, Is):
                held.add(item)
            else:
                held.discard(item)
            if not again or holds(busy, fact.time) or holds(run.excused(pod), fact.time):
                continue
            by_hand = holds(run.by_hand(pod, self._link(pod, item)), fact.time)
            if not by_hand and not self._dies(pod, fact.time) and self._ours(pod, item, fact.time):
                yield Violation("S6", fact.time, pod, f"{item} was written again, though nothing had happened.")

    def _blind(self) -> Iterator[Violation]:
        """S13."""
        after = ((begin + self._constants.haze, end) for begin, end in self._run.blind)
        blind = union(span for span in after if span[0] < span[1])
        for fact in self._history if blind else ():
            if not isinstance(fact.what, Gone) or not holds(blind, fact.time):
                continue
            pod = fact.pod
            hands = self._run.by_hand(pod, self._link(pod, fact.what.item))
            if not self._dies(pod, fact.time) and not holds(hands, fact.time) and self._ours(pod, fact.what.item, fact.time):
                yield Violation("S13", fact.time, pod, f"{fact.what.item} was removed while nobody could see the world.")

    def _never_seen(self) -> Iterator[Violation]:
        """A pod with links to make, into which the checker never looked, is not known to be right."""
        entered = {fact.pod for fact in self._history if isinstance(fact.what, Entered)}
        for wish, spans in self._run.surely.items():
            if isinstance(wish, Member) and wish.pod not in entered:
                for begin, end in spans[:1]:  # none, where a pod was so short a member that it surely never was
                    if min(end, self._run.end) - begin > self._constants.join:
                        yield Violation("GAP", begin, wish.pod, "The checker never saw into this pod's kernel.")


def _changes(history: History) -> Iterator[tuple[float, float]]:
    for fact in history:
        if isinstance(fact.what, Pod | PodGone | Config | ByHand | Fault | Controller | Ended):
            yield (fact.time if fact.since is None else fact.since), fact.time
        if isinstance(fact.what, Pod) and fact.what.leaves_at is not None:
            yield fact.what.leaves_at, fact.what.leaves_at
