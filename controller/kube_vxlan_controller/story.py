"""Pure. The story of one place: what was done there, and what of it is worth telling when it stands differently with us.

A worker tells the story what it is about to do (`begins`), that it was done (`did`), that a wish was found carried out
(`settled`) and how the place stands now (`stands`); the story counts and tells. Laws: what undoes somebody else's change is
told as a repair, once it has had its effect, also where it comes together with what a user changed; what is wrong is told
again while it lasts.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from kube_vxlan_controller.desired import Wish
from kube_vxlan_controller.kernel.arranging import UNMADE
from kube_vxlan_controller.kernel.lines import render
from kube_vxlan_controller.kernel.plan import plan
from kube_vxlan_controller.kernel.steps import AddLink, AppendDestination, DeleteEntry, Step
from kube_vxlan_controller.model import Address, Fault, InterfaceName, Place, Target
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
        self._carried_out: Wish | None = None
        """The wish that the kernel was last found to be like, until something is changed for the sake of another one."""
        self._putting_back: frozenset[Step] = frozenset()
        """What of the round that is on its way undoes somebody else's change."""
        self._undone: dict[str, None] = {}
        """What was done to put back what somebody else changed, in order; told when it has had its effect."""
        meter.standing(None, NEW.state)

    def begins(self, wish: Wish, due: Round) -> None:
        """A round is about to be asked for; whether it will have been carried out may never be known."""
        self._putting_back = put_back(self._carried_out, wish, due)
        if due.phase is Phase.CHANGE and any(_is_own(step) for step in due.plan.steps if step not in self._putting_back):
            self._carried_out = None

    def did(self, done: Round) -> None:
        """The round that was begun last was carried out."""
        back = self._putting_back
        for kind, number in _kinds(done.plan.steps):
            self._meter.stepped(kind, number)
        for kind, number in _kinds(back):
            self._meter.repaired(kind, number)
        self._changed |= done.phase is Phase.CHANGE and any(_is_own(step) for step in done.plan.steps if step not in back)
        self._opened |= done.phase is Phase.OPEN
        self.untouched &= done.phase not in (Phase.CHANGE, Phase.OPEN)
        lines = render(step for step in done.plan.steps if step in back)
        self._undone |= dict.fromkeys(lines.batch + lines.entries)
        if done.phase is Phase.FORWARD:
            self._tell_peers(step for step in done.plan.steps if step not in back)

    def settled(self, wish: Wish | None) -> None:
        """Nothing is left to do for this wish; None: all that was done is, but something is held back for now."""
        self._carried_out = wish

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

    def _tell_peers(self, steps: Iterable[Step]) -> None:
        joined: Counter[InterfaceName] = Counter()
        left: Counter[InterfaceName] = Counter()
        for step in steps:
            if isinstance(step, AppendDestination):
                joined[step.link] += 1
            elif isinstance(step, DeleteEntry) and step.entry.is_destination:
                left[step.link] += 1
        for link in sorted(joined.keys() | left.keys()):
            self._tell(peers(self._place, link, joined[link], left[link]))


def put_back(before: Wish | None, wish: Wish, due: Round) -> frozenset[Step]:
    """The steps of a round that undo somebody else's change, where the kernel was like the wish `before` (None: it was not).

    For the same wish that is everything but what the kernel learned by itself, which is nobody's change. For another one it is
    what no way from the one to the other would have, but of entries only those of links that are put back themselves: which of
    them peers came and went with cannot be told. What was empty is another sandbox, where the pod has another address or its
    agent is another container.
    """
    if before is None or due.phase not in (Phase.CHANGE, Phase.FORWARD):
        return frozenset()
    if before is not wish and (due.phase is Phase.FORWARD or _is_made_anew(before, wish, due)):
        return frozenset()
    if before is wish:
        return frozenset(step for step in due.plan.steps if not (isinstance(step, DeleteEntry) and step.learned))
    expected = frozenset(plan(wish.netns, before.netns, wish.hold).steps)
    unexpected = [step for step in due.plan.steps if step not in expected]
    remade = {step.link for step in unexpected if isinstance(step, AddLink)}
    return frozenset(step for step in unexpected if _is_own(step) or step.link in remade)


def _kinds(steps: Iterable[Step]) -> Iterable[tuple[str, int]]:
    """How many there are of each kind."""
    return Counter(type(step).__name__ for step in steps).items()


def _is_made_anew(before: Wish, wish: Wish, due: Round) -> bool:
    """Whether nothing is there of what the wish `before` had, in a sandbox that may be another one."""
    if _sandbox(before) == _sandbox(wish):
        return False
    impossible = {fault.network for fault in due.plan.faults}
    added = {step.link for step in due.plan.steps if isinstance(step, AddLink)}
    return added.issuperset(link.name for link in wish.netns.links if link.mark.network not in impossible)


def _sandbox(wish: Wish) -> tuple[frozenset[Address], Target | None]:
    """What is another one when a pod's sandbox is, and sometimes otherwise."""
    return wish.reading.addresses, wish.target


def _is_own(step: Step) -> bool:
    """Whether a step is about what the pod itself has, and not about its peers."""
    return not isinstance(step, AppendDestination | DeleteEntry)


def _wires(wish: Wish, faults: tuple[Fault, ...]) -> tuple[Wire, ...]:
    """The links that are there: all that are wished for but those in whose way something stands."""
    refused = {fault.network for fault in faults if fault.code in UNMADE}
    links = [link for link in wish.netns.links if link.mark.network not in refused]
    return tuple(Wire(link.name, tuple(sorted(map(str, link.addresses))), len(link.destinations)) for link in links)
