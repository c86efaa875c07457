"""I/O. Which pods have a network namespace, seen in /proc: the harness's own log of births, with nobody in between.

A process belongs to a pod when its /etc/hosts is mounted from `.../pods/UID/etc-hosts`, in the lab as with a kubelet.
The oldest process of a namespace keeps it.
"""

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.checker.facts import Serving, What
from tests.checker.observe import Observer

_EVERY = 0.04
"""Seconds between two looks."""
_YOUNG = 2.0
"""After so long a process is what it will be: before, it may yet become a pod's, or another program."""
_POD = re.compile(rb"/([0-9a-f-]{32,36})/etc-hosts /etc/hosts ")


class _Process(NamedTuple):
    uid: str
    inode: int
    line: tuple[str, ...]
    parent: int


class Processes:
    """The thread that looks."""

    def __init__(self, observer: Observer, note: Callable[[What, str, str], None]) -> None:
        self._observer = observer
        self._note = note
        self._known: dict[int, _Process | None] = {}
        self._first_seen: dict[int, float] = {}
        self._keepers: dict[str, int] = {}
        self._gates: set[tuple[str, int]] = set()
        self._serving: Counter[str] = Counter()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="processes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        now = time.monotonic()
        pids = sorted(int(entry) for entry in os.listdir("/proc") if entry.isdigit())
        alive = set(pids)
        for pid in self._known.keys() - alive:
            self._known.pop(pid)
        for pid in self._first_seen.keys() - alive:
            self._first_seen.pop(pid)
        for pid in pids:
            first = self._first_seen.setdefault(pid, now)
            if pid in self._known and now - first > _YOUNG:
                continue
            found = _look_at(pid)
            self._known[pid] = found
            if found is not None:
                self._meet(pid, found)
        self._count()

    def _meet(self, pid: int, found: _Process) -> None:
        # A pod has one namespace at a time; whoever makes it may look into its node's for a moment.
        if self._keepers.get(found.uid) not in self._known:
            self._keepers[found.uid] = pid
            self._observer.enter(found.uid, found.inode, pid)
        key = (found.uid, found.inode)
        if found.line[-1:] == ("pause",) and _is_agent(found.line) and key not in self._gates:
            self._gates.add(key)
            self._observer.gate(found.uid, pid)

    def _count(self) -> None:
        """How many execs of the controller run in each pod: a command that has forked is one."""
        serving = {pid: one for pid, one in self._known.items() if one and _is_agent(one.line) and one.line[-1] == "serve"}
        now = Counter(one.uid for one in serving.values() if one.parent not in serving)
        for uid in now.keys() | self._serving.keys():
            if now[uid] != self._serving[uid]:
                self._note(Serving(now[uid]), uid, "told")
        self._serving = now


def _is_agent(line: tuple[str, ...]) -> bool:
    """A shell that runs the agent's script (and not what started it)."""
    return len(line) >= 3 and line[-2].rpartition("/")[2] == "kube-vxlan-agent" and line[-3] == "sh"


def _look_at(pid: int) -> _Process | None:
    with suppress(OSError):
        at = Path("/proc", str(pid))
        match = _POD.search((at / "mountinfo").read_bytes())
        if match:
            line = tuple((at / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1])
            parent = int((at / "stat").read_bytes().rpartition(b")")[2].split()[1])
            return _Process(match[1].decode(), (at / "ns" / "net").stat().st_ino, line, parent)
    return None
