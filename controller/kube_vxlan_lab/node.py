"""Time. A kubelet in small: the pods of one node, and exec and logs for the API server.

It acts on what the store says of pods with its node's name: a pod appears, its deletion begins, it is gone.
"""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence

from kube_vxlan_lab.addresses import PODS_PER_NODE
from kube_vxlan_lab.apiserver.history import Change, ChangeType
from kube_vxlan_lab.apiserver.resources import PODS, Json
from kube_vxlan_lab.apiserver.runtime import CannotStart, Container, LogWish, NotThere
from kube_vxlan_lab.pod import Place, Pod
from kube_vxlan_lab.sandbox import CannotMake

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

    def pod(self, uid: str) -> Pod | None:
        """The pod with that uid, if it is here."""
        return self._pods.get(uid)

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
        if change.resource.plural != PODS.plural or change.new["spec"].get("nodeName") != self.name:
            return
        metadata = change.new["metadata"]
        pod = self._pods.get(metadata["uid"])
        if change.type is ChangeType.DELETED:
            if pod is not None:
                pod.end(0)
        elif pod is None:
            self._begin(change.new)
        elif "deletionTimestamp" in metadata:
            pod.end(metadata.get("deletionGracePeriodSeconds", 0))

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
            if pod := node.pod(container.uid):
                return pod
        raise NotThere("pod does not exist")


def _tail(text: bytes, lines: int | None) -> bytes:
    return text if lines is None else b"".join(text.splitlines(keepends=True)[-lines:] if lines else ())


def _registration(place: Place) -> Json:
    net = place.keeper.net
    room = {"cpu": "1", "memory": "1Gi", "pods": str(PODS_PER_NODE)}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "the lab's kubelet is ready"}
    addresses = [{"type": "InternalIP", "address": str(net.address)}, {"type": "Hostname", "address": net.name}]
    labels = {"kubernetes.io/hostname": net.name, "kubernetes.io/os": "linux"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": net.name, "labels": labels},
        "spec": {"podCIDR": str(net.pods), "podCIDRs": [str(net.pods)]},
        "status": {"addresses": addresses, "capacity": room, "allocatable": room, "conditions": [ready]},
    }
