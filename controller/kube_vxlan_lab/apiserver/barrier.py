"""Time. A barrier on the way to and from all commands: whoever crashes a client at a certain point of its work needs one.

Pieces are counted from when the barrier is lowered: of every command's input and output, in all pods together. Laws: the piece
at which it closes and all after it wait until it is lifted, and none is lost unless that is wished. So a client that is killed
while it is closed has done, and has heard of, exactly what passed before.
"""

import asyncio
from contextlib import suppress


class Barrier:
    """It is up when it is made."""

    def __init__(self) -> None:
        self._left: int | None = None
        """How many pieces may still pass; None while it is up."""
        self._closed = asyncio.Event()
        self._lifted: asyncio.Future[bool] | None = None
        """Whether what waits arrives, once that is decided; each lowering has its own."""

    def lower(self, before: int) -> None:
        """Close before the piece of that number; 1 is the next one."""
        self.lift()
        self._left = before - 1
        self._closed = asyncio.Event()
        self._lifted = asyncio.get_running_loop().create_future()

    def lift(self, *, lost: bool = False) -> None:
        """Let everything pass again. `lost`: what waits never arrives."""
        self._left = None
        if self._lifted is not None and not self._lifted.done():
            self._lifted.set_result(not lost)

    async def closed(self, seconds: float) -> bool:
        """Return when something waits at it, or nothing has for so many seconds: whether something does."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), seconds)
        return self._closed.is_set()

    async def passed(self) -> bool:
        """Return when a piece has passed, or, False, when it was lost."""
        if self._left is None or self._lifted is None:
            return True
        self._left -= 1
        if self._left >= 0:
            return True
        self._closed.set()
        return await asyncio.shield(self._lifted)
