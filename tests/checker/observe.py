"""I/O. One netlink socket in every pod's network namespace, and one thread for all of them.

A socket hears of every change when the kernel makes it, so an entry that is there for a millisecond is in the history. Every
now and then each namespace is read in full as a second opinion (IPv4 routes go without a word when their link goes down); what
that finds is written as `read`, what the kernel told by itself as `told`. A socket that overflowed is a `Gap`, and the
namespace is read again. A namespace is left when the last process of its sandbox has ended: a socket would keep it alive.
"""

import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from tests.checker.eye import Eye, Record, socket_in
from tests.checker.facts import GateOpened, GateShut, HandedOver, Left

_READING = 0.02
"""Seconds between two readings of any namespace, at least: with a thousand entries one takes 8 ms of a processor."""


class Observer:
    """The thread that listens."""

    def __init__(self, record: Record, read_every: float) -> None:
        self._record = record
        self._read_every = read_every
        self._selector = selectors.DefaultSelector()
        self._orders: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, self._obey)
        self._eyes: dict[tuple[str, int], Eye] = {}
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)
        self._thread.start()

    def enter(self, uid: str, inode: int, keeper: int) -> None:
        """Listen in the namespace of the process `keeper`, until that ends."""
        self._order(lambda: self._enter(uid, inode, keeper))

    def hand_over(self, uid: str, inode: int) -> None:
        """Whoever makes this namespace is done with it: what its kernel has told up to now is written down before that."""
        self._order(lambda: self._hand_over(uid, inode))

    def gate(self, uid: str, agent: int) -> None:
        """Tell that this process, a pod's init agent, runs, and when it has ended."""
        self._order(lambda: self._watch_gate(uid, agent))

    def read(self, within: float = 10.0) -> None:
        """Read every namespace in full, and return when all is written down. Raises `TimeoutError`."""
        begun: SimpleQueue[dict[tuple[str, int], int]] = SimpleQueue()

        def begin() -> None:
            begun.put({key: eye.readings for key, eye in self._eyes.items()})
            for eye in self._eyes.values():
                eye.read(afresh=True)

        self._order(begin)
        deadline = time.monotonic() + within
        before = begun.get(timeout=within)
        while any(key in self._eyes and self._eyes[key].readings == count for key, count in before.items()):
            if time.monotonic() > deadline:
                raise TimeoutError("a namespace could not be read in full")
            time.sleep(0.01)

    def stop(self) -> None:
        """Close everything."""
        self._order(lambda: setattr(self, "_stopped", True))
        self._thread.join(10)

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.put(order)
        self._wake.send(b"!")

    def _obey(self) -> None:
        self._woken.recv(4096)
        while not self._orders.empty():
            self._orders.get()()

    def _run(self) -> None:
        while not self._stopped:
            ready = [key for key, _ in self._selector.select(0.1)]
            for key in sorted(ready, key=self._turn):
                key.data()
            self._read_one_by_one()
        for eye in self._eyes.values():
            eye.socket.close()
        self._selector.close()
        self._wake.close()
        self._woken.close()

    def _turn(self, key: selectors.SelectorKey) -> int:
        """What a kernel says comes before the end of the process that it may explain, and one sandbox ends before the next."""
        return 2 if key.fileobj is self._woken else int(isinstance(key.fileobj, int))

    def _read_one_by_one(self) -> None:
        """One namespace after the other, evenly, at most a few in each turn."""
        now = time.monotonic()
        every = max(self._read_every, _READING * len(self._eyes))
        due = [eye for eye in self._eyes.values() if not eye.reading and now - eye.read_at > every]
        for eye in sorted(due, key=lambda eye: eye.read_at)[:4]:
            eye.read()

    def _enter(self, uid: str, inode: int, keeper: int) -> None:
        try:
            found = socket_in(keeper)
        except OSError:
            return  # it has ended meanwhile
        eye = self._eyes[uid, inode] = Eye(uid, inode, found, self._record)
        self._selector.register(found, selectors.EVENT_READ, eye.listen)
        self._guard(keeper, lambda: self._leave(uid, inode))
        eye.read()

    def _hand_over(self, uid: str, inode: int) -> None:
        if (uid, inode) in self._eyes:
            self._eyes[uid, inode].listen()
            self._record(uid, HandedOver(inode), "told")

    def _watch_gate(self, uid: str, agent: int) -> None:
        self._record(uid, GateShut(), "told")
        self._guard(agent, lambda: self._record(uid, GateOpened(), "told"))

    def _leave(self, uid: str, inode: int) -> None:
        eye = self._eyes.pop((uid, inode))
        eye.listen()
        self._record(uid, Left(inode), "told")
        self._selector.unregister(eye.socket)
        eye.socket.close()

    def _guard(self, pid: int, then: Callable[[], None]) -> None:
        """Do this when a process has ended."""
        try:
            watch = os.pidfd_open(pid)
        except OSError:
            then()
            return

        def ended() -> None:
            self._selector.unregister(watch)
            os.close(watch)
            then()

        self._selector.register(watch, selectors.EVENT_READ, ended)
