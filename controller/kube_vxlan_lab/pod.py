"""Time. One pod from its sandbox to its removal.

The order is a kubelet's: the sandbox; init containers one after another, a sidecar among them counting as done when it has
started; then all others at once. At the end the ordinary containers are asked to go (TERM) and killed after the grace period,
then the sidecars in reverse order; then the sandbox goes, the address is given back, and the API object is removed.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kube_vxlan_lab.addresses import Pool, Wire
from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.resources import PODS, Json
from kube_vxlan_lab.apiserver.store import Store
from kube_vxlan_lab.container import Container
from kube_vxlan_lab.containers import Surroundings, dual, sysctls
from kube_vxlan_lab.podstatus import PodRecord, Role, pod_status, timestamp
from kube_vxlan_lab.sandbox import CannotMake, cut, make_sandbox
from kube_vxlan_lab.spawning import Process
from kube_vxlan_lab.underlay import Keeper

_RETRY = 2.0
"""Seconds until a sandbox that could not be made is tried again."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a node gives to its pods."""

    keeper: Keeper
    pool: Pool
    store: Store
    directory: Path
    """Below it, `pods/UID` belongs to one pod."""
    agent: str
    """The directory of the agent's program."""
    contact: asyncio.Event
    """Set while the node and the API server reach each other; while it is not, nobody hears of the pods."""
    turns: asyncio.Semaphore
    """Held while something is being started: a burst of pods must not keep everything else waiting."""


class Pod:
    """One pod. `obj` is its API object when it came to the node."""

    def __init__(self, obj: Json, place: Place) -> None:
        self._obj = obj
        self._place = place
        self._directory = place.directory / "pods" / obj["metadata"]["uid"]
        self._since = datetime.now(UTC)
        self._wire: Wire | None = None
        self._sandbox: Process | None = None
        self._ending = asyncio.Event()
        self._over = asyncio.Event()
        """This sandbox shall go: the pod ends, is evicted, or gets another one."""
        self._evicted = ""
        self._grace = 0.0
        self.containers = tuple(
            Container(spec, role, self._directory, place.turns, self._publish) for role, spec in _containers(obj["spec"])
        )

    def end(self, grace: float) -> None:
        """Begin the pod's end, with this many seconds of grace for its containers."""
        self._grace = min(grace, self._grace) if self._ending.is_set() else grace
        self._ending.set()
        self._over.set()

    def rebuild(self) -> None:
        """Lose the sandbox: the containers start anew in another one, with another address. Nothing if it has none."""
        if self._sandbox is not None:
            self._over.set()

    def evict(self, why: str) -> None:
        """End the pod for good; its object stays, as Failed."""
        self._evicted = why
        self._over.set()

    def report(self) -> None:
        """Tell the API server how the pod is."""
        self._publish()

    def container(self, name: str) -> Container | None:
        """The container of that name."""
        return next((one for one in self.containers if one.record.name == name), None)

    async def live(self) -> None:
        """Be a pod, until `end` was called and all is done."""
        await self._stay()
        while not self._ending.is_set() and not self._evicted:
            await self._move()
            await self._stay()
        await self._drop_sandbox()
        if self._evicted:
            self._publish()
        await self._ending.wait()
        await self._place.contact.wait()
        metadata = self._obj["metadata"]
        with suppress(Refusal):
            self._place.store.remove(PODS, metadata["namespace"], metadata["name"], metadata["uid"])

    async def _stay(self) -> None:
        """Live in one sandbox until that is over."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self._run(tasks))
            await self._over.wait()
            running.cancel()
            await asyncio.wait([running])
            await self._wind_down(self._grace if self._ending.is_set() else 0.0)

    async def _move(self) -> None:
        """Leave the sandbox; the address of the next one is taken first, so that it is another."""
        self._over.clear()
        address = self._place.pool.take() if self._wire is not None else None
        await self._drop_sandbox()
        self._wire = Wire(self._place.keeper.net, address, dual(self._obj)) if address is not None else None
        for one in self.containers:
            one.renew()

    async def _run(self, tasks: asyncio.TaskGroup) -> None:
        pid = await self._make_sandbox()
        around = Surroundings(self._obj, self._addresses, self._place.keeper.net.addresses, self._place.agent)
        for one in self.containers:
            tasks.create_task(one.keep(pid, around, self._again(one), self._over))
            if one.record.role is Role.SIDECAR:
                await one.started.wait()
            elif one.record.role is Role.INIT:
                await one.finished.wait()
                if not one.record.ready:
                    break
        else:
            for one in self._having(Role.APP):
                await one.finished.wait()
        # Nothing of it will run again: its object stays as a record, without processes and address.
        await self._stop_sidecars(self._obj["spec"]["terminationGracePeriodSeconds"])
        await self._drop_sandbox()

    def _again(self, one: Container) -> Callable[[int], bool]:
        policy = self._obj["spec"]["restartPolicy"]
        match one.record.role:
            case Role.SIDECAR:
                return lambda _: True
            case Role.INIT:
                return lambda code: code != 0 and policy != "Never"
            case Role.APP:
                return lambda code: policy == "Always" or (policy == "OnFailure" and code != 0)

    def _having(self, role: Role) -> list[Container]:
        return [one for one in self.containers if one.record.role is role]

    async def _make_sandbox(self) -> int:
        while True:
            try:
                self._sandbox = await self._sandbox_once()
            except CannotMake as error:
                self._publish()
                self._warn("FailedCreatePodSandBox", f"Failed to create pod sandbox: {error}")
                await asyncio.sleep(_RETRY)
            else:
                self._publish()
                return self._sandbox.pid

    async def _sandbox_once(self) -> Process:
        name, keeper = self._obj["metadata"]["name"], self._place.keeper
        if self._wire is None and not self._obj["spec"].get("hostNetwork"):
            address = self._place.pool.take()
            if address is None:
                raise CannotMake("no address is left on this node")
            self._wire = Wire(keeper.net, address, dual(self._obj))
        self._directory.mkdir(parents=True, exist_ok=True)
        hosts = "".join(f"{address}\t{name}\n" for address in self._addresses)
        (self._directory / "etc-hosts").write_text(f"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n{hosts}")
        async with self._place.turns:
            return await make_sandbox(self._directory, name, keeper.pid, self._wire, tuple(sysctls(self._obj)))

    @property
    def _addresses(self) -> tuple[str, ...]:
        if self._obj["spec"].get("hostNetwork"):
            return self._place.keeper.net.addresses
        return self._wire.addresses if self._wire is not None else ()

    async def _wind_down(self, grace: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        async with asyncio.TaskGroup() as tasks:
            for one in (*self._having(Role.APP), *self._having(Role.INIT)):
                tasks.create_task(one.stop(grace))
        await self._stop_sidecars(max(0.0, deadline - loop.time()))

    async def _stop_sidecars(self, grace: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        for one in reversed(self._having(Role.SIDECAR)):
            await one.stop(max(0.0, deadline - loop.time()))

    async def _drop_sandbox(self) -> None:
        if self._sandbox is not None:
            self._sandbox.kill()
            await self._sandbox.wait()
            self._sandbox = None
        if self._wire is not None:
            await cut(self._place.keeper.pid, self._wire)
            self._place.pool.give_back(self._wire.address)
            self._wire = None

    def _warn(self, reason: str, message: str) -> None:
        if not self._place.contact.is_set():
            return
        now = timestamp(datetime.now(UTC))
        metadata = {key: self._obj["metadata"][key] for key in ("namespace", "name", "uid")}
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"namespace": metadata["namespace"], "generateName": f"{metadata['name']}."},
            "involvedObject": {"apiVersion": "v1", "kind": "Pod"} | metadata,
            "type": "Warning",
            "reason": reason,
            "message": message,
            "source": {"component": "kubelet", "host": self._place.keeper.net.name},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        with suppress(Refusal):
            self._place.store.create(event)

    def _publish(self) -> None:
        if not self._place.contact.is_set():
            return
        metadata = self._obj["metadata"]
        record = PodRecord(
            init=tuple(one.record for one in self.containers if one.record.role is not Role.APP),
            app=tuple(one.record for one in self._having(Role.APP)),
            restart=self._obj["spec"]["restartPolicy"],
            hosts=self._place.keeper.net.addresses,
            since=self._since,
            addresses=self._addresses,
            sandbox=self._sandbox is not None,
            gates=tuple(gate["conditionType"] for gate in self._obj["spec"].get("readinessGates") or ()),
            evicted=self._evicted if self._sandbox is None else "",
        )

        def change(obj: Json) -> Json:
            obj["metadata"]["uid"] = metadata["uid"]  # of this pod only, not of the next one with its name
            obj["status"] = pod_status(record, obj["status"], datetime.now(UTC))
            return obj

        with suppress(Refusal):
            self._place.store.modify(PODS, metadata["namespace"], metadata["name"], change, "status")


def _containers(spec: Json) -> list[tuple[Role, Json]]:
    inits = spec.get("initContainers") or []
    return [
        *((Role.SIDECAR if init.get("restartPolicy") == "Always" else Role.INIT, init) for init in inits),
        *((Role.APP, container) for container in spec["containers"]),
    ]
