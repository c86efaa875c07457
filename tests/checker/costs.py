"""I/O. What the controller's processes have, seen in /proc: memory and open files."""

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

from tests.checker.facts import Used

_EVERY = 0.5
"""Seconds between two looks."""
_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)


class Costs:
    """The thread that looks; at nothing, until it is told of a process."""

    def __init__(self, note: Callable[[Used], None]) -> None:
        self._note = note
        self._last: dict[int, Used | None] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="costs", daemon=True)
        self._thread.start()

    def attend(self, pid: int) -> None:
        """Look at this process, until it ends."""
        self._last[pid] = None

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join(10)

    def look(self) -> None:
        """Write down what each process has now, where that is something else than before."""
        for pid, last in tuple(self._last.items()):
            found = used(pid)
            if found is None:
                self._last.pop(pid, None)
            elif found != last:
                self._last[pid] = found
                self._note(found)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY):
            self.look()


def used(pid: int) -> Used | None:
    """What a process has; None for one that has ended."""
    try:
        resident = _RESIDENT.search(Path(f"/proc/{pid}/status").read_text(errors="replace"))
        files = len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return None
    return Used(int(resident[1]) / 1024, files) if resident else None
