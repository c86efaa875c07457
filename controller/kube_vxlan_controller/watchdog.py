"""I/O. Ends the process when its event loop stands still, which no coroutine can notice.

Law: nothing here waits for the event loop, nor for a lock that somebody in it may hold.
"""

import os
import threading
import time
from types import TracebackType
from typing import Self

BLOCKED = 70
"""The exit code of a process that was ended so."""
_PATROL = 0.25
"""Seconds between two looks."""
_LAST_WORDS = b"The event loop stood still for so long that the Lease is over: this controller ends at once.\n"


class Watchdog:
    """A thread that ends the process when nobody has allowed it to go on; as a context, and not before the first `allow`."""

    def __init__(self) -> None:
        self._until = float("inf")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def allow(self, seconds: float) -> None:
        """The process may go on for so long from now on."""
        self._until = time.monotonic() + seconds

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_PATROL):
            if time.monotonic() > self._until:
                # Not by logging: whoever stands still may hold its lock.
                os.write(2, _LAST_WORDS)
                os._exit(BLOCKED)
