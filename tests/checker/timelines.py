"""Pure. From a history to times: when each thing was there, when it should have been, and what was broken when.

A change of the world is seen some time after it happened, so what should be there is known twice: `surely`, and `perhaps`.
What must be there is asked for while it surely should be; what must not be there is asked for while it not even perhaps may.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import inf

from tests.checker.constants import Constants
from tests.checker.desire import desire
from tests.checker.facts import (
    ByHand,
    Config,
    Controller,
    Definitions,
    Ended,
    Entered,
    Fact,
    Fault,
    Gone,
    HandedOver,
    History,
    Is,
    Left,
    Pod,
    PodGone,
    Started,
)
from tests.checker.keeping import keep
from tests.checker.kernels import Kernel
from tests.checker.spans import NEVER, Spans, lasting, union
from tests.checker.wishes import Wish


@dataclass(slots=True)
class Timelines:
    """A whole run."""

    begin: float
    end: float
    kernels: dict[str, Kernel]
    claims: dict[str, set[str]]
    """The pods that ever had an address."""
    on_hosts: set[str]
    """The pods that share their node's network: what is in there is not theirs."""
    surely: dict[Wish, Spans]
    perhaps: dict[Wish, Spans]
    excuses: Spans
    """While something was broken for all, or no controller ran; until `recovery` after that."""
    pod_excuses: dict[str, Spans]
    mute: dict[str, Spans]
    """While no agent of a pod ran, as after its end, and until `join` after one did again."""
    blind: Spans
    """While the controller could tell that it did not see the world."""
    hands: dict[tuple[str, str], Spans]
    """After something was done by hand in a pod, on one link or (empty) on any, until it must be undone."""

    def excused(self, pod: str) -> Spans:
        """While nothing can be asked for in a pod's kernel."""
        return union(self.excuses, self.pod_excuses.get(pod, NEVER), self.mute.get(pod, NEVER))

    def by_hand(self, pod: str, link: str) -> Spans:
        """While what is on a link of a pod may be somebody's doing by hand."""
        return union(self.hands.get((pod, ""), NEVER), self.hands.get((pod, link), NEVER))


def timelines(history: History, constants: Constants) -> Timelines:
    """The times of a history, which must not be empty."""
    end = max(fact.time for fact in history)
    kernels: dict[str, Kernel] = defaultdict(Kernel)
    for fact in history:
        kernel = kernels[fact.pod] if fact.pod else None
        match fact.what:
            case Is() | Gone() as change if kernel:
                kernel.take(fact.time, change)
            case Entered() if kernel:
                kernel.watched.append((fact.time, inf))
            case HandedOver() if kernel:
                kernel.made.append((fact.time, inf))
            case Left() if kernel:
                kernel.leave(fact.time)
    surely, perhaps = _wishes(history)
    everywhere, single = _broken(history, constants)
    mute = _mute(history, constants)
    hands: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for fact in history:
        if isinstance(fact.what, ByHand):
            hands[fact.pod, fact.what.link].append((fact.time - constants.haze, fact.time + constants.repair))
    after = {
        (pod, link): lasting(union(spans), 0.0, union(everywhere, single.get(pod, NEVER)))
        for (pod, link), spans in hands.items()
    }
    on_hosts = {fact.pod for fact in history if isinstance(fact.what, Pod) and fact.what.host_network}
    claims: dict[str, set[str]] = defaultdict(set)
    for fact in history:
        for address in fact.what.addresses if isinstance(fact.what, Pod) else ():
            claims[address].add(fact.pod)
    return Timelines(
        history[0].time, end, kernels, claims, on_hosts, surely, perhaps, everywhere, single, mute, _blind(history), after
    )


def _wishes(history: History) -> tuple[dict[Wish, Spans], dict[Wish, Spans]]:
    """While each wish surely held, and while it perhaps did."""
    surely: dict[Wish, list[tuple[float, float]]] = defaultdict(list)
    perhaps: dict[Wish, list[tuple[float, float]]] = defaultdict(list)
    now: frozenset[Wish] = frozenset()
    for since, time, wishes in keep(_moments(history)):
        for wish in wishes - now:
            surely[wish].append((time, inf))
            perhaps[wish].append((since, inf))
        for wish in now - wishes:
            begin = surely[wish].pop()[0]
            if begin < since:
                surely[wish].append((begin, since))
            perhaps[wish][-1] = (perhaps[wish][-1][0], time)
        now = wishes
    return {wish: union(spans) for wish, spans in surely.items()}, {wish: union(spans) for wish, spans in perhaps.items()}


def _moments(history: History) -> Iterable[tuple[float, float, frozenset[Wish]]]:
    """What is wished for, each time when that may be another."""
    pods: dict[str, Pod] = {}
    networks: Definitions | None = None
    changes = [fact for fact in history if isinstance(fact.what, Pod | PodGone | Config)]
    deadlines = {fact.what.leaves_at for fact in changes if isinstance(fact.what, Pod)} - {None}
    ticks = [Fact(time, "", Ended()) for time in deadlines if time is not None and time <= history[-1].time]
    for time, group in groupby(sorted((*changes, *ticks), key=lambda fact: fact.time), key=lambda fact: fact.time):
        together = list(group)
        since = min(time if fact.since is None else fact.since for fact in together)
        changed, other = _changed(pods, together), networks
        for fact in together:
            if isinstance(fact.what, Config):
                other = fact.what.networks
        if changed != pods and other != networks:
            # Nobody saw which came first, and what was the case in between may have been acted on.
            yield since, time, desire(changed, networks, time)
            yield since, time, desire(pods, other, time)
        pods, networks = changed, other
        yield since, time, desire(pods, networks, time)


def _changed(pods: dict[str, Pod], facts: Iterable[Fact]) -> dict[str, Pod]:
    after = dict(pods)
    for fact in facts:
        match fact.what:
            case Pod() as pod:
                after[fact.pod] = pod
            case PodGone() if fact.pod in pods:
                # Its kernel may live on, with nobody to look after it.
                after[fact.pod] = replace(pods[fact.pod], terminal=True, addresses=())
    return after


def _mute(history: History, constants: Constants) -> dict[str, Spans]:
    """While no agent of a pod ran, until `join` after that."""
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for fact in history:
        if isinstance(fact.what, Pod):
            found = spans[fact.pod]
            if not fact.what.answers and (not found or found[-1][1] != inf):
                found.append((fact.time if fact.since is None else fact.since, inf))
            elif fact.what.answers and found and found[-1][1] == inf:
                found[-1] = (found[-1][0], fact.time + constants.join)
    return {pod: union(found) for pod, found in spans.items()}


def _broken(history: History, constants: Constants) -> tuple[Spans, dict[str, Spans]]:
    """Faults, and the absence of a controller, until `recovery` after their end: for all, and for single pods."""
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    begun: dict[tuple[str, str], float] = {}
    for fact in history:
        match fact.what:
            case Fault(until=float() as until):
                spans[fact.pod].append((fact.time, until + constants.recovery))
            case Fault(name=name, over=False):
                begun[fact.pod, name] = fact.time
            case Fault(name=name, over=True):
                spans[fact.pod].append((begun.pop((fact.pod, name), -inf), fact.time + constants.recovery))
    for (pod, _), time in begun.items():
        spans[pod].append((time, inf))
    return union(spans.pop("", ()), _unattended(history, constants)), {pod: union(found) for pod, found in spans.items()}


def running(history: History) -> Sequence[tuple[float, int]]:
    """How many controllers run from which time on."""
    number, found = 0, [(-inf, 0)]
    for fact in history:
        if isinstance(fact.what, Controller):
            number = max(0, number + (1 if fact.what.runs else -1))
            found.append((fact.time, number))
    return found


def _unattended(history: History, constants: Constants) -> Spans:
    """While no controller acts: none runs, one is being loaded beside no other, or one of several has ended."""
    spans: list[tuple[float, float]] = []
    if not any(isinstance(fact.what, Controller) for fact in history):
        return NEVER
    counts = running(history)
    until = [time for time, _ in counts[1:]]
    loaded = sorted(fact.time for fact in history if isinstance(fact.what, Started))  # it is read later
    for (time, number), end, (_, before) in zip(counts, (*until, inf), ((-inf, 0), *counts), strict=False):
        if number == 0:
            spans.append((time, end + constants.recovery))
        elif number < before:
            spans.append((time, time + constants.handover + constants.recovery))
        elif before == 0:
            works = next((moment for moment in loaded if moment >= time), time)
            spans.append((time, works + constants.recovery))
    return union(spans)


def _blind(history: History) -> Spans:
    """From beginning to end of every fault that blinds."""
    spans: list[tuple[float, float]] = []
    begun: dict[tuple[str, str], float] = {}
    for fact in history:
        match fact.what:
            case Fault(blind=True, until=float() as until):
                spans.append((fact.time, until))
            case Fault(name=name, over=False, blind=True):
                begun[fact.pod, name] = fact.time
            case Fault(name=name, over=True, blind=True):
                spans.append((begun.pop((fact.pod, name)), fact.time))
    return union(spans, ((time, inf) for time in begun.values()))
