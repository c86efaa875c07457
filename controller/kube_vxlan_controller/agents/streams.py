"""I/O. Streams to the agents: opened with care, kept warm, asked one request at a time. Implements `ports.Agents`.

An exec costs a node 25 ms of CPU and a request on an open stream 3 ms, so streams stay open; each costs memory here and in
the API server, so their number is bounded. Laws: one stream per container and one request at a time on it; nothing waits
without a deadline; a node that does not answer is left alone for a while, so that it takes nobody else's turn; agents that
did not greet us are tried again one at a time on each node, so that they do not take the turns of their neighbours.
"""

import asyncio
import itertools
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from kube_vxlan_controller.agents.conversation import Stream, greeted
from kube_vxlan_controller.agents.framing import Answer, Decoder, Header, encode
from kube_vxlan_controller.agents.limits import Limits
from kube_vxlan_controller.agents.refusals import told
from kube_vxlan_controller.model import ContainerName, Epoch, NodeName, Place
from kube_vxlan_controller.ports import (
    Ask,
    Exec,
    ExecStream,
    Rejected,
    StreamEnded,
    StreamId,
    Target,
    Told,
    Unknown,
    Unreachable,
    WorldError,
)
from kube_vxlan_controller.turns import Turns


class Streams:
    """The open streams to all agents: `async with Streams(...) as agents: await agents.ask(...)`.

    Leaving the block closes every stream; requests that are under way raise `Unknown`.
    """

    def __init__(self, opener: Exec, epoch: Callable[[], Epoch], limits: Limits) -> None:
        self._exec = opener
        self._epoch = epoch
        self._limits = limits
        self._opening = asyncio.Semaphore(limits.opening)
        self._forwarding = Turns(limits.forwarding, limits.forwarding_for)
        self._nodes: dict[NodeName, _Node] = {}
        self._seats: dict[Place, dict[ContainerName, _Seat]] = {}
        self._silent: set[Place] = set()
        """Those that did not greet us when they were last tried."""
        self._warm: dict[StreamId, Stream] = {}
        self._numbers = itertools.count(1)
        self._tasks = asyncio.TaskGroup()
        self._leaving = False

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        for stream in self._warm.values():
            stream.close()
        await self._tasks.__aexit__(kind, error, trace)

    @property
    def open(self) -> int:
        """How many streams are open now."""
        return len(self._warm)

    @property
    def nodes(self) -> int:
        """Of how many nodes something is remembered."""
        return len(self._nodes)

    async def ask(self, target: Target, ask: Ask, stream: StreamId | None = None) -> Told:
        """See `ports.Agents`."""
        containers = self._seats.setdefault(target.place, {})
        seat = containers.setdefault(target.container, _Seat())
        seat.users += 1
        try:
            async with seat.lock:
                if seat.stream and seat.instance != target.instance:
                    seat.stream.close()  # what it led to has ended, also where nobody says so
                current = seat.stream if seat.stream and seat.stream.open else None
                if stream is not None and (current is None or current.id != stream):
                    raise StreamEnded(f"{target.place}: the stream for this request has ended; nothing was sent")
                if current is None:
                    current = await self._open(target, seat)
                if ask.entries and ask == Ask(entries=ask.entries):
                    async with self._forwarding.turn():
                        return await self._converse(current, target, ask)
                return await self._converse(current, target, ask)
        finally:
            seat.users -= 1
            self._tidy(target)

    async def forget(self, place: Place) -> None:
        """See `ports.Agents`."""
        self._silent.discard(place)
        for seat in self._seats.get(place, {}).values():
            if seat.stream:
                seat.stream.close()

    def _tidy(self, target: Target) -> None:
        """Keep no seat that nobody uses."""
        containers = self._seats.get(target.place, {})
        seat = containers.get(target.container)
        if seat and not seat.users and not (seat.stream and seat.stream.open):
            del containers[target.container]
            if not containers:
                del self._seats[target.place]

    async def _converse(self, stream: Stream, target: Target, ask: Ask) -> Told:
        limits = self._limits
        idle = int(limits.warm_for + limits.grace) + 1
        header = Header(stream.next_request(), target.place.uid, self._epoch(), limits.answer_within, idle)
        answer = await stream.ask(encode(header, ask), limits.answer_within + limits.grace)
        if isinstance(answer, Answer):
            return Told(stream.id, answer.complaints, answer.readings)
        message = f"the agent of {target.place} refuses the request ({answer.code}): {told(answer)}"
        if answer.code == "busy":
            raise Unreachable(message)
        if answer.code == "superseded":
            stream.close()  # the agent will never again take a change on it
            raise Unknown(message)
        raise Rejected(answer.code, message)

    async def _open(self, target: Target, seat: "_Seat") -> Stream:
        """A new stream to the target, greeted and listened to, in its seat."""
        node = self._node(target.node)
        if target.place in self._silent and node.second_tries.locked():
            raise Unreachable(f"node {target.node} has not answered lately, and another agent there is being tried first")
        node.users += 1
        try:
            async with AsyncExitStack() as turns:
                if target.place in self._silent:
                    await turns.enter_async_context(node.second_tries)
                await turns.enter_async_context(node.slots)
                await turns.enter_async_context(self._opening)
                if self._leaving:
                    raise Unreachable(f"{target.place}: not opened, since we are stopping")
                remote, decoder = await self._reach(target, node)
        finally:
            node.users -= 1
            if not node.users and not node.silences:
                self._nodes.pop(target.node, None)
        for other in self._seats[target.place].values():
            if other.stream:
                other.stream.close()  # the agents take the newest one of a pod for the only one
        stream = Stream(StreamId(next(self._numbers)), target.place, remote, decoder, self._limits.warm_for)
        seat.stream = self._warm[stream.id] = stream
        seat.instance = target.instance
        stream.listener = self._tasks.create_task(self._listen(stream, target))
        self._cool_down()
        await asyncio.sleep(0)  # the listener hears first whether it has ended already: nothing is sent then
        return stream

    def _node(self, name: NodeName) -> "_Node":
        """What is known of a node. Those of which nothing has been heard or wanted for long are forgotten by the way."""
        found = self._nodes.get(name)
        if found is None:
            past = asyncio.get_running_loop().time() - self._limits.rest * 4
            for other in [other for other, node in self._nodes.items() if not node.users and node.silent_at < past]:
                del self._nodes[other]
            found = self._nodes[name] = _Node(asyncio.Semaphore(self._limits.opening_per_node))
        return found

    async def _reach(self, target: Target, node: "_Node") -> tuple[ExecStream, Decoder]:
        """Start the agent and hear its greeting; counts the node's silences."""
        limits, clock = self._limits, asyncio.get_running_loop()
        if (rest := node.resting_until - clock.time()) > 0:
            raise Unreachable(f"node {target.node} has not answered lately and is left alone", rest)
        try:
            async with asyncio.timeout(limits.open_within):
                found = await greeted(self._exec, target)
        except TimeoutError:
            node.silent_at = clock.time()
            if target.place not in self._silent:
                self._silent.add(target.place)
                node.silences += 1
            if node.silences >= limits.silences:
                node.resting_until = clock.time() + limits.rest
            raise Unreachable(f"the agent of {target.place} has not greeted us within {limits.open_within:g} s") from None
        except WorldError:
            self._heard(target, node)
            raise
        self._heard(target, node)
        return found

    def _heard(self, target: Target, node: "_Node") -> None:
        """Somebody answered."""
        node.silences = 0
        self._silent.discard(target.place)

    async def _listen(self, stream: Stream, target: Target) -> None:
        try:
            await stream.listen()
        finally:
            del self._warm[stream.id]
            self._tidy(target)

    def _cool_down(self) -> None:
        """Close a stream that nobody waits for if too many are open."""
        if len(self._warm) > self._limits.warm:
            seats = (seat for containers in self._seats.values() for seat in containers.values())
            idle = [seat.stream for seat in seats if not seat.users and seat.stream and seat.stream.open]
            if idle:
                random.choice(idle).close()


@dataclass(slots=True)
class _Seat:
    """One container's: its stream, and who waits for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    stream: Stream | None = None
    instance: str = ""
    """The container's, to which the stream leads."""
    users: int = 0


@dataclass(slots=True)
class _Node:
    """One node's slots for opening, and how it has answered lately."""

    slots: asyncio.Semaphore
    second_tries: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """Taken before one of the slots for an agent that was silent."""
    users: int = 0
    silences: int = 0
    silent_at: float = 0.0
    """When an agent there was last silent."""
    resting_until: float = 0.0
