"""Time. A kubelet in small: the pods of one node, and exec and logs for the API server.

It acts on what the store says of pods with its node's name: a pod appears, its deletion begins, it is gone. A node that was
stopped hears and says nothing; when it is started it looks at everything.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime

from kube_vxlan_lab.addresses import PODS_PER_NODE
from kube_vxlan_lab.apiserver.discovery import VERSION
from kube_vxlan_lab.apiserver.history import Change, ChangeType
from kube_vxlan_lab.apiserver.resources import NODES, PODS, Json, name_of, namespace_of
from kube_vxlan_lab.apiserver.runtime import CannotStart, Container, LogWish, NotThere, Unreachable
from kube_vxlan_lab.pod import Place, Pod
from kube_vxlan_lab.podstatus import timestamp
from kube_vxlan_lab.sandbox import CannotMake
from kube_vxlan_lab.spawning import Process
from kube_vxlan_lab.underlay import connect

_LOOK_AGAIN = 0.2
"""Seconds between two looks at a log that is followed."""


class Node:
    """One node. Runs until it is cancelled, and leaves its pods' ends to the end of the lab."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._pods: dict[str, Pod] = {}
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def name(self) -> str:
        """As pods name it in `spec.nodeName`."""
        return self._place.keeper.net.name

    @property
    def pods(self) -> Mapping[str, Pod]:
        """The pods that are here, by uid."""
        return self._pods

    @property
    def reachable(self) -> bool:
        """Whether the API server reaches it."""
        return self._place.contact.is_set()

    @property
    def address(self) -> str:
        """Of the node itself."""
        return str(self._place.keeper.net.address)

    async def stop(self) -> None:
        """Lose the network: its pods go on, but reach no other node, and nobody hears of them.

        Node and pods are called not ready at once; a real node controller takes the better part of a minute for that.
        """
        await connect(self._place.keeper, False)
        self._place.contact.clear()
        self._set_ready("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
        for pod in self._place.store.select(PODS, None, self._is_mine):
            self._place.store.modify(PODS, namespace_of(pod), name_of(pod), _not_ready, "status")

    async def start(self, reboot: bool) -> None:
        """Be there again, after a `reboot` with new sandboxes for all pods."""
        await connect(self._place.keeper, True)
        self._place.contact.set()
        self._set_ready("True", "KubeletReady", "the lab's kubelet is ready")
        there = {pod["metadata"]["uid"]: pod for pod in self._place.store.select(PODS, None, self._is_mine)}
        for uid, pod in tuple(self._pods.items()):
            if uid not in there:
                pod.end(0)
            elif reboot:
                pod.rebuild()
            pod.report()
        for obj in there.values():
            self._see(obj)

    async def run(self) -> None:
        """Register the node, then run the pods that are sent to it."""
        self._place.store.create(_registration(self._place))
        async with asyncio.TaskGroup() as self._tasks:
            unsubscribe = self._place.store.subscribe(self._heard)
            try:
                await asyncio.Event().wait()
            finally:
                unsubscribe()

    def _heard(self, change: Change) -> None:
        if not self.reachable or change.resource.plural != PODS.plural or not self._is_mine(change.new):
            return
        if change.type is not ChangeType.DELETED:
            self._see(change.new)
        elif (pod := self._pods.get(change.new["metadata"]["uid"])) is not None:
            pod.end(0)

    def _is_mine(self, obj: Json) -> bool:
        return bool(obj["spec"].get("nodeName") == self.name)

    def _see(self, obj: Json) -> None:
        metadata = obj["metadata"]
        pod = self._pods.get(metadata["uid"])
        if pod is None:
            self._begin(obj)
        elif "deletionTimestamp" in metadata:
            pod.end(metadata.get("deletionGracePeriodSeconds", 0))
        elif obj["spec"].get("readinessGates"):  # somebody may have opened one
            asyncio.get_running_loop().call_soon(pod.report)

    def _set_ready(self, status: str, reason: str, message: str) -> None:
        ready = _ready(status, reason, message)

        def change(obj: Json) -> Json:
            return obj | {"status": obj["status"] | {"conditions": [ready]}}

        self._place.store.modify(NODES, "", self.name, change, "status")

    def _begin(self, obj: Json) -> None:
        assert self._tasks is not None
        uid = obj["metadata"]["uid"]
        pod = self._pods[uid] = Pod(obj, self._place)
        task = self._tasks.create_task(pod.live(), name=f"pod {obj['metadata']['name']}")
        task.add_done_callback(lambda _: self._pods.pop(uid))


class Nodes:
    """The lab's `Runtime`: finds a container on whichever node it runs."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes

    def node(self, name: str) -> Node | None:
        """The node of that name."""
        return next((node for node in self._nodes if node.name == name), None)

    def pod(self, uid: str) -> Pod | None:
        """The pod with that uid, on whichever node it is."""
        return next((node.pods[uid] for node in self._nodes if uid in node.pods), None)

    async def exec(self, container: Container, argv: Sequence[str], stdin: bool) -> Process:
        """Start a command with pipes. Raises `NotThere` or `CannotStart`."""
        there = self._pod(container).container(container.name)
        try:
            if there is None:
                raise LookupError(container.name)
            return await there.exec(tuple(argv), stdin)
        except LookupError:
            raise NotThere(f'container not found ("{container.name}")') from None
        except CannotMake as error:
            raise CannotStart(f"failed to exec in container: {error}") from None

    async def logs(self, container: Container, wish: LogWish) -> AsyncIterator[bytes]:
        """Pieces of the log. The lab keeps no times of lines, so `timestamps` changes nothing. Raises `NotThere`."""
        there = self._pod(container).container(container.name)
        path = there.log(wish.previous) if there else None
        if there is None or path is None:
            raise NotThere(f'container "{container.name}" in pod "{container.pod}" is waiting to start')
        with path.open("rb") as log:
            yield _tail(log.read(), wish.tail)
            while wish.follow and not there.finished.is_set() and there.log(wish.previous) == path:
                if piece := log.read():
                    yield piece
                await asyncio.sleep(_LOOK_AGAIN)
            yield log.read()

    def _pod(self, container: Container) -> Pod:
        for node in self._nodes:
            if (pod := node.pods.get(container.uid)) is not None:
                if not node.reachable:
                    raise Unreachable(f"dial tcp {node.address}:10250: connect: no route to host")
                return pod
        raise NotThere("pod does not exist")


def _not_ready(pod: Json) -> Json:
    conditions = pod["status"].get("conditions") or ()
    after = [one | {"status": "False"} if one["type"] == "Ready" else one for one in conditions]
    return pod | {"status": pod["status"] | {"conditions": after}}


def _tail(text: bytes, lines: int | None) -> bytes:
    return text if lines is None else b"".join(text.splitlines(keepends=True)[-lines:] if lines else ())


def _registration(place: Place) -> Json:
    net = place.keeper.net
    room = {"cpu": "1", "memory": "1Gi", "pods": str(PODS_PER_NODE)}
    ready = _ready("True", "KubeletReady", "the lab's kubelet is ready")
    machine = os.uname()
    info = dict.fromkeys(("machineID", "systemUUID", "bootID", "kubeProxyVersion"), "") | {
        "operatingSystem": "linux",
        "architecture": machine.machine,
        "kernelVersion": machine.release,
        "osImage": "kube-vxlan-lab",
        "kubeletVersion": VERSION,
        "containerRuntimeVersion": "lab://1",
    }
    addresses = [{"type": "InternalIP", "address": address} for address in net.addresses]
    addresses.append({"type": "Hostname", "address": net.name})
    labels = {"kubernetes.io/hostname": net.name, "kubernetes.io/os": "linux"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": net.name, "labels": labels},
        "spec": {"podCIDR": net.ranges[0], "podCIDRs": list(net.ranges)},
        "status": {
            "addresses": addresses,
            "capacity": room,
            "allocatable": room,
            "conditions": [ready],
            "nodeInfo": info,
        },
    }


def _ready(status: str, reason: str, message: str) -> Json:
    now = timestamp(datetime.now(UTC))
    times = {"lastHeartbeatTime": now, "lastTransitionTime": now}
    return {"type": "Ready", "status": status, "reason": reason, "message": message} | times
