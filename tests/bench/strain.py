"""`python -m tests.bench.strain`: how long joins take among many pods, and among as many of which some are sick.

Eight tenths of the pods are healthy, in networks of up to a hundred. Joins among them are measured; then a tenth of sick
agents and a tenth of hostile annotations come in addition, and joins among the same healthy pods are measured again, while the
controller still tries to make something of the sick. Asserted: every healthy kernel is right after each join and each leave,
and no exec is opened in a healthy pod that has its own. How much longer a join takes among the sick is judged by L4.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import uvloop
from rich.console import Console

from tests.bench import table
from tests.bench.measure import WITHIN
from tests.bench.pods import Json, Style, pod, text
from tests.bench.sick import PROGRAMS, hostile, program, sick
from tests.bench.world import PODS, ROOT, World, world
from tests.checker.facts import FIRST_RELEASE, Violation
from tests.checker.judge import isolation

_STEP = 50
"""Pods that are started at a time: a machine with two cores thrashes with hundreds."""
_HAZE = 0.05
"""Seconds by which the medians of twenty joins each may differ for other reasons than the sick."""
HEAD = ("pods", "join ms", "worst ms", "CPU ms", "memory MB", "open files", "streams")


@dataclass(frozen=True, slots=True)
class Strain:
    """What was seen with so many pods."""

    pods: int
    joins: tuple[float, ...]
    """Seconds from a newcomer's address to every healthy kernel right."""
    cpu: tuple[float, ...]
    """Seconds of the controller's CPU in each of them, whatever it did besides."""
    memory: float
    """Most resident megabytes so far."""
    files: int
    """Most open files so far."""
    streams: float

    def row(self) -> tuple[str, ...]:
        """Under `HEAD`."""
        times = (median(self.joins), max(self.joins), median(self.cpu))
        return (
            str(self.pods),
            *(f"{one * 1000:.0f}" for one in times),
            f"{self.memory:.0f}",
            f"{self.files}",
            f"{self.streams:g}",
        )


class Crowd:
    """The pods of one run, and what the controller needed at most."""

    def __init__(self, lab: World, size: int, vnis: dict[str, int]) -> None:
        self._lab = lab
        self._healthy: list[str] = []
        self._sick: list[str] = []
        self._size = size
        self._vnis = vnis
        self._networks = tuple(vnis)
        self._memory, self._files = 0.0, 0
        self._number = 0
        self._filled = 0.0
        """When all of the healthy had their stream."""

    async def fill(self) -> None:
        """Start the healthy ones, and wait until all is right."""
        for begin in range(0, self._size * 8 // 10, _STEP):
            count = min(_STEP, self._size * 8 // 10 - begin)
            self._healthy += await self._start([self._one() for _ in range(count)])
            self._expect()
            await self._lab.until_right(WITHIN)
        await self._lab.until(lambda: all(self._lab.pods[name].ready for name in self._healthy), WITHIN, lambda: "not ready")
        await self._lab.until(lambda: all(self._served(name)[0] == 1 for name in self._healthy), WITHIN, self._unserved)
        self._filled = time.monotonic()
        self._look()

    async def sicken(self, where: tuple[str, str]) -> None:
        """A tenth of sick agents and a tenth of hostile annotations in addition; the healthy are to know the former."""
        tenth = self._size // 10
        for begin in range(0, tenth, _STEP // 2):
            numbers = range(begin, min(begin + _STEP // 2, tenth))
            self._sick += await self._start([self._one(where) for _ in numbers])
            await self._start([hostile(f"hostile-{number}", number) for number in numbers])
        self._expect()
        await self._lab.until_right(WITHIN)
        self._look()

    async def joins(self, times: int) -> Strain:
        """One after another, each with its leave."""
        samples = [await self._join() for _ in range(times)]
        disturbed = [name for name in self._healthy if self._served(name)[1] > self._filled]
        assert not disturbed, f"an exec was opened or lost in pods that had theirs: {disturbed[:3]}"
        streams = self._lab.controller.numbers()["kube_vxlan_streams"]
        seconds, cpu = zip(*samples, strict=True)
        return Strain(len(self._lab.pods), seconds, cpu, self._memory, self._files, streams)

    async def _join(self) -> tuple[float, float]:
        lab, before = self._lab, self._lab.controller.cost()
        (name,) = await self._start([self._one()])
        self._healthy.append(name)
        self._expect()
        seconds = await lab.until_right(WITHIN) - lab.pods[name].addressed
        await lab.until(lambda: lab.pods[name].ready, WITHIN, lambda: f"{name} is not ready")
        used = lab.controller.cost() - before
        self._look()
        self._healthy.remove(name)
        self._expect()
        await lab.client.delete(f"{PODS}/{name}")
        await lab.until_right(WITHIN)
        await lab.until(lambda: name in lab.left, WITHIN, lambda: f"{name} has not left")
        return seconds, used.cpu

    def _served(self, name: str) -> tuple[int, float]:
        """How many execs run in a pod, and since when."""
        return self._lab.served.get(self._lab.pods[name].uid, (0, 0.0))

    def _unserved(self) -> str:
        return f"pods without one exec: {[name for name in self._healthy if self._served(name)[0] != 1][:3]}"

    def _one(self, where: tuple[str, str] | None = None) -> Json:
        """The next pod, in the next network; a sick one, if it is told where the sick agents are."""
        number, self._number = self._number, self._number + 1
        network = self._networks[number % len(self._networks)]
        name = f"pod-{number}"
        return sick(name, number, network, where) if where else pod(name, text(network, number), Style.NATIVE)

    async def _start(self, pods: list[Json]) -> list[str]:
        """Create these pods; their names, once they have addresses."""
        names = [one["metadata"]["name"] for one in pods]
        await self._lab.create(pods)
        there = self._lab.pods
        await self._lab.until(
            lambda: all(name in there and there[name].address for name in names), WITHIN, lambda: "pods without address"
        )
        return names

    def _expect(self) -> None:
        self._lab.expect(self._vnis, [*self._healthy, *self._sick], frozenset(self._sick))

    def _look(self) -> None:
        self._memory = max(self._memory, self._lab.controller.memory())
        self._files = max(self._files, self._lab.controller.files())


def slowness(without: Strain, among: Strain, haze: float) -> tuple[Violation, ...]:
    """How L4 is broken, if it is. Times that differ by `haze` seconds at most differ by what else a machine has to do."""
    return isolation(median(without.joins), median(among.joins), replace(FIRST_RELEASE, haze=haze))


async def strain(size: int, per_network: int, times: int) -> tuple[Strain, Strain]:
    """Joins without the sick, and with them."""
    networks = {f"net{number}": 1000 + number for number in range(max(1, size // per_network))}
    nodes = max(4, size // 100)
    with programs() as where:
        async with world(f"strain-{os.getpid()}-{size}", nodes, networks) as lab:
            lab.controller.start()
            await lab.until(lambda: "started" in lab.controller.said(), WITHIN, lambda: "the controller did not start")
            crowd = Crowd(lab, size, networks)
            await crowd.fill()
            without = await crowd.joins(times)
            await crowd.sicken((where, str(ROOT / "agent" / "kube-vxlan-agent")))
            return without, await crowd.joins(times)


@contextmanager
def programs() -> Iterator[str]:
    """The sick agents' programs in a directory each; the directory of these."""
    with TemporaryDirectory() as directory:
        for name in PROGRAMS:
            file = Path(directory, name.replace(" ", "-"), "kube-vxlan-agent")
            file.parent.mkdir()
            file.write_text(program(name))
            file.chmod(0o755)
        Path(directory).chmod(0o755)
        yield directory


def main() -> int:
    """Strain the controller as the command line says; 1 when the healthy are slower for it than they may be."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.strain", description="Strain the controller in a lab.")
    options.add_argument("--pods", type=int, default=1000, help="of all kinds (default: %(default)s)")
    options.add_argument("--per-network", type=int, default=100, help="pods in a network (default: %(default)s)")
    options.add_argument("--times", type=int, default=20, help="joins without and with the sick (default: %(default)s)")
    given = options.parse_args()
    begun, load = time.monotonic(), os.getloadavg()[0]
    without, among = uvloop.run(strain(given.pods, given.per_network, given.times))
    console = Console()
    rows = [("without the sick", *without.row()), ("among the sick", *among.row())]
    console.print(table.table(f"Joins in networks of {given.per_network}", ("", *HEAD), rows))
    ratio = median(among.joins) / median(without.joins)
    console.print(f"A join takes {ratio:.2f} times as long. {time.monotonic() - begun:.0f} s in all; load {load:.1f} before.")
    found = {"without": asdict(without), "among": asdict(among), "ratio": ratio, "load before": load}
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "strain.json").write_text(json.dumps(found, indent=1) + "\n")
    violations = slowness(without, among, _HAZE)
    for violation in violations:
        console.print(violation.sentence)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
