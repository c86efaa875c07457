"""I/O. One network namespace as its own netlink socket shows it: what its kernel tells by itself, and what is read in full."""

import ctypes
import errno
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from tests.checker.facts import Entered, Gap, Gone, Is, What
from tests.checker.items import Address, Entry, Item, Link, Route, Rule
from tests.checker.netlink import DONE, DUMPS, ERROR, GROUPS, INTERRUPTED, OVERRUN, Message, decode, messages, request

Record = Callable[[str, What, str], None]
"""Takes the pod's uid, what is the case, and how that is known."""

_CLONE_NEWNET = 0x40000000
_SO_RCVBUFFORCE = 33
_BUFFER = 16 * 1024 * 1024
_DATAGRAM = 1 << 16
"""Bytes. A dump comes in pieces of 32 kB at most (netlink_dump in af_netlink.c); room for more costs a mapping each time."""


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
        self._early: dict[int, list[Is | Gone]] = {}
        """What was told of links that are being read: it is written down after them."""

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
        index = None if isinstance(item, Link | Rule) else item.ifindex
        if index is not None and self.reading and index not in self._links:
            self._early.setdefault(index, []).append(said)
            return
        self._write_down(said)

    def _write_down(self, said: Is | Gone) -> None:
        """What was told, unless something goes that nobody knew of."""
        item = said.item
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
        if isinstance(said, Is) and isinstance(item, Link):
            for early in self._early.pop(item.ifindex, ()):
                self._write_down(early)

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
        for left in self._early.values():
            for said in left:
                self._write_down(said)
        self._early = {}

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
