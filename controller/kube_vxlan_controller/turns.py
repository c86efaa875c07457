"""Time. Turns: so many at once, and whoever takes long makes room without being disturbed.

A join sends a line to every peer at the same moment. All at once they would fill every queue on their way, and the newcomer,
whose stream needs several round trips, would be served last. And of places that are tried again, those whose nodes are dead
take long, and must not keep the others waiting. Laws: nobody waits behind more than `number` that are quick; those that never
end take nobody's turn for longer than `patience`.
"""

import asyncio
from types import TracebackType


class Turns:
    """Bounds what is under way at once."""

    def __init__(self, number: int, patience: float) -> None:
        """`patience`: seconds after which a turn counts as over, although what was done in it is not."""
        self._free = asyncio.Semaphore(number)
        self._patience = patience

    def turn(self) -> "Turn":
        """Wait for a turn, and have it for the length of the block: `async with turns.turn()`."""
        return Turn(self._free, self._patience)


class Turn:
    """One turn. (A class of its own and no generator: every request of a join has one.)"""

    __slots__ = ("_free", "_held", "_patience", "_timer")

    def __init__(self, free: asyncio.Semaphore, patience: float) -> None:
        self._free = free
        self._patience = patience
        self._held = False
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        await self._free.acquire()
        self._held = True
        self._timer = asyncio.get_running_loop().call_later(self._patience, self._over)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._over()

    def _over(self) -> None:
        if self._held:
            self._held = False
            self._free.release()
