"""Pure. When pods are let go on: not before their networks are there (S14), and not long after (L5).

A pod's gate is either an init agent, which holds it until it is released, or a native agent whose startup probe asks whether
the networks are ready. That one is open when the first process of a container begins that comes after the agent.
"""

from collections.abc import Iterator

from tests.checker.constants import Constants
from tests.checker.facts import Fact, GateOpened, GateShut, History, Left, Pod, Runs, Violation
from tests.checker.holdings import Holdings
from tests.checker.spans import NEVER, covers, grown, holds, late, union
from tests.checker.timelines import Timelines
from tests.checker.wishes import Has, Held, Refused, Unseen

_AGENT = "vxlan-controller-agent"


class Gates:
    """Judges one run."""

    def __init__(self, history: History, run: Timelines, holdings: Holdings, constants: Constants) -> None:
        gated = {fact.pod for fact in history if isinstance(fact.what, Pod) and fact.what.gate}
        self._facts = [*_of_probes(history)]
        self._facts += [fact for fact in history if isinstance(fact.what, GateShut | GateOpened | Left) and fact.pod in gated]
        self._run = run
        self._holdings = holdings
        self._constants = constants

    def violations(self) -> Iterator[Violation]:
        """All of them."""
        for fact in self._facts:
            if isinstance(fact.what, GateOpened):
                yield from self._opened(fact.pod, fact.time)
        yield from self._waiting()

    def _opened(self, pod: str, time: float) -> Iterator[Violation]:
        """S14."""
        run = self._run
        unjudged = union(run.pod_excuses.get(pod, NEVER), run.perhaps.get(Unseen(pod), NEVER))
        dies = not covers(union(run.kernels[pod].watched), time, time + self._constants.haze)
        if holds(unjudged, time) or dies:
            return
        for wish, spans in run.surely.items():
            if isinstance(wish, Held | Refused) and wish.pod == pod and holds(spans, time):
                yield Violation(
                    "S14", time, pod, f"The gate opened though {wish.network or 'the annotation'} cannot be honoured."
                )
        for wish, spans in run.surely.items():
            wanted = isinstance(wish, Has) and wish.pod == pod and holds(spans, time)
            if isinstance(wish, Has) and wanted and not holds(self._holdings.present(wish), time):
                yield Violation("S14", time, pod, f"The gate opened before {wish.link} had {wish.what} {wish.value}.")

    def _waiting(self) -> Iterator[Violation]:
        """L5, of pods whose networks can be honoured."""
        run, shut = self._run, dict[str, float]()
        waits: list[tuple[str, float, float]] = []
        for fact in sorted(self._facts, key=lambda fact: fact.time):
            if isinstance(fact.what, GateShut):
                shut[fact.pod] = fact.time
            elif fact.pod in shut:
                waits.append((fact.pod, shut.pop(fact.pod), fact.time))
        for pod, begin, end in (*waits, *((pod, begin, run.end) for pod, begin in shut.items())):
            doubts = (wish for wish in run.perhaps if isinstance(wish, Held | Refused | Unseen) and wish.pod == pod)
            doubted = grown(union(*(run.perhaps[wish] for wish in doubts)), 0.0, self._constants.join)
            excuses = union(run.excused(pod), doubted)
            for since, until in late(((begin, end),), self._constants.join, excuses):
                yield Violation("L5", since, pod, f"The gate stayed shut for {until - since:.3f} s after it had to open.")


def _of_probes(history: History) -> Iterator[Fact]:
    """When the gates were shut and opened that are native agents' startup probes, in each sandbox once, and when that ended."""
    held_back = {fact.pod: fact.what.held_back for fact in history if isinstance(fact.what, Pod) and fact.what.held_back}
    is_shut: dict[str, bool] = {}
    for fact in history:
        match fact.what:
            case Runs(container=name, began=began) if fact.pod in held_back:
                if name == _AGENT and fact.pod not in is_shut:
                    is_shut[fact.pod] = True
                    yield Fact(began, fact.pod, GateShut())
                elif name in held_back[fact.pod] and is_shut.get(fact.pod, True):
                    is_shut[fact.pod] = False
                    yield Fact(began, fact.pod, GateOpened())
            case Left() if fact.pod in held_back:
                is_shut.pop(fact.pod, None)
                yield fact
