"""I/O. The pods of one strained run: healthy ones that are measured, and beside them either healthy or sick ones.

Eight tenths of the pods stay. A tenth, members of the same networks, are healthy stand-ins or have sick agents; a tenth are
healthy members of a network of their own or have hostile annotations, with which they are members of nothing. So there are as
many pods with the sick as without them, and the networks in which joins are measured are as large. What is measured is always
when the kernels of the eight tenths and of the newcomer are right.
"""

import gc
import time
from dataclasses import dataclass
from statistics import median

from tests.bench.measure import WITHIN
from tests.bench.pods import Json, Style, pod, text
from tests.bench.sick import hostile, sick
from tests.bench.world import World
from tests.checker.facts import Fault

APART = "apart"
"""The network of those who stand in for the hostile."""
_STEP = 50
"""Pods that are started at a time: a machine with two cores thrashes with hundreds."""


@dataclass(frozen=True, slots=True)
class Strain:
    """What was seen with so many pods."""

    pods: int
    joins: tuple[float, ...]
    """Seconds from a newcomer's address to every healthy kernel right."""
    cpu: tuple[float, ...]
    """Seconds of the controller's CPU in each of them, whatever it did besides."""
    memory: float
    """Most resident megabytes."""
    files: int
    """Most open files."""
    streams: float
    """Most open streams to agents."""

    def __add__(self, other: "Strain") -> "Strain":
        return Strain(
            self.pods,
            self.joins + other.joins,
            self.cpu + other.cpu,
            max(self.memory, other.memory),
            max(self.files, other.files),
            max(self.streams, other.streams),
        )

    def row(self) -> tuple[str, ...]:
        """The number of pods; milliseconds of a join, of the longest, of CPU; memory, open files, streams."""
        times = (median(self.joins), max(self.joins), median(self.cpu))
        return (
            str(self.pods),
            *(f"{one * 1000:.0f}" for one in times),
            f"{self.memory:.0f}",
            f"{self.files}",
            f"{self.streams:g}",
        )


class Crowd:
    """The pods; `where` are the sick agents' directory, and the real agent."""

    def __init__(self, lab: World, size: int, vnis: dict[str, int], where: tuple[str, str]) -> None:
        self._lab = lab
        self._size = size
        self._vnis = vnis
        self._networks = tuple(name for name in vnis if name != APART)
        self._where = where
        self._healthy: list[str] = []
        self._beside: list[str] = []
        """Stand-ins, or the sick: members of the networks of the healthy."""
        self._apart: list[str] = []
        """Those who stand in for the hostile, or the hostile: members of no network of the healthy."""
        self._number = 0
        self._filled = 0.0
        """When all of the healthy had their stream."""

    async def fill(self) -> None:
        """Start the healthy ones and all stand-ins, and wait until all is right."""
        for count in _steps(self._size * 8 // 10):
            self._healthy += await self._start([self._one() for _ in range(count)])
            await self._right()
        await self.heal()
        await self._until_ready(self._healthy)
        await self._lab.until(lambda: all(self._served(name)[0] == 1 for name in self._healthy), WITHIN, self._unserved)
        self._filled = time.monotonic()

    async def heal(self) -> None:
        """Healthy stand-ins, instead of whoever is there; all their kernels are right at the end."""
        await self._send_away()
        for count in _steps(self._size // 10):
            self._beside += await self._start([self._one() for _ in range(count)])
            self._apart += await self._start([self._one(APART) for _ in range(count)])
            await self._right()
        await self._until_ready([*self._beside, *self._apart])

    async def sicken(self) -> None:
        """Sick agents and hostile annotations, instead of the stand-ins; the healthy are to know the sick."""
        await self._send_away()
        for count in _steps(self._size // 10):
            begun = time.monotonic()
            names = await self._start([self._sick() for _ in range(count)])
            for name in names:
                self._lab.chronicle.note(begun, Fault("its agent is sick"), self._lab.pods[name].uid)
            self._beside += names
            self._apart += await self._start([self._hostile() for _ in range(count)])
            await self._right(deaf=True)

    async def joins(self, times: int) -> Strain:
        """One after another, each with its leave."""
        gc.collect()
        gc.freeze()  # what the observer remembers of a thousand kernels would stop it for a tenth of a second now and then
        samples = [await self._join() for _ in range(times)]
        gc.unfreeze()
        disturbed = [name for name in self._healthy if self._served(name)[1] > self._filled]
        assert not disturbed, f"an exec was opened or lost in pods that had theirs: {disturbed[:3]}"
        seconds, cpu, memory, files, streams = zip(*samples, strict=True)
        return Strain(len(self._lab.pods), seconds, cpu, max(memory), max(files), max(streams))

    async def _join(self) -> tuple[float, float, float, int, float]:
        lab, before = self._lab, self._lab.controller.cost()
        (name,) = await self._start([self._one()])
        self._healthy.append(name)
        self._expect(deaf=True)
        seconds = await lab.until_right(WITHIN) - lab.pods[name].addressed
        await self._until_ready([name])
        used = lab.controller.cost() - before
        seen = lab.controller.memory(), lab.controller.files(), lab.controller.numbers()["kube_vxlan_streams"]
        self._healthy.remove(name)
        self._expect(deaf=True)
        await lab.delete([name])
        await lab.until_right(WITHIN)
        await self._until_left([name])
        return seconds, used.cpu, *seen

    async def _send_away(self) -> None:
        """Whoever is beside the healthy."""
        gone, self._beside, self._apart = [*self._beside, *self._apart], [], []
        self._expect(deaf=True)
        await self._lab.delete(gone)
        await self._until_left(gone)
        await self._lab.until_right(WITHIN)

    def _one(self, network: str = "") -> Json:
        """The next healthy pod; in the next network, unless one is named."""
        number, name, following = self._next()
        return pod(name, text(network or following, number), Style.NATIVE)

    def _sick(self) -> Json:
        number, name, network = self._next()
        return sick(name, number, network, self._where)

    def _hostile(self) -> Json:
        number, name, _ = self._next()
        return hostile(name, number)

    def _next(self) -> tuple[int, str, str]:
        number, self._number = self._number, self._number + 1
        return number, f"pod-{number}", self._networks[number % len(self._networks)]

    async def _start(self, pods: list[Json]) -> list[str]:
        """Create these pods; their names, once they have addresses."""
        names = [one["metadata"]["name"] for one in pods]
        await self._lab.create(pods)
        there = self._lab.pods
        await self._lab.until(
            lambda: all(name in there and there[name].address for name in names), WITHIN, lambda: "pods without address"
        )
        return names

    async def _right(self, deaf: bool = False) -> None:
        self._expect(deaf)
        await self._lab.until_right(WITHIN)

    def _expect(self, deaf: bool = False) -> None:
        """What the kernels should hold; `deaf`: only of the healthy, who are to know whoever is beside them."""
        if deaf:
            self._lab.expect(self._vnis, [*self._healthy, *self._beside], frozenset(self._beside))
        else:
            self._lab.expect(self._vnis, [*self._healthy, *self._beside, *self._apart])

    async def _until_ready(self, names: list[str]) -> None:
        await self._lab.until(lambda: all(self._lab.pods[name].ready for name in names), WITHIN, lambda: "pods are not ready")

    async def _until_left(self, names: list[str]) -> None:
        await self._lab.until(lambda: all(name in self._lab.left for name in names), WITHIN, lambda: "pods have not left")

    def _served(self, name: str) -> tuple[int, float]:
        """How many execs run in a pod, and since when."""
        return self._lab.served.get(self._lab.pods[name].uid, (0, 0.0))

    def _unserved(self) -> str:
        return f"pods without one exec: {[name for name in self._healthy if self._served(name)[0] != 1][:3]}"


def _steps(count: int) -> list[int]:
    """A number in parts that are not too large."""
    return [min(_STEP, count - begin) for begin in range(0, count, _STEP)]
