"""`ports.Exec` for tests: the real agent as a process of this machine, in a pod's namespaces or not, and faults on the way."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kube_vxlan_controller.agents.limits import Limits
from kube_vxlan_controller.agents.streams import Streams
from kube_vxlan_controller.model import ContainerName, Epoch, Namespace, NodeName, Place, PodName, PodUid
from kube_vxlan_controller.ports import Exec, ExecStream, NotRunning, Target, Unknown

AGENT = Path(__file__).parents[2] / "agent" / "kube-vxlan-agent"


def target(name: str = "a", node: str = "node1") -> Target:
    """A pod of this name; its uid is `uid-NAME`."""
    place = Place(Namespace("default"), PodName(name), PodUid(f"uid-{name}"))
    return Target(place, NodeName(node), ContainerName("vxlan-controller-agent"))


class Process:
    """A command's stdin and stdout as an exec stream."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self.process = process
        self._input, self._output = process.stdin, process.stdout

    async def send(self, data: bytes) -> None:
        """See `ports.ExecStream`."""
        try:
            self._input.write(data)
            await self._input.drain()
        except OSError as error:
            raise Unknown(f"the pipe broke: {error}") from error

    async def receive(self) -> bytes:
        """See `ports.ExecStream`."""
        if data := await self._output.read(1 << 16):
            return data
        raise NotRunning(f"the command ended with {await self.process.wait()}")

    async def close(self) -> None:
        """See `ports.ExecStream`. Unlike over the network the process is waited for, so that no test leaves one."""
        self._input.close()
        with contextlib.suppress(OSError):
            await self._input.wait_closed()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.25):
                    await self.process.wait()
        finally:
            if self.process.returncode is None:
                self.process.kill()
                await self.process.wait()


@dataclass
class Processes:
    """Starts the agent, or what `command` says instead, and remembers what it started."""

    command: Callable[[Target], Sequence[str]] = lambda _: (str(AGENT), "serve")
    started: list[Process] = field(default_factory=list)

    async def open(self, target: Target, argv: tuple[str, ...]) -> ExecStream:
        """See `ports.Exec`."""
        assert argv == ("kube-vxlan-agent", "serve")
        process = await asyncio.create_subprocess_exec(
            *self.command(target),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "POD_UID": target.place.uid},
            start_new_session=True,
        )
        self.started.append(Process(process))
        return self.started[-1]

    def running(self) -> int:
        """How many of the processes have not ended."""
        return sum(stream.process.returncode is None for stream in self.started)


@dataclass
class Cut:
    """Loses the first connection after so many bytes from the agent."""

    inner: Exec
    after: int
    spent: bool = False

    async def open(self, target: Target, argv: tuple[str, ...]) -> ExecStream:
        """See `ports.Exec`."""
        stream = await self.inner.open(target, argv)
        if self.spent:
            return stream
        self.spent = True
        return _CutStream(stream, self.after)


class _CutStream:
    def __init__(self, inner: ExecStream, left: int) -> None:
        self._inner, self._left = inner, left
        self.send, self.close = inner.send, inner.close

    async def receive(self) -> bytes:
        if not self._left:
            raise Unknown("the connection was lost")
        data = (await self._inner.receive())[: self._left]
        self._left -= len(data)
        return data


@dataclass
class Counting:
    """Counts how many openings are under way at once, per node and in all; each takes until all that may have begun."""

    inner: Exec
    now: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)

    async def open(self, target: Target, argv: tuple[str, ...]) -> ExecStream:
        """See `ports.Exec`."""
        for name in (target.node, "all"):
            self.now[name] = self.now.get(name, 0) + 1
            self.most[name] = max(self.most.get(name, 0), self.now[name])
        try:
            for _ in range(20):
                await asyncio.sleep(0)
            return await self.inner.open(target, argv)
        finally:
            for name in (target.node, "all"):
                self.now[name] -= 1


LIMITS = Limits(open_within=20.0, answer_within=20)
A = target("a")


@asynccontextmanager
async def streams(opener: Exec, limits: Limits = LIMITS, epoch: int = 1) -> AsyncIterator[Streams]:
    async with Streams(opener, lambda: Epoch(epoch), limits) as agents:
        yield agents


async def eventually(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110 (what happens is not ours to announce)
            await asyncio.sleep(0.005)
