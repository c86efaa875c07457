"""Follows a scripted resource and waits for what is told."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kube_vxlan_controller.kube.client import ApiClient, Deadlines
from kube_vxlan_controller.kube.happenings import Changed, Happening, Listed, Removed, Resource, Timing
from kube_vxlan_controller.kube.watch import follow
from kube_vxlan_controller.views import PodObject
from tests.kube.scripted import Scripted

PODS = Resource("/api/v1/pods", PodObject, label_selector="vxlan=true")
QUICK = Timing(first_delay=0.01, last_delay=0.05)


class Told:
    """Everything that was told so far."""

    def __init__(self) -> None:
        self.all: list[Happening[PodObject]] = []
        self._more = asyncio.Event()

    def __call__(self, happening: Happening[PodObject]) -> None:
        self.all.append(happening)
        self._more.set()

    async def until(self, wanted: Callable[[list[Happening[PodObject]]], bool], deadline: float = 5.0) -> None:
        """Wait until what was told satisfies `wanted`."""
        end = time.monotonic() + deadline
        while not wanted(self.all):
            self._more.clear()
            try:
                await asyncio.wait_for(self._more.wait(), end - time.monotonic())
            except TimeoutError:
                raise AssertionError(f"told only {self.all}") from None

    async def several(self, kind: type, times: int = 1) -> None:
        """Wait until so many of one kind were told."""
        await self.until(lambda told: len(self.of(kind)) >= times)

    def of(self, kind: type) -> list[Happening[PodObject]]:
        return [happening for happening in self.all if isinstance(happening, kind)]

    def names(self) -> list[str]:
        """What a consumer would know of each object, in short."""
        found = []
        for happening in self.all:
            match happening:
                case Listed(objects, consistent):
                    found.append(("=" if consistent else "~") + ",".join(one.metadata.name for one in objects))
                case Changed(one):
                    found.append("+" + one.metadata.name)
                case Removed(one):
                    found.append("-" + one.metadata.name)
                case _:
                    pass
        return found


@asynccontextmanager
async def following(server: Scripted, timing: Timing = QUICK) -> AsyncIterator[Told]:
    """Follow pods until the end of the context."""
    told = Told()
    async with ApiClient(server.connection(), Deadlines(request=2.0)) as api, asyncio.TaskGroup() as tasks:
        task = tasks.create_task(follow(api, PODS, told, timing))
        try:
            yield told
        finally:
            task.cancel()
