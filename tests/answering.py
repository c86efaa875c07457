"""Agents for tests of the hand: they answer as a real agent does in a namespace that holds what they say, and fail as told.

What a real agent answers to real changes is tested with real agents (tests/agents, tests/lab); here only waiting, failing and
trying again are of interest.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from kube_vxlan_controller.kernel.netns import EMPTY, Netns
from kube_vxlan_controller.model import Place
from kube_vxlan_controller.ports import Ask, Finally, StreamId, Target, Told
from kube_vxlan_controller.telling import Tale
from tests.printing import printed

Behaviour = Callable[[Target, Ask], BaseException | None]


@dataclass
class AnsweringAgents:
    """An `Agents` whose pods, by name, hold `kernels`. `behave` may fail a request, or change a kernel."""

    behave: Behaviour = lambda _target, _ask: None
    takes: float = 0.003
    """How long a request lasts."""
    slow: dict[str, float] = field(default_factory=dict)
    """The same for single pods, by name."""
    kernels: dict[str, Netns] = field(default_factory=lambda: defaultdict(lambda: EMPTY))
    complaints: tuple[str, ...] = ()
    """What `ip` and `bridge` say about every change."""
    asked: list[tuple[float, str, Ask]] = field(default_factory=list)
    forgotten: list[Place] = field(default_factory=list)
    under_way: dict[Place, int] = field(default_factory=lambda: defaultdict(int))
    most_at_once: int = 0

    async def ask(self, target: Target, ask: Ask, stream: StreamId | None = None) -> Told:
        self.asked.append((asyncio.get_running_loop().time(), target.place.name, ask))
        self.under_way[target.place] += 1
        self.most_at_once = max(self.most_at_once, sum(self.under_way.values()))
        assert self.under_way[target.place] == 1, "one request at a time per place"
        try:
            await asyncio.sleep(self.slow.get(target.place.name, self.takes))
            failure = self.behave(target, ask)
            if failure is not None:
                raise failure
            texts = printed(self.kernels[target.place.name])
            return Told(
                stream or StreamId(1),
                self.complaints if ask.writes else (),
                {reading: texts[reading] for reading, _ in ask.read},
            )
        finally:
            self.under_way[target.place] -= 1

    async def forget(self, place: Place) -> None:
        self.forgotten.append(place)

    def times(self, name: str) -> list[float]:
        """When the place of that name was asked."""
        return [at for at, who, _ in self.asked if who == name]

    def opened(self, name: str) -> list[Finally]:
        """What was opened in the place of that name."""
        return [ask.finally_ for _, who, ask in self.asked if who == name and ask.finally_ is not Finally.NOTHING]


@dataclass
class Counts:
    """A `Meter` that remembers."""

    outcomes: list[str] = field(default_factory=list)
    mistakes: int = 0
    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    repairs: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def folded(self, changes: int, seconds: float) -> None:
        pass

    def faults(self, count: int) -> None:
        self.mistakes = count

    def asked(self, phase: str, outcome: str, seconds: float) -> None:
        self.outcomes.append(f"{phase} {outcome}")

    def stepped(self, kind: str, count: int) -> None:
        pass

    def repaired(self, kind: str, count: int) -> None:
        self.repairs[kind] += count

    def standing(self, before: str | None, after: str | None) -> None:
        for state, change in ((before, -1), (after, 1)):
            if state is not None:
                self.states[state] += change


@dataclass
class Hearing:
    """Somebody who listens to tales."""

    tales: list[Tale] = field(default_factory=list)

    def __call__(self, tale: Tale) -> None:
        self.tales.append(tale)

    def of(self, name: str) -> list[str]:
        return [tale.reason for tale in self.tales if tale.about.name == name]
