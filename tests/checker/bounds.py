"""Pure. S12: what a controller takes is bounded: execs in a pod at once, words about one pod, memory, open files.

And a record of its log is one line, whatever bytes an annotation has. Not judged is how many execs it is opening at once (four
on a node, 64 in all): what can be seen from outside is a process of the agent, which looks the same before it has greeted and
for as long as its stream stays open; and those may be as many as there are pods.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from math import inf

from tests.checker.constants import Constants
from tests.checker.facts import Controller, Ended, Fact, History, Pod, PodGone, Reported, Said, Serving, Stray, Used, Violation
from tests.checker.spans import NEVER, covers
from tests.checker.timelines import Timelines, running

_LINGERS = 60.0
"""Seconds for which a pod that is gone counts for open files: a connection to it may end that late."""


class Bounds:
    """Judges one run."""

    def __init__(self, history: History, run: Timelines, constants: Constants) -> None:
        self._history = history
        self._run = run
        self._constants = constants

    def violations(self) -> Iterator[Violation]:
        """All of them."""
        yield from self._crowds()
        yield from self._talk()
        yield from self._appetite()
        for fact in self._history:
            if isinstance(fact.what, Stray):
                yield Violation("S12", fact.time, "", f"A line of a controller's log is no record: {fact.what.line[:80]!r}.")

    def _crowds(self) -> Iterator[Violation]:
        """Execs in one pod at once: so many of each controller that runs."""
        counts, most = running(self._history), self._constants.execs
        served: dict[str, int] = {}
        since: dict[str, float] = {}
        for fact in (*self._history, Fact(self._run.end, "", Ended())):
            if isinstance(fact.what, Serving):
                served[fact.pod] = fact.what.count
            elif not isinstance(fact.what, Controller | Ended):
                continue
            controllers = counts[bisect_right(counts, (fact.time, inf)) - 1][1]
            for pod in [fact.pod] if isinstance(fact.what, Serving) else list(served):
                if served[pod] > most * max(1, controllers) and not isinstance(fact.what, Ended):
                    since.setdefault(pod, fact.time)
                elif pod in since:
                    begun = since.pop(pod)
                    # A command that nobody reaches, nobody can end.
                    unreached = covers(self._run.pod_excuses.get(pod, NEVER), begun, fact.time)
                    if fact.time - begun > 2 * self._constants.haze and not unreached:
                        yield Violation("S12", begun, pod, f"More than {most} exec ran for {fact.time - begun:.1f} s.")

    def _talk(self) -> Iterator[Violation]:
        """Lines of the log, and Events."""
        constants, period = self._constants, 300.0
        bounds = {
            Said: (2 * (constants.lines + 1), 60.0, "lines"),
            Reported: (constants.events + int(period / constants.event_every), period, "Events"),
        }
        starts = [fact.time for fact in self._history if fact.what == Controller(True)]
        for kind, (most, within, name) in bounds.items():
            times: dict[tuple[str, int], list[float]] = defaultdict(list)
            for fact in self._history:
                if isinstance(fact.what, kind):
                    times[fact.pod, bisect_right(starts, fact.time)].append(fact.time)  # each controller counts anew
            for (pod, _), when in times.items():
                for first, over in zip(sorted(when), sorted(when)[most:], strict=False):
                    if over - first < within:
                        yield Violation("S12", over, pod, f"There were more than {most} {name} in {over - first:.1f} s.")
                        break

    def _appetite(self) -> Iterator[Violation]:
        """Memory and open files, by the pods that there are; the first time that each is too much."""
        constants, most, there = self._constants, 0, dict[str, float]()
        too_much: dict[str, Violation] = {}
        for fact in sorted(self._history, key=lambda fact: fact.time):
            match fact.what:
                case Pod():
                    there[fact.pod] = inf
                    most = max(most, sum(until == inf for until in there.values()))
                case PodGone():
                    there[fact.pod] = fact.time + _LINGERS
                case Used(memory=memory, files=files):
                    now = sum(until >= fact.time for until in there.values())
                    allowed = constants.memory + constants.memory_per_pod * most
                    if memory > allowed:
                        sentence = f"A controller of at most {most} pods used {memory:.0f} MB; {allowed:.0f} are allowed."
                        too_much.setdefault("memory", Violation("S12", fact.time, "", sentence))
                    if files > constants.files + constants.files_per_pod * now:
                        sentence = f"A controller of {now} pods had {files} files open."
                        too_much.setdefault("files", Violation("S12", fact.time, "", sentence))
        yield from too_much.values()
