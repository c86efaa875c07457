"""Time. Turns: so many at once, and whoever takes long makes room without being disturbed.

A join sends a line to every peer at the same moment. All at once they would fill every queue on their way, and the newcomer,
whose stream needs several round trips, would be served last. And of places that are tried again, those whose nodes are dead
take long, and must not keep the others waiting. Laws: nobody waits behind more than `number` that are quick; those that never
end take nobody's turn for longer than `patience`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Bounds what is under way at once."""

    def __init__(self, number: int, patience: float) -> None:
        """`patience`: seconds after which a turn counts as over, although what was done in it is not."""
        self._free = asyncio.Semaphore(number)
        self._patience = patience

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and have it for the length of the block."""
        await self._free.acquire()
        held = True

        def over() -> None:
            nonlocal held
            if held:
                held = False
                self._free.release()

        timer = asyncio.get_running_loop().call_later(self._patience, over)
        try:
            yield
        finally:
            timer.cancel()
            over()
