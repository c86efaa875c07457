"""Pure. What was measured, and its medians; what follows from it beside what was to be expected is in `counting`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

WHOLE = "whole restart"
"""From the new process's start; a restart begins when it says that it is at work. The ancestor's replay has no process."""
EVENTS = ("start", "join", "leave", "restart", WHOLE)


@dataclass(frozen=True, slots=True)
class Sample:
    """One of `EVENTS`."""

    seconds: float
    """Until every kernel was right, or, after a restart, was known to be."""
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
    batches: float | None
    """Of the execs, by counting, where every change of ours were an exec too."""
    streams: float | None
    """Of the execs, by counting, where only agents that are new to us need one."""
    theirs: float | None
    """Seconds of the ancestor by the number of its execs, if it has any."""
    ours: float | None
    """Ours by the number of ours."""


def as_json(runs: Sequence[Run], compared: Sequence[Ratio], machine: dict[str, Any]) -> dict[str, Any]:
    """Everything, for build/bench.json."""
    return {"machine": machine, "runs": [asdict(run) for run in runs], "ratios": [asdict(ratio) for ratio in compared]}
