"""A candidate for a Lease, and what it does when: for tests of time, over a `Shelf`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from kube_vxlan_controller.election import Candidate, Timing
from kube_vxlan_controller.leadership import Leadership
from tests.shelf import Shelf

TIMING = Timing()


@dataclass
class Seat:
    """A candidate, what it does, and when."""

    shelf: Shelf
    name: str
    leads: bool | None = None
    transitions: int = 0
    began: float | None = None
    ended: float | None = None
    released_before_end: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to tell it to stop."""

    def __post_init__(self) -> None:
        self.leadership = Leadership(self.shelf, Candidate(self.name, TIMING.duration), TIMING, _Meter(self))

    async def stand_by(self) -> None:
        await self.over.wait()

    async def lead(self) -> None:
        self.began = asyncio.get_running_loop().time()
        try:
            await self.over.wait()
        finally:
            self.ended = asyncio.get_running_loop().time()
            self.released_before_end = self.shelf.record.holder != self.name

    async def run(self) -> None:
        await self.leadership.run(self.stand_by, self.lead)


@dataclass
class _Meter:
    seat: Seat

    def leading(self, leads: bool) -> None:
        self.seat.leads = leads

    def transitions(self, count: int) -> None:
        self.seat.transitions = count


@asynccontextmanager
async def running(*seats: Seat) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(seat.run()) for seat in seats]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
