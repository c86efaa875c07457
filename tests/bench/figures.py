"""Pure. What was measured, and what follows from it: medians, ratios, and what was to be expected by counting."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

EVENTS = ("start", "join", "leave", "restart")


@dataclass(frozen=True, slots=True)
class Sample:
    """One start, join, leave or restart."""

    seconds: float
    """Until every kernel was right, since the last pod's address, the departure, or the controller's start."""
    execs: float
    requests: float
    """On open streams; the ancestor has none."""
    cpu: float
    """Seconds of CPU of whoever did it."""


@dataclass(frozen=True, slots=True)
class Run:
    """All that was measured with so many pods: by the controller, or by the ancestor's commands (`who`)."""

    who: str
    style: str
    pods: int
    samples: dict[str, tuple[Sample, ...]]
    memory: float
    """Resident megabytes at the end."""

    def seconds(self, event: str) -> float:
        """The median."""
        return median(sample.seconds for sample in self.samples[event])

    def worst(self, event: str) -> float:
        """The longest, in seconds."""
        return max(sample.seconds for sample in self.samples[event])

    def execs(self, event: str) -> float:
        """The median."""
        return median(sample.execs for sample in self.samples[event])

    def requests(self, event: str) -> float:
        """The median."""
        return median(sample.requests for sample in self.samples[event])

    def cpu(self, event: str) -> float:
        """The median, in seconds."""
        return median(sample.cpu for sample in self.samples[event])


@dataclass(frozen=True, slots=True)
class Ratio:
    """The ancestor against us, for one event; None where we need no exec at all."""

    event: str
    pods: int
    style: str
    seconds: float
    execs: float | None
    predicted: float
    """Of the execs, by counting, where every change of ours were an exec too."""


def predicted(event: str, pods: int, agents: int) -> float:
    """The ratio of execs that counting predicts for batches: one network, address and `up` set, so five commands per pod.

    The ancestor: a start is 5N + N(N-1) where each pair is told once, a join 5 + 2(N-1), a leave 2(N-1) with nothing learned
    (one look and one delete), a restart N(N-1). Batches, without warm streams: N times the agents in a pod, as many and
    N-1, N-1, N.
    """
    others = pods - 1
    ancestor = {"start": 5 * pods + pods * others, "join": 5 + 2 * others, "leave": 2 * others, "restart": pods * others}
    batches = {"start": agents * pods, "join": agents + others, "leave": others, "restart": pods}
    return ancestor[event] / batches[event]


def ratios(ours: Run, ancestor: Run, agents: int) -> tuple[Ratio, ...]:
    """The ancestor's medians against ours, event by event."""
    return tuple(
        Ratio(
            event,
            ours.pods,
            ours.style,
            ancestor.seconds(event) / ours.seconds(event),
            ancestor.execs(event) / ours.execs(event) if ours.execs(event) else None,
            predicted(event, ours.pods, agents),
        )
        for event in EVENTS
    )


def as_json(runs: Sequence[Run], compared: Sequence[Ratio], machine: dict[str, Any]) -> dict[str, Any]:
    """Everything, for build/bench.json."""
    return {"machine": machine, "runs": [asdict(run) for run in runs], "ratios": [asdict(ratio) for ratio in compared]}
