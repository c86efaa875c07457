"""I/O. The world, opened once for a command that only reads: what the API server holds, and what agents say of their kernels.

Laws: nothing is written; at most `AT_ONCE` agents are asked at a time; a wait of more than a second shows on a terminal how
far it is. What would be done to a pod is asked of `rounds` itself, so it is what the controller would do.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import Progress

from kube_vxlan_controller.agents.limits import Limits
from kube_vxlan_controller.agents.streams import Streams
from kube_vxlan_controller.cli.complaint import USAGE, Complaint
from kube_vxlan_controller.cli.prospect import NOBODY, Prospect
from kube_vxlan_controller.connecting import connection
from kube_vxlan_controller.desired import Desired, Policy, Wish, desire
from kube_vxlan_controller.feeding import config_changes, networks_resource, pod_changes, pods_resource
from kube_vxlan_controller.kernel.readings import ParseError
from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.connection import BadConnection
from kube_vxlan_controller.kube.exec import PodExec
from kube_vxlan_controller.kube.happenings import Listed
from kube_vxlan_controller.kube.listing import list_all
from kube_vxlan_controller.model import Epoch, Namespace
from kube_vxlan_controller.ports import Agents, WorldError
from kube_vxlan_controller.rounds import NOTHING_KNOWN, Settled, learn, next_round
from kube_vxlan_controller.settings import Settings
from kube_vxlan_controller.snapshot import Elapsed, Snapshot, fold
from kube_vxlan_controller.views import PodView, pod_view

AT_ONCE = 32
"""Pods asked at a time; an exec costs its node about 25 ms of CPU."""
PATIENCE = 1.0
"""Seconds after which somebody at a terminal wants to see that something happens."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class World:
    """The open connections of one command."""

    settings: Settings
    api: ApiClient
    agents: Agents
    asking: Callable[[int], Callable[[], None]]
    """Is told how many pods there are to ask, and gives what counts one."""
    again: bool = False
    """The same pods will be asked again, so streams stay open."""

    async def desired(self, namespace: str = "") -> Desired:
        """The wishes for all pods, or for those of one namespace as if there were no others. Raises `WorldError`.

        Its snapshot is not `complete` where some object could not be read.
        """
        settings = self.settings
        pods = await list_all(self.api, pods_resource(settings.selector, Namespace(namespace) if namespace else None))
        config = await list_all(self.api, networks_resource(settings.namespace, settings.configmap_name))
        policy = Policy(settings.agents, settings.gate_open, settings.vni_from_configmap)
        changes = (
            *pod_changes(Listed(pods.objects, not pods.skipped), settings.annotation, settings.agents),
            *config_changes(Listed(config.objects, not config.skipped)),
            Elapsed(time.time()),
        )
        return desire(fold(Snapshot(), changes), Desired(policy))

    async def all_pods(self) -> tuple[PodView, ...]:
        """All pods that there are, whatever their labels. Raises `WorldError`."""
        listed = await list_all(self.api, pods_resource(""))
        return tuple(pod_view(pod, self.settings.annotation, self.settings.agents) for pod in listed.objects)

    async def ask_all(self, wishes: Sequence[Wish], ask: Callable[[Wish], Awaitable[T]]) -> list[T]:
        """What `ask` gives for each, some of them at a time."""
        turns, advance = asyncio.Semaphore(AT_ONCE), self.asking(len(wishes))

        async def one(wish: Wish) -> T:
            async with turns:
                told = await ask(wish)
                if not self.again:
                    await self.agents.forget(wish.place)
            advance()
            return told

        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(one(wish)) for wish in wishes]
        return [task.result() for task in running]

    async def foresee(self, wish: Wish, blind: bool) -> Prospect:
        """What a pod's kernel holds and what the controller would ask of it next, if it began now."""
        first = next_round(wish, NOTHING_KNOWN, blind)
        if isinstance(first, Settled) or wish.target is None:
            return Prospect(wish, trouble=NOBODY if wish.netns.links else "")
        try:
            known = learn(wish, NOTHING_KNOWN, first, await self.agents.ask(wish.target, first.ask))
        except (WorldError, ParseError) as error:
            return Prospect(wish, trouble=str(error))
        return Prospect(wish, known.netns, next_round(wish, known, blind))


@asynccontextmanager
async def opened(settings: Settings, again: bool = False, quiet: bool = False) -> AsyncIterator[World]:
    """A world for as long as the block runs; `again` where the same will be asked again and again; `quiet`: no progress."""
    async with (
        _progress(shown=not quiet) as asking,
        ApiClient(await connection(settings)) as api,
        # Nothing is ever written, so no epoch is needed.
        Streams(PodExec(api), lambda: Epoch(0), Limits()) as agents,
    ):
        yield World(settings, api, agents, asking, again)


def carry_out(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end. Raises `Complaint` when the API server cannot be read, or the settings do not lead to one."""
    try:
        return asyncio.run(work)
    except BaseExceptionGroup as several:
        error: BaseException = several
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, WorldError):
            raise _complaint(error) from error
        raise error from several
    except WorldError as error:
        raise _complaint(error) from error


def _complaint(error: WorldError) -> Complaint:
    return Complaint(str(error), USAGE if isinstance(error, BadConnection) else 1)


def in_order(wishes: Iterable[Wish]) -> list[Wish]:
    """By namespace and name."""
    return sorted(wishes, key=lambda wish: (wish.place.namespace, wish.place.name))


@asynccontextmanager
async def _progress(shown: bool) -> AsyncIterator[Callable[[int], Callable[[], None]]]:
    """Shows how far we are, on a terminal, if it takes more than a moment, until all pods were asked for the first time.

    Gives what is told once how many pods there are to ask, and which then gives what counts one.
    """
    progress = Progress(console=Console(stderr=True), transient=True, disable=not (shown and sys.stderr.isatty()))
    bar = progress.add_task("asking the API server", total=None)
    later = asyncio.get_running_loop().call_later(PATIENCE, progress.start)

    def asking(total: int) -> Callable[[], None]:
        progress.update(bar, description="asking the pods", total=total, completed=0)
        if not total:
            stop()
        return advance

    def advance() -> None:
        progress.advance(bar)
        if progress.finished:
            stop()

    def stop() -> None:
        later.cancel()
        progress.stop()

    try:
        yield asking
    finally:
        stop()
