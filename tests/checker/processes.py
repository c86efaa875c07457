"""I/O. Which pods have a network namespace, seen in /proc: the harness's own log of births, with nobody in between.

A process belongs to a pod when its /etc/hosts is mounted from `.../pods/UID/etc-hosts`, in the lab as with a kubelet. What else
a process is differs between the two, and is the business of a `Reader`.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.checker.facts import Runs, Serving, What
from tests.checker.observe import Observer
from tests.checker.sandboxes import Process, Reader

_EVERY = 0.04
"""Seconds between two looks at all processes."""
_OF_PODS, _OTHERS = 50, 8
"""A process is looked at again after one so-manyth of its age: it may yet become a pod's, or another program. An init agent
may be there for a fraction of a second only."""
_INIT_AGENT = "vxlan-controller-agent-init"
_GROWN = 30.0
"""Seconds after which a process is what it will be."""


class Processes:
    """The thread that looks."""

    def __init__(self, observer: Observer, note: Callable[[What, str, str], None], read: Reader) -> None:
        self._observer = observer
        self._note = note
        self._read = read
        self._known: dict[int, Process | None] = {}
        self._ages: dict[int, tuple[float, float]] = {}
        """Of each process: when it was first seen, and when to look at it again."""
        self._keepers: dict[str, int] = {}
        self._made: set[tuple[str, int]] = set()
        self._gates: set[tuple[str, int]] = set()
        self._running: set[tuple[str, int, str]] = set()
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
        pids = {int(entry) for entry in os.listdir("/proc") if entry.isdigit()}
        gone = self._known.keys() - pids
        for pid in gone:
            del self._known[pid], self._ages[pid]
        now = time.monotonic()
        due = sorted(pid for pid in pids if pid not in self._ages or self._ages[pid][1] <= now)
        for pid in due:
            first, _ = self._ages.get(pid, (now, now))
            before, found = self._known.get(pid), self._read(pid)
            self._known[pid] = found
            pause = (now - first) / (_OF_PODS if found and found.uid else _OTHERS)
            is_final = now - first > _GROWN or (found is not None and found is before)
            self._ages[pid] = first, float("inf") if is_final else now + pause
            if found is not None and found.uid:
                self._meet(pid, found)
        if gone or due:
            self._count()

    def _meet(self, pid: int, found: Process) -> None:
        # A pod has one namespace at a time; whoever makes it may look into its node's for a moment.
        if self._keepers.get(found.uid) not in self._known:
            first, eldest = self._eldest(pid, found)
            self._keepers[found.uid] = self._keeper(first, eldest)
            self._made.discard((found.uid, eldest.inode))
            self._observer.enter(found.uid, eldest.inode, self._keepers[found.uid])
        key = (found.uid, found.inode)
        if found.made and key not in self._made:
            self._made.add(key)
            self._observer.hand_over(*key)
        if found.container and (*key, found.container) not in self._running:
            self._running.add((*key, found.container))
            self._note(Runs(found.container, _moment(found.began)), found.uid, "told")
        # The sidecar's agent waits in the same way, and may be the first that is seen of a pod.
        holds = found.line[-1:] == ("pause",) and _is_agent(found.line) and found.container == _INIT_AGENT
        if holds and key not in self._gates:
            self._gates.add(key)
            self._observer.gate(found.uid, pid)

    def _eldest(self, pid: int, found: Process) -> tuple[int, Process]:
        """The first of its pod's processes that a process comes from: it may have become one since it was looked at."""
        while (elder := self._read(found.parent)) is not None and elder.uid == found.uid:
            pid, found = found.parent, elder
        return pid, found

    def _keeper(self, pid: int, found: Process) -> int:
        """The oldest process of the sandbox: in the lab the one that was met, with a kubelet one that is nobody's by itself and
        has the same parent. (Whoever else is in the namespace for a moment, as the runtime is, may live on after it.)"""
        elders = {
            other: one.began
            for other, one in self._known.items()
            if one and not one.uid and (one.inode, one.parent) == (found.inode, found.parent)
        }
        return min(elders, key=elders.__getitem__, default=pid)

    def _count(self) -> None:
        """How many execs of the controller run in each pod: a command that has forked is one."""
        serving = {pid: one for pid, one in self._known.items() if one and _is_agent(one.line) and one.line[-1] == "serve"}
        now = Counter(one.uid for one in serving.values() if one.uid and one.parent not in serving)
        for uid in now.keys() | self._serving.keys():
            if now[uid] != self._serving[uid]:
                self._note(Serving(now[uid]), uid, "told")
        self._serving = now


def _is_agent(line: tuple[str, ...]) -> bool:
    """A shell that runs the agent's script (and not what started it)."""
    return len(line) >= 3 and line[-2].rpartition("/")[2] == "kube-vxlan-agent" and line[-3].rpartition("/")[2] == "sh"


def _moment(began: int) -> float:
    """When a process began, in the history's clock, which stands still while the machine sleeps."""
    asleep = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    return began / os.sysconf("SC_CLK_TCK") - asleep
