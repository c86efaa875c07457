"""Time. What goes wrong in the lab when somebody asks for it, by hand or from a test: one table of faults.

`POST /lab/NAME` at the API server, with the same token and with a JSON object of the fault's fields. It is no part of the
Kubernetes API; docs/development.md shows its use. Laws: a fault has happened, as far as it can be seen at once, when it is
answered; one that is misspelt is refused with a sentence and breaks nothing.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec

from kube_vxlan_lab.apiserver.failures import Refusal, bad_request
from kube_vxlan_lab.apiserver.resources import PODS, Json
from kube_vxlan_lab.apiserver.server import Server
from kube_vxlan_lab.apiserver.store import Store
from kube_vxlan_lab.apiserver.troubles import How, Trouble
from kube_vxlan_lab.container import Container
from kube_vxlan_lab.node import Node, Nodes
from kube_vxlan_lab.pod import Pod


class _Fields(msgspec.Struct, forbid_unknown_fields=True):
    """What a fault must be told. Pods are named NAMESPACE/NAME."""


class _Nothing(_Fields):
    pass


class _OfPod(_Fields):
    pod: str


class _OfContainer(_Fields):
    pod: str
    container: str


class _OfExecs(_Fields):
    pod: str
    how: How
    seconds: float = 1.0
    times: int = 0
    code: int = 500


class _OfNode(_Fields):
    node: str
    reboot: bool = False


class _OfServer(_Fields):
    seconds: float = 0.0


class _OfBarrier(_Fields):
    before: int


class _OfWait(_Fields):
    seconds: float = 10.0


class _OfPieces(_Fields):
    lost: bool = False


F = TypeVar("F", bound=_Fields)


class _Fault(Generic[F]):
    """One row of the table."""

    def __init__(self, fields: type[F], act: Callable[[F], Awaitable[None]]) -> None:
        self._fields = fields
        self._act = act

    async def happen(self, what: Json) -> None:
        """Raises a 400 Refusal if the fields are not those of this fault."""
        try:
            fields = msgspec.convert(what, self._fields, strict=False)
        except msgspec.ValidationError as error:
            raise bad_request(f"this fault cannot be read: {error}") from None
        await self._act(fields)


class Faults:
    """The control door: a `Door` of the API server."""

    def __init__(self, server: Server, store: Store, nodes: Nodes) -> None:
        self._server = server
        self._store = store
        self._nodes = nodes
        self._table: dict[str, _Fault[Any]] = {
            "kill": _Fault(_OfContainer, self._kill),
            "freeze": _Fault(_OfContainer, self._freeze),
            "thaw": _Fault(_OfContainer, self._thaw),
            "rebuild": _Fault(_OfPod, self._rebuild),
            "evict": _Fault(_OfPod, self._evict),
            "exec": _Fault(_OfExecs, self._exec),
            "hold": _Fault(_OfBarrier, self._hold),
            "held": _Fault(_OfWait, self._held),
            "release": _Fault(_OfPieces, self._release),
            "stop": _Fault(_OfNode, self._stop),
            "start": _Fault(_OfNode, self._start),
            "restart": _Fault(_OfServer, self._restart),
            "cut-watches": _Fault(_Nothing, self._cut_watches),
            "silence-watches": _Fault(_Nothing, self._silence_watches),
            "compact": _Fault(_Nothing, self._compact),
        }

    async def __call__(self, name: str, what: Json) -> None:
        """Let it happen. Raises a 400 or 404 Refusal."""
        fault = self._table.get(name)
        if fault is None:
            raise Refusal(404, "NotFound", f'there is no fault "{name}"; there are {", ".join(self._table)}')
        await fault.happen(what)

    async def _kill(self, what: _OfContainer) -> None:
        self._container(what).crash()

    async def _freeze(self, what: _OfContainer) -> None:
        self._container(what).freeze(True)

    async def _thaw(self, what: _OfContainer) -> None:
        self._container(what).freeze(False)

    async def _rebuild(self, what: _OfPod) -> None:
        self._pod(what.pod).rebuild()

    async def _evict(self, what: _OfPod) -> None:
        self._pod(what.pod).evict("The node was low on resource: memory.")

    async def _exec(self, what: _OfExecs) -> None:
        self._server.troubles.set(self._uid(what.pod), Trouble(what.how, what.seconds, what.times, what.code))

    async def _hold(self, what: _OfBarrier) -> None:
        self._server.troubles.barrier.lower(what.before)

    async def _held(self, what: _OfWait) -> None:
        if not await self._server.troubles.barrier.closed(what.seconds):
            raise Refusal(504, "Timeout", f"nothing had to be held up within {what.seconds:g} s")

    async def _release(self, what: _OfPieces) -> None:
        self._server.troubles.barrier.lift(lost=what.lost)

    async def _stop(self, what: _OfNode) -> None:
        node = self._node(what.node)
        await node.stop()
        for uid in node.pods:
            self._server.troubles.set(uid, Trouble(How.HANG))

    async def _start(self, what: _OfNode) -> None:
        node = self._node(what.node)
        for uid in node.pods:
            self._server.troubles.set(uid, Trouble(How.WORK))
        await node.start(what.reboot)

    async def _restart(self, what: _OfServer) -> None:
        await self._server.restart(what.seconds)

    async def _cut_watches(self, _: _Nothing) -> None:
        self._server.cut_watches()

    async def _silence_watches(self, _: _Nothing) -> None:
        self._server.hush_watches()

    async def _compact(self, _: _Nothing) -> None:
        self._store.compact()

    def _uid(self, called: str) -> str:
        namespace, _, name = called.partition("/")
        return str(self._store.peek(PODS, namespace, name)["metadata"]["uid"])

    def _pod(self, called: str) -> Pod:
        pod = self._nodes.pod(self._uid(called))
        if pod is None:
            raise Refusal(404, "NotFound", f'pod "{called}" is on no node')
        return pod

    def _container(self, what: _OfContainer) -> Container:
        container = self._pod(what.pod).container(what.container)
        if container is None:
            raise Refusal(404, "NotFound", f'pod "{what.pod}" has no container "{what.container}"')
        return container

    def _node(self, name: str) -> Node:
        node = self._nodes.node(name)
        if node is None:
            raise Refusal(404, "NotFound", f'there is no node "{name}"')
        return node
