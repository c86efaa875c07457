"""I/O. One netlink socket in every pod's network namespace, and one thread for all of them.

A socket hears of every change when the kernel makes it, so an entry that is there for a millisecond is in the history. Every
now and then each namespace is read in full as a second opinion (IPv4 routes go without a word when their link goes down); what
that finds is written as `read`, what the kernel told by itself as `told`. A socket that overflowed is a `Gap`, and the
namespace is read again. A namespace is left when the last process of its sandbox has ended: a socket would keep it alive.
"""

import ctypes
import errno
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from tests.checker.facts import (
    Address,
    Entered,
    Entry,
    Gap,
    GateOpened,
    GateShut,
    Gone,
    HandedOver,
    Is,
    Item,
    Left,
    Link,
    Route,
    What,
)  # fmt: skip
from tests.checker.netlink import DONE, DUMPS, ERROR, GROUPS, INTERRUPTED, OVERRUN, Message, decode, messages, request

Record = Callable[[str, What, str], None]
"""Takes the pod's uid, what is the case, and how that is known."""

_CLONE_NEWNET = 0x40000000
_SO_RCVBUFFORCE = 33
_BUFFER = 16 * 1024 * 1024
_DATAGRAM = 1 << 17
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


class Eye:
    """One namespace: its socket, and what it is known to hold."""

    def __init__(self, uid: str, inode: int, found: socket.socket, record: Record) -> None:
        self.socket = found
        self.readings = 0
        self.read_at = 0.0
        self.reading = False
        self._port: int = found.getsockname()[0]
        self._uid = uid
        self._inode = inode
        self._record = record
        self._links: dict[int, Link] = {}
        self._items: set[Item] = set()
        self._again = False
        self._number = 0
        self._seen: set[Item] = set()
        self._touched: set[object] = set()
        """What was told of since a reading began: of that, what is read may be older."""

    def read(self, afresh: bool = False) -> None:
        """Begin to read all that is there; `afresh`: once more if that was begun before now."""
        self._again = self.reading and (self._again or afresh)
        if not self.reading:
            self.reading, self.read_at = True, time.monotonic()
            self._seen, self._touched = set(), set()
            self._ask(0)

    def listen(self) -> None:
        """Take all that has come."""
        while True:
            try:
                data = self.socket.recv(_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self._record(self._uid, Gap("the kernel told more than could be read in time"), "told")
                self.reading = False
                self.read()
                continue
            for message in messages(data):
                self._take(message)

    def _take(self, message: Message) -> None:
        answers = message.port == self._port  # what the kernel tells by itself has the port of whoever caused it
        if answers and message.number != self._number:
            return  # of a reading that was given up
        if answers and message.kind in (DONE, ERROR, OVERRUN):
            self._finish(message)
            return
        said = decode(message)
        if said is None:
            return
        if answers:
            if message.flags & INTERRUPTED:
                self._again = True
            self._seen.add(said.item)
        else:
            self._told(said)

    def _told(self, said: Is | Gone) -> None:
        item = said.item
        if isinstance(item, Link) and (isinstance(said, Gone) or not item.up):
            self._drop_silently(item, isinstance(said, Gone))
        self._touched.add(_identity(item))
        if isinstance(said, Is) or item in self._items or (isinstance(item, Link) and item.ifindex in self._links):
            self._note(said, "told")

    def _drop_silently(self, link: Link, gone: bool) -> None:
        """What goes with a link without a word: its routes when it goes down, all when it is gone."""
        was = self._links.get(link.ifindex)
        if was is None or not (was.up or gone):
            return
        kinds = (Route, Address, Entry) if gone else (Route,)
        for item in [one for one in self._items if isinstance(one, kinds) and one.ifindex == link.ifindex]:
            if gone or not (isinstance(item, Route) and ":" in item.subnet):
                self._touched.add(_identity(item))
                self._note(Gone(item), "told")

    def _note(self, said: Is | Gone, source: str) -> None:
        item = said.item
        if isinstance(item, Link):
            old = self._links.pop(item.ifindex, None)
            self._items.discard(old) if old else None
            if isinstance(said, Is):
                self._links[item.ifindex] = item
        if isinstance(said, Is):
            if isinstance(item, Entry):  # the kernel identifies it without its state
                self._items.discard(item._replace(permanent=not item.permanent))
            self._items.add(item)
        else:
            self._items.discard(item)
        self._record(self._uid, said, source)

    def _ask(self, dump: int) -> None:
        self._dump = dump
        self._number += 1
        self.socket.send(request(DUMPS[dump], self._number))

    def _finish(self, message: Message) -> None:
        if message.kind != DONE:
            self._again = True
        if self._dump + 1 < len(DUMPS):
            self._ask(self._dump + 1)
            return
        self.reading = False
        if self._again:
            self._again = False
            self.read()
            return
        self._compare()
        self.readings += 1
        if self.readings == 1:
            self._record(self._uid, Entered(self._inode), "read")

    def _compare(self) -> None:
        """Write down what the reading shows and nobody told."""
        for item in self._untold(self._items - self._seen):
            if not (isinstance(item, Link) and any(isinstance(o, Link) and o.ifindex == item.ifindex for o in self._seen)):
                self._note(Gone(item), "read")
        for item in sorted(self._untold(self._seen - self._items), key=lambda item: not isinstance(item, Link)):
            self._note(Is(item), "read")

    def _untold(self, items: set[Item]) -> list[Item]:
        return [item for item in items if _identity(item) not in self._touched]


def _identity(item: Item) -> object:
    """What stays the same of an item while its state changes."""
    match item:
        case Link():
            return item.ifindex
        case Entry():
            return item._replace(permanent=True)
    return item


def socket_in(pid: int) -> socket.socket:
    """A socket for route netlink in the network namespace of a process; the calling thread is back in its own afterwards."""
    libc = ctypes.CDLL(None, use_errno=True)

    def move(descriptor: int) -> None:
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        try:
            move(there)
            try:
                found = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
            finally:
                move(home)
        finally:
            os.close(there)
    finally:
        os.close(home)
    with suppress(OSError):
        found.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    found.bind((0, GROUPS))
    return found
