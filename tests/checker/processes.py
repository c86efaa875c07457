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
        self._growing: dict[int, tuple[float, float]] = {}
        """Of each process that may yet become something else: when it was first seen, and when to look at it again."""
        self._servants: dict[int, Process] = {}
        """Those that an exec of the controller runs."""
        self._keepers: dict[str, int] = {}
        self._made: set[tuple[str, int]] = set()
        self._gates: set[tuple[str, int]] = set()
        self._running: set[tuple[str, int, str]] = set()
        self._serving: Counter[str] = Counter()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="processes", daemon=True)
        self._thread.start()

    @property
    def unsettled(self) -> int:
        """How many of the pods' processes may yet become something else, and are looked at again and again."""
        known = self._known
        return sum(1 for pid in list(self._growing) if (found := known.get(pid)) is not None and found.uid)

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        # What stays as it was costs nothing but its place in the list: those that are measured share the machine with this.
        pids = set(map(int, filter(str.isdecimal, os.listdir("/proc"))))
        servants = dict(self._servants)
        for pid in self._known.keys() - pids:
            del self._known[pid]
            self._growing.pop(pid, None)
            self._servants.pop(pid, None)
        now = time.monotonic()
        for pid in sorted((pids - self._known.keys()).union(pid for pid, (_, due) in self._growing.items() if due <= now)):
            self._look_at(pid, now)
        if self._servants != servants:
            self._count()

    def _look_at(self, pid: int, now: float) -> None:
        first, _ = self._growing.pop(pid, (now, now))
        before, found = self._known.get(pid), self._read(pid)
        self._known[pid] = found
        if now - first <= _GROWN and (found is None or found is not before):
            self._growing[pid] = first, now + (now - first) / (_OF_PODS if found and found.uid else _OTHERS)
        self._servants.pop(pid, None)
        if found is not None and found.uid:
            if _is_agent(found.line) and found.line[-1] == "serve":
                self._servants[pid] = found
            self._meet(pid, found)

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
        now = Counter(one.uid for one in self._servants.values() if one.parent not in self._servants)
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
