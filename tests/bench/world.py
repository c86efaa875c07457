"""I/O. A lab with the real controller, the observer's sockets in every pod, and a watch of our own that takes the times.

All times are of `time.monotonic`. When a pod got its address, or left, is the time at which a watch of the API server told us;
what kernels hold is the time at which their netlink sockets told us. Neither goes through the controller.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from types import MappingProxyType
from typing import Any

from kube_vxlan_lab import outside
from kube_vxlan_lab.client import Client
from tests.bench.chronicle import Chronicle
from tests.bench.picture import Picture, Right
from tests.bench.pods import ANNOTATION, Json
from tests.bench.running import Controller
from tests.checker.facts import Entries, Fact, Serving, What
from tests.checker.observe import Observer
from tests.checker.processes import Processes
from tests.checker.sandboxes import Process, Reader, began, in_the_lab

ROOT = Path(__file__).parents[2]
PODS = "/api/v1/namespaces/default/pods"
_EVENTS = "/apis/events.k8s.io/v1/events"
_STARTERS = (("nsenter",), ("unshare",), ("setsid",), ("busybox", "sh", "-c"))
"""What becomes another program soon, or at least within `_STARTED`; `unshare --fork` starts one and stays."""
_STARTED = 2.0
"""Seconds."""
_LOOK = 0.005
"""Seconds between two looks at what was told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A pod as the watch told it."""

    name: str
    uid: str
    node: str
    text: str
    address: str
    ready: bool
    running: frozenset[str]
    """Containers that run."""
    addressed: float
    """When its address was first told; 0 before."""


class World:
    """What happens in the lab, as it is told."""

    def __init__(self, lab: outside.Lab, client: Client, texts: Mapping[str, Entries | None]) -> None:
        self.lab = lab
        self.client = client
        self.chronicle = Chronicle(time.time() - time.monotonic(), texts)
        self.controller = Controller(lab.kubeconfig)
        self.picture = Picture()
        self.pods: dict[str, Seen] = {}
        """By name."""
        self.left: dict[str, float] = {}
        """When pods were first told to be members of nothing any more, by name."""
        self.served: dict[str, tuple[int, float]] = {}
        """How many execs of the controller run in each pod, and since when, by uid."""
        self.facts: SimpleQueue[Fact] = SimpleQueue()
        self.unsettled: Callable[[], int] = lambda: 0
        """How many processes of pods the observer still looks at again and again, which takes time from what is measured."""

    async def create(self, pods: Iterable[Json]) -> None:
        """Create pods, sixteen at a time."""
        await _in_turns(self.client.create(PODS, pod) for pod in pods)

    async def delete(self, names: Iterable[str]) -> None:
        """Delete pods, sixteen at a time."""
        await _in_turns(self.client.delete(f"{PODS}/{name}") for name in names)

    async def until(self, condition: Callable[[], bool], within: float, what: Callable[[], str], every: float = _LOOK) -> None:
        """Return when the condition holds. Raises `AssertionError` with a sentence when it does not in time."""
        deadline = time.monotonic() + within
        while not condition():
            assert time.monotonic() < deadline, f"not within {within:g} s: {what()}"
            await asyncio.sleep(every)

    async def until_right(self, within: float) -> float:
        """Return when every kernel is as expected; the time since when the last one has been."""
        await self.until(lambda: self.picture.complete, within, lambda: "; ".join(list(self.picture.wrong())[:3]))
        return max(self.picture.since.values())

    def expect(self, vnis: dict[str, int], names: Iterable[str], deaf: frozenset[str] = frozenset()) -> None:
        """What the kernels of these pods, all with an address, should hold; `deaf` are members that nobody looks into."""
        groups: dict[str, dict[str, Seen]] = {}
        for name in names:
            pod = self.pods[name]
            groups.setdefault(pod.text.split()[0], {})[name] = pod
        expected = {}
        for network, members in groups.items():
            addresses = frozenset(pod.address for pod in members.values())
            for name in members.keys() - deaf:
                pod = members[name]
                overlay = pod.text.partition("ip=")[2].split()[0]
                expected[pod.uid] = Right(network, vnis[network], overlay, addresses - {pod.address})
        self.picture.expect(expected)

    async def watch(self) -> None:
        """Follow the pods for ever."""
        async for kind, obj in self.client.watch(PODS):
            name, now = obj["metadata"]["name"], time.monotonic()
            self.chronicle.pod(now, kind, obj)
            status = obj.get("status", {})
            if kind == "DELETED" or status.get("phase") in ("Succeeded", "Failed"):
                self.left.setdefault(name, now)
                self.pods.pop(name, None)
                continue
            seen, before = _seen(obj), self.pods.get(name)
            first = before.addressed if before is not None and before.addressed else now if seen.address else 0.0
            self.pods[name] = replace(seen, addressed=first)

    async def listen(self) -> None:
        """Follow what is said about pods in Events, for ever."""
        async for _, obj in self.client.watch(_EVENTS):
            self.chronicle.event(time.monotonic(), obj)

    async def look(self) -> None:
        """Take in what the kernels told, for ever."""
        while True:
            while not self.facts.empty():
                fact = self.facts.get()
                self.picture.take(fact)
                self.chronicle.take(fact)
                if isinstance(fact.what, Serving):
                    self.served[fact.pod] = fact.what.count, fact.time
            await asyncio.sleep(_LOOK)


@asynccontextmanager
async def world(
    name: str, nodes: int, networks: dict[str, int], texts: Mapping[str, Entries | None] = MappingProxyType({})
) -> AsyncIterator[World]:
    """A lab with these networks (names and VNIs), gone at the end; the controller is not started yet.

    `texts`: what odd annotations mean.
    """
    with outside.running(name, nodes, ROOT / "agent") as lab:
        async with Client(lab.access) as client:
            made = World(lab, client, texts)
            data = {network: f"id={vni} up" for network, vni in networks.items()}
            metadata = {"name": "kube-vxlan-controller", "namespace": "kube-system"}
            config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
            await client.create("/api/v1/namespaces/kube-system/configmaps", config)
            made.chronicle.config(time.monotonic(), data)

            def note(what: What, uid: str, source: str) -> None:
                made.facts.put(Fact(time.monotonic(), uid, what, source))

            observer = Observer(lambda uid, what, source: note(what, uid, source), read_every=600.0)
            processes = Processes(observer, note, _until_settled(in_the_lab))
            made.unsettled = lambda: processes.unsettled
            try:
                async with asyncio.TaskGroup() as tasks:
                    looking = [tasks.create_task(one) for one in (made.watch(), made.listen(), made.look())]
                    yield made
                    for task in looking:
                        task.cancel()
            finally:
                made.controller.end()
                processes.stop()
                observer.stop()


async def _in_turns(calls: Iterable[Coroutine[Any, Any, Any]]) -> None:
    turns = asyncio.Semaphore(16)

    async def one(call: Coroutine[Any, Any, Any]) -> None:
        async with turns:
            await call

    async with asyncio.TaskGroup() as tasks:
        for call in calls:
            tasks.create_task(one(call))


def _until_settled(read: Reader) -> Reader:
    """Reads each process until two readings agree on what it runs. What becomes of it later is nothing to us, and asking all of
    them again and again takes up to half a core from those that are measured."""
    known: dict[int, tuple[Process, float]] = {}
    """With the time of the first reading."""
    settled: set[int] = set()

    def once(pid: int) -> Process | None:
        if pid in settled:
            if began(pid) == known[pid][0].began:
                return known[pid][0]
            settled.discard(pid)  # another one has its number
            del known[pid]
        found, now = read(pid), time.monotonic()
        if found is not None:
            before, first = known.get(pid, (None, now))
            known[pid] = found, first
            if found == before and (now - first > _STARTED or not _is_starter(found.line)):
                settled.add(pid)
        return found

    return once


def _is_starter(line: tuple[str, ...]) -> bool:
    named = (line[0].rpartition("/")[2], *line[1:]) if line else ()
    return "--fork" not in line and any(named[: len(one)] == one for one in _STARTERS)


def _seen(obj: Json) -> Seen:
    metadata, status = obj["metadata"], obj.get("status", {})
    containers = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    return Seen(
        name=metadata["name"],
        uid=metadata["uid"],
        node=obj["spec"].get("nodeName", ""),
        text=metadata.get("annotations", {}).get(ANNOTATION, ""),
        address=status.get("podIP", ""),
        ready=any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", ())),
        running=frozenset(one["name"] for one in containers if "running" in one.get("state", {})),
        addressed=0.0,
    )
