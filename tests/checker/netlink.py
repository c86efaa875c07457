"""Pure. The kernel's route netlink messages, decoded as far as they matter to the checker.

Written against linux/rtnetlink.h, if_link.h, neighbour.h and fib_rules.h, with nothing but `struct`: a general decoder takes
milliseconds for what here takes microseconds, and a thousand pods of one network tell a million entries.
"""

import struct
from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple

from tests.checker.facts import Gone, Is
from tests.checker.items import Address, Entry, Item, Link, Neighbour, Route, Rule

GROUPS = sum(1 << (group - 1) for group in (1, 3, 5, 7, 8, 9, 11, 19))
"""Links, neighbours, addresses, routes and rules of both families."""
ERROR, DONE, OVERRUN = 2, 3, 4
LINK, ADDRESS, ROUTE, NEIGHBOUR, RULE = 16, 20, 24, 28, 32
"""What is new; one more is what is gone, two more asks."""
INTERRUPTED = 0x10
"""A dump with this flag saw the tables change and has to be repeated."""
_BRIDGE, _ANY = 7, 0
DUMPS = ((LINK, _ANY), (ADDRESS, _ANY), (ROUTE, _ANY), (NEIGHBOUR, _BRIDGE), (NEIGHBOUR, _ANY), (RULE, _ANY))
"""All that has to be asked to know what a namespace holds."""
_REQUEST_DUMP = 0x301
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")
_ROUTE = struct.Struct("=BBBBBBBBI")
_NEIGHBOUR = struct.Struct("=BxxxiHBB")
_U32 = struct.Struct("=I")
_PERMANENT, _UP, _CLONED, _LOCAL_TABLE = 0x80, 0x1, 0x200, 255


class Message(NamedTuple):
    """One message: its kind, its flags, the number and the port of whoever's request it answers or tells of, and the rest."""

    kind: int
    flags: int
    number: int
    port: int
    body: bytes


def messages(data: bytes) -> Iterator[Message]:
    """The messages of one datagram."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, flags, number, port = _HEADER.unpack_from(data, at)
        yield Message(kind, flags, number, port, data[at + _HEADER.size : at + length])
        at += (length + 3) & ~3


def request(dump: tuple[int, int], number: int) -> bytes:
    """Ask for everything of one of `DUMPS`."""
    kind, family = dump
    body = {
        LINK: _LINK.pack(family, 0, 0, 0, 0) + _ATTRIBUTE.pack(8, 29) + _U32.pack(1 << 3),  # without statistics
        ADDRESS: _ADDRESS.pack(family, 0, 0, 0, 0),
        ROUTE: _ROUTE.pack(family, 0, 0, 0, 0, 0, 0, 0, 0),
        NEIGHBOUR: _NEIGHBOUR.pack(family, 0, 0, 0, 0),
        RULE: _ROUTE.pack(family, 0, 0, 0, 0, 0, 0, 0, 0),
    }[kind]
    return _HEADER.pack(_HEADER.size + len(body), kind + 2, _REQUEST_DUMP, number, 0) + body


def decode(message: Message) -> Is | Gone | None:
    """What a message says; None for what does not matter here."""
    kind = message.kind & ~3
    reader = {LINK: _link, ADDRESS: _address, ROUTE: _route, NEIGHBOUR: _neighbour, RULE: _rule}.get(kind)
    item: Item | None = reader(message.body) if reader else None
    if item is None:
        return None
    return Gone(item) if message.kind & 1 else Is(item)


def _attributes(body: bytes, at: int) -> dict[int, bytes]:
    found = {}
    while at + 4 <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, at)
        if length < 4:
            break
        found[kind & 0x3FFF] = body[at + 4 : at + length]
        at += (length + 3) & ~3
    return found


def _number(data: bytes | None) -> int:
    return int.from_bytes(data, "little") if data else 0


def _text(data: bytes | None) -> str:
    return data.rstrip(b"\0").decode(errors="replace") if data else ""


def _link(body: bytes) -> Link | None:
    family, _, index, flags, _ = _LINK.unpack_from(body)
    if family != _ANY:
        return None
    has = _attributes(body, _LINK.size)
    info = _attributes(has.get(18, b""), 0)
    vxlan = _attributes(info.get(2, b""), 0) if _text(info.get(1)) == "vxlan" else {}
    return Link(
        ifindex=index,
        name=_text(has.get(3)),
        alias=_text(has.get(20)),
        up=bool(flags & _UP),
        mtu=_number(has.get(4)),
        vni=_number(vxlan.get(1)),
        port=int.from_bytes(vxlan.get(15, b""), "big"),
        ttl=_number(vxlan.get(5)),
        learning=bool(_number(vxlan.get(7))),
        lower=_number(vxlan.get(3)),
        master=_number(has.get(10)),
        local=str(ip_address(vxlan.get(4) or vxlan[17])) if 4 in vxlan or 17 in vxlan else "",
    )


def _address(body: bytes) -> Address | None:
    _, length, _, _, index = _ADDRESS.unpack_from(body)
    has = _attributes(body, _ADDRESS.size)
    own = has.get(2) or has.get(1)
    return Address(index, f"{ip_address(own)}/{length}") if own else None


def _route(body: bytes) -> Route | None:
    family, length, _, _, table, protocol, _, _, flags = _ROUTE.unpack_from(body)
    has = _attributes(body, _ROUTE.size)
    table = _number(has.get(15)) or table
    if family not in (2, 10) or table == _LOCAL_TABLE or flags & _CLONED:
        return None
    to = has.get(1) or bytes(4 if family == 2 else 16)
    gateway = str(ip_address(has[5])) if 5 in has else ""
    return Route(_number(has.get(4)), f"{ip_address(to)}/{length}", gateway, protocol, table)


def _neighbour(body: bytes) -> Entry | Neighbour | None:
    family, index, state, _, _ = _NEIGHBOUR.unpack_from(body)
    has = _attributes(body, _NEIGHBOUR.size)
    if len(has.get(1, b"")) not in (4, 16):
        return None
    to, mac = str(ip_address(has[1])), has.get(2, b"").hex(":")
    if family == _BRIDGE:
        return Entry(index, mac, to, bool(state & _PERMANENT))
    return Neighbour(index, to, mac) if state & _PERMANENT else None


def _rule(body: bytes) -> Rule:
    return Rule(body)
