"""Pure. What counting execs predicts, and where the time that was measured falls short of it.

With one network, an address and `up`, the ancestor needs five commands for a pod's own link and then two for each pair of pods.
Two things are predicted for us: batches, where all that is for one pod is one exec but each change is an exec still, and open
streams, where an exec is needed for each agent container that is new to the controller and for nothing else.
"""

from collections.abc import Iterable, Iterator

from tests.bench.figures import Ratio, Run

_WHY = {
    "start": "the pods' containers take as long to start for both, and an exec of ours carries a pod's whole list and two "
    "readings of its kernel",
    "join": "the newcomer's container has to start, and each peer is still told, by a request instead of an exec",
    "leave": "each peer is still told, by a request instead of an exec",
    "restart": "all pods are listed and decided about first, and an exec of ours reads all that a kernel holds",
}
"""What an exec of ours does, or waits for, that one of the ancestor's does not."""


def predicted(event: str, pods: int, agents: int, streams: bool = False) -> float | None:
    """The ratio of execs, the ancestor's by ours; None where we are to need none.

    The ancestor: a start is 5N + N(N-1) where each pair is told once, a join 5 + 2(N-1), a leave 2(N-1) with nothing learned
    (one look and one delete), a restart N(N-1). Batches: N times the agents in a pod, as many and N-1, N-1, N. Open streams:
    the same without the N-1.
    """
    others = pods - 1
    ancestor = {"start": 5 * pods + pods * others, "join": 5 + 2 * others, "leave": 2 * others, "restart": pods * others}
    told = 0 if streams else others
    ours = {"start": agents * pods, "join": agents + told, "leave": told, "restart": pods}
    return ancestor[event] / ours[event] if ours[event] else None


def ratios(ours: Run, ancestor: Run, agents: int) -> tuple[Ratio, ...]:
    """The ancestor's medians against ours, for each event that both have."""
    return tuple(
        Ratio(
            event,
            ours.pods,
            ours.style,
            ancestor.seconds(event) / ours.seconds(event),
            ancestor.execs(event) / ours.execs(event) if ours.execs(event) else None,
            *(predicted(event, ours.pods, agents, streams) for streams in (False, True)),
            _each(ancestor, event),
            _each(ours, event),
        )
        for event in ours.samples
        if event in ancestor.samples
    )


def shortfalls(compared: Iterable[Ratio]) -> Iterator[str]:
    """A sentence for each event in which time falls short of what batches predict, and why; one where it nowhere does."""
    short = [one for one in compared if one.batches is not None and one.seconds < one.batches]
    for one in short:
        what = f"A {one.event} of {one.pods} pods ({one.style}) is {one.seconds:.1f} times as fast"
        yield f"{what}, short of the {one.batches:.1f} that counting execs predicts for batches: {_why(one)}."
    if not short:
        yield "Nowhere does time fall short of what counting execs predicts for batches."


def _why(one: Ratio) -> str:
    if one.theirs is None or one.ours is None:
        return _WHY[one.event]
    theirs, ours = one.theirs * 1000, one.ours * 1000
    each = f"the ancestor took {theirs:.0f} ms by the number of its execs and we {ours:.0f} ms by that of ours"
    return f"{each}, since {_WHY[one.event]}"


def _each(run: Run, event: str) -> float | None:
    """Seconds by the number of execs, if there are any."""
    return run.seconds(event) / run.execs(event) if run.execs(event) else None
