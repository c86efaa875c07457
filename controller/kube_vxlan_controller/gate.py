"""Time. How long one pod's gate waits for its peers to be programmed, once the pod's own part is done.

Law: from the moment when the pod's own part was done for the first time it waits no longer than its patience, whatever its
peers do meanwhile: neither those that fail nor those that come and go without end hold it up.
"""

import asyncio
from collections.abc import Iterable

from kube_vxlan_controller.model import Target


class Gate:
    """The gate of one pod."""

    def __init__(self, patience: float) -> None:
        """`patience`: seconds."""
        self._patience = patience
        self._waits: tuple[Target, float] | None = None
        """Whom to ask to open it, and when it has waited long enough (by the loop's clock)."""

    def is_over(self, target: Target) -> bool:
        """Whether it has waited long enough. The first time that it is asked, it begins to wait."""
        return asyncio.get_running_loop().time() >= self._until(target)

    def opened(self) -> None:
        """It waits no more."""
        self._waits = None

    async def wait(self, target: Target, peers: Iterable[asyncio.Event], superseded: asyncio.Event) -> None:
        """Return when all peers are ready, when something else is wished for, or when it has waited long enough."""
        try:
            async with asyncio.timeout_at(self._until(target)):
                for ready in peers:
                    await _either(ready, superseded)
        except TimeoutError:
            pass

    def _until(self, target: Target) -> float:
        if self._waits is None or self._waits[0] != target:
            self._waits = target, asyncio.get_running_loop().time() + self._patience
        return self._waits[1]


async def _either(one: asyncio.Event, other: asyncio.Event) -> None:
    """Return when either is set."""
    async with asyncio.TaskGroup() as tasks:
        waits = [tasks.create_task(event.wait()) for event in (one, other)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
