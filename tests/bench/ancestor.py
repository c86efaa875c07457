"""I/O. What the ancestor did, replayed: its commands in its order, each an exec of its own, through our `kube.exec`.

Its concurrency, too: every pod has its own turn, in which one thing is done after another; only the peers of a newcomer are
all told at once. Each pair of pods is told once (the ancestor did so once or twice, as chance had it), and nobody waits for
anything but execs, so this is the ancestor at its best. `touch /run/terminate` was for agents older than its last.
"""

import asyncio
import resource
import time
from dataclasses import dataclass

from kube_vxlan_controller.kube.client import ApiClient, Deadlines
from kube_vxlan_controller.kube.connection import from_kubeconfig
from kube_vxlan_controller.kube.exec import PodExec
from kube_vxlan_controller.model import ContainerName, Namespace, NodeName, Place, PodName, PodUid, Target
from tests.bench.figures import Run, Sample
from tests.bench.picture import ZERO_MAC
from tests.bench.pods import INIT, SIDECAR, Style, overlay, pod, text
from tests.bench.world import PODS, Seen, World

LINK, VNI, WITHIN = "vxeth1", 101, 300.0
PATIENT = Deadlines(connect=WITHIN, request=WITHIN)
"""It put no bound on its execs, so a crowd of them waits long to be let in."""


@dataclass(slots=True)
class Ancestor:
    """The ancestor's work in one lab, in which no controller runs."""

    lab: World
    exec: PodExec
    execs: int = 0

    async def setup(self, name: str, number: int) -> None:
        """A pod's own link, then the end of its init container."""
        await self._until(name, INIT)
        for command in (
            f"ip link add {LINK} type vxlan id {VNI} dev eth0 dstport 0",
            f"ip addr add {overlay(number)} dev {LINK}",
            f"ip link set {LINK} up",
            "touch /run/terminate",
            "kill -TERM 1",
        ):
            await self.run(self.lab.pods[name], INIT, command)

    async def join(self, name: str, peers: list[str]) -> None:
        """Everybody learns of everybody: the newcomer's own list line by line, the peers all at once."""
        await self._until(name, SIDECAR)
        new = self.lab.pods[name]
        async with asyncio.TaskGroup() as tasks:
            for peer in peers:
                tasks.create_task(self.append(self.lab.pods[peer], new))
            for peer in peers:
                await self.append(new, self.lab.pods[peer])

    async def append(self, pod: Seen, peer: Seen) -> None:
        """One line of one list."""
        await self.run(pod, SIDECAR, f"bridge fdb append to {ZERO_MAC} dst {peer.address} dev {LINK}")

    async def forget(self, pod: Seen, gone: str) -> None:
        """What leads to a pod that left is looked up, and removed one by one."""
        for line in (await self.run(pod, SIDECAR, f"bridge fdb show dev {LINK}")).splitlines():
            words = line.split()
            if words[1:3] == ["dst", gone]:
                await self.run(pod, SIDECAR, f"bridge fdb delete {words[0]} dst {gone} dev {LINK}")

    async def run(self, pod: Seen, container: str, command: str) -> str:
        """One command, one exec; how it ended was of no interest."""
        place = Place(Namespace("default"), PodName(pod.name), PodUid(pod.uid))
        self.execs += 1
        done = await self.exec.run(
            Target(place, NodeName(pod.node), ContainerName(container)), tuple(command.split()), deadline=WITHIN
        )
        return done.stdout.decode()

    async def _until(self, name: str, container: str) -> None:
        there = self.lab.pods
        await self.lab.until(lambda: name in there and container in there[name].running, WITHIN, lambda: f"no {container}")


async def replay(lab: World, pods: int, times: int) -> Run:
    """Measure the ancestor's start, joins, leaves and restart with so many pods."""
    async with ApiClient(await from_kubeconfig(str(lab.lab.kubeconfig)), PATIENT) as api:
        old = Ancestor(lab, PodExec(api))
        samples = {"start": (await _start(old, pods),)}
        samples["join"] = tuple([await _join(old, pods + number) for number in range(times)])
        samples["leave"] = tuple([await _leave(old, pods + number) for number in range(times)])
        samples["restart"] = (await _restart(old),)
    return Run("ancestor", Style.INIT, pods, samples, 0.0)


async def _start(old: Ancestor, pods: int) -> Sample:
    lab, used = old.lab, _Used(old)
    names = [f"pod-{number}" for number in range(pods)]
    await lab.create(pod(name, text(LINK, number), Style.INIT) for number, name in enumerate(names))
    running: list[str] = []

    async def turn(number: int, name: str) -> None:
        await old.setup(name, number)
        await lab.until(lambda: SIDECAR in lab.pods[name].running, WITHIN, lambda: f"no sidecar in {name}")
        peers = list(running)
        running.append(name)
        await old.join(name, peers)

    async with asyncio.TaskGroup() as tasks:
        for number, name in enumerate(names):
            tasks.create_task(turn(number, name))
    lab.expect({LINK: VNI}, names)
    right = await lab.until_right(WITHIN)
    return used.sample(right - max(lab.pods[name].addressed for name in names))


async def _join(old: Ancestor, number: int) -> Sample:
    lab, used, peers, name = old.lab, _Used(old), list(old.lab.pods), f"pod-{number}"
    await lab.create([pod(name, text(LINK, number), Style.INIT)])
    await old.setup(name, number)
    await old.join(name, peers)
    lab.expect({LINK: VNI}, list(lab.pods))
    right = await lab.until_right(WITHIN)
    return used.sample(right - lab.pods[name].addressed)


async def _leave(old: Ancestor, number: int) -> Sample:
    lab, used, name = old.lab, _Used(old), f"pod-{number}"
    gone = lab.pods[name].address
    lab.expect({LINK: VNI}, [other for other in lab.pods if other != name])
    await lab.client.delete(f"{PODS}/{name}")
    await lab.until(lambda: name in lab.left, WITHIN, lambda: "the pod did not leave")
    async with asyncio.TaskGroup() as tasks:
        for one in list(lab.pods.values()):
            tasks.create_task(old.forget(one, gone))
    right = await lab.until_right(WITHIN)
    return used.sample(right - lab.left[name])


async def _restart(old: Ancestor) -> Sample:
    """Every pair is told again, pod by pod at once; it is over when the last exec is. (No process has to start for it.)"""
    used, begun, names = _Used(old), time.monotonic(), list(old.lab.pods)
    async with asyncio.TaskGroup() as tasks:
        for number, name in enumerate(names):
            tasks.create_task(old.join(name, names[:number]))
    assert old.lab.picture.complete
    return used.sample(time.monotonic() - begun)


class _Used:
    """Execs and CPU since now; the CPU is that of this process, in which the observer runs too."""

    def __init__(self, old: Ancestor) -> None:
        self._old, self._execs, self._cpu = old, old.execs, _cpu()

    def sample(self, seconds: float) -> Sample:
        return Sample(seconds, self._old.execs - self._execs, 0, _cpu() - self._cpu)


def _cpu() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime
