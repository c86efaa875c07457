"""Pure. The story of one place: what was done there, and what of it is worth telling when it stands differently with us.

A worker tells the story what it did (`did`) and how the place stands now (`stands`); the story counts and tells. Laws: what
undoes somebody else's change is told as a repair, once it has had its effect; what is wrong is told again while it lasts.
"""

from collections import Counter
from collections.abc import Callable

from kube_vxlan_controller.desired import Wish
from kube_vxlan_controller.kernel.arranging import UNMADE
from kube_vxlan_controller.kernel.netns import ZERO_MAC
from kube_vxlan_controller.kernel.steps import AppendDestination, DeleteEntry
from kube_vxlan_controller.model import Fault, Place
from kube_vxlan_controller.ports import Meter
from kube_vxlan_controller.rounds import Phase, Round
from kube_vxlan_controller.telling import NEW, News, Readiness, Standing, State, Wire, peers, readiness, repaired, tell, untold

MOST_TROUBLES = 16
"""Different troubles of one place that are remembered until it is wired."""


class Story:
    """What has happened in one place, as far as it has not been told."""

    def __init__(self, place: Place, meter: Meter, tell: Callable[[News], None], again: float) -> None:
        """`again`: after so many seconds what is still wrong is told once more."""
        self.standing: Standing = NEW
        self.untouched = True
        """Nothing but forwarding entries has had to be changed here, nor a gate opened."""
        self._place = place
        self._meter = meter
        self._tell = tell
        self._again = again
        self._told_at = 0.0
        self._changed = self._opened = False
        self._reported: Readiness | None = None
        self._undone: dict[str, None] = {}
        """What was done to put back what somebody else changed, in order; told when it has had its effect."""
        meter.standing(None, NEW.state)

    def did(self, done: Round, undoes: bool) -> None:
        """A round was carried out; `undoes`: for a wish that had been carried out before, so somebody else undid it."""
        undoes &= done.phase in (Phase.CHANGE, Phase.FORWARD)
        for kind, number in Counter(type(step).__name__ for step in done.plan.steps).items():
            self._meter.stepped(kind, number)
            if undoes:
                self._meter.repaired(kind, number)
        self._changed |= done.phase is Phase.CHANGE and not undoes
        self._opened |= done.phase is Phase.OPEN
        self.untouched &= done.phase not in (Phase.CHANGE, Phase.OPEN)
        if undoes:
            self._undone |= dict.fromkeys(done.ask.batch + done.ask.entries)
        elif done.phase is Phase.FORWARD:
            self._tell_peers(done)

    def stands(
        self, wish: Wish, state: State, now: float, faults: tuple[Fault, ...] = (), trouble: str = "", known: bool = True
    ) -> None:
        """How the place stands at `now` (any clock's seconds); `faults` are those of its kernel, if that is `known`."""
        after = Standing(
            state,
            _wires(wish, faults),
            wish.reading.faults + faults,
            wish.warnings,
            trouble if trouble or state is State.WIRED else self.standing.trouble,
            self._troubles(state, trouble),
            known,
            self._changed,
            self._opened,
        )
        if state is State.WIRED and self._undone:
            self._tell(repaired(self._place, tuple(self._undone)))
            self._undone = {}
        self._tell_standing(after, now)
        if wish.gated:
            self._report(readiness(self._place, after))
        if after.state is not self.standing.state:
            self._meter.standing(self.standing.state, after.state)
        self.standing = after
        if state is State.WIRED:
            self._changed = self._opened = False

    def ends(self) -> None:
        """The place is gone."""
        self._meter.standing(self.standing.state, None)

    @property
    def ready(self) -> bool:
        """Whether the pod's readiness gate was told that frames can pass."""
        return self._reported is not None and bool(self._reported.ready)

    def _report(self, now: Readiness) -> None:
        if now != self._reported:
            self._reported = now
            self._tell(now)

    def _troubles(self, state: State, trouble: str) -> frozenset[str]:
        before = self.standing.troubles
        if state is State.WIRED:
            return frozenset()
        # One that is another each time must not fill the memory; the log limits its lines.
        return before | {trouble} if trouble and len(before) < MOST_TROUBLES else before

    def _tell_standing(self, after: Standing, now: float) -> None:
        tales = tell(self._place, self.standing, after)
        if not tales and now - self._told_at >= self._again:
            tales = tell(self._place, untold(after), after)
        for tale in tales:
            self._told_at = now
            self._tell(tale)

    def _tell_peers(self, done: Round) -> None:
        joined = Counter(step.link for step in done.plan.steps if isinstance(step, AppendDestination))
        deleted = [step for step in done.plan.steps if isinstance(step, DeleteEntry)]
        left = Counter(step.link for step in deleted if step.entry.mac == ZERO_MAC)
        for link in sorted(joined.keys() | left.keys()):
            self._tell(peers(self._place, link, joined[link], left[link]))


def _wires(wish: Wish, faults: tuple[Fault, ...]) -> tuple[Wire, ...]:
    """The links that are there: all that are wished for but those in whose way something stands."""
    refused = {fault.network for fault in faults if fault.code in UNMADE}
    links = [link for link in wish.netns.links if link.mark.network not in refused]
    return tuple(Wire(link.name, tuple(sorted(map(str, link.addresses))), len(link.destinations)) for link in links)
