"""Pure. A hand-made history told again in IPv6: the same run of a cluster whose pods, overlays and routes have IPv6 addresses.

The families change places, so what is of another family in the one is of another family in the other.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from tests.checker.facts import Config, Fact, Gone, History, Is, Pod
from tests.checker.items import Link

_ADDRESS = re.compile(r"(?<![\w.])(\d+\.\d+\.\d+\.\d+|fd00::1)(?:([/-])(\d+))?")
_SPECIAL = {
    "0.0.0.0": "::",
    "127.0.0.1": "::1",
    "224.0.0.1": "ff02::1",
    "255.255.255.255": "255.255.255.255",  # there is no such thing in IPv6
    "fd00::1": "10.0.0.1",
}
_LENGTHS = {"0": "0", "16": "48", "24": "64", "32": "128"}


def in_ipv6(history: History) -> History:
    """The same history, in IPv6."""
    known: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for fact in history:
        if isinstance(fact.what, Pod) and fact.what.addresses:
            known[fact.pod].append((fact.time, _six(fact.what.addresses[0])))
    return tuple(replace(fact, what=_what(fact, _at(known[fact.pod], fact.time))) for fact in history)


def _at(addresses: Sequence[tuple[float, str]], time: float) -> str:
    """What the API says is the pod's address at this time, or, before it says anything, what it says first."""
    said = [address for since, address in addresses if since <= time] or [address for _, address in addresses[:1]]
    return said[-1] if said else ""


def _what(fact: Fact, local: str) -> Any:
    match fact.what:
        case Is(item=Link() as link) if link.alias:
            return Is(_six(link)._replace(local=local, mtu=_room(link)))
        case Gone(item=Link() as link) if link.alias:
            return Gone(_six(link)._replace(local=local, mtu=_room(link)))
        case Config(networks=networks) if networks is not None:
            return Config({name: options and {**options, "family": "ipv6"} for name, options in networks.items()})
    return _six(fact.what)


def _room(link: Link) -> int:
    """Outer headers have 20 bytes more; a link without a lower device has what it was given."""
    return link.mtu - 20 if link.lower else link.mtu


def _six(value: Any) -> Any:
    """The same value with every address in it changed."""
    match value:
        case str():
            return _ADDRESS.sub(_changed, value)
        case dict():
            return {key: _six(one) for key, one in value.items()}
        case tuple():
            changed = [_six(one) for one in value]
            return type(value)(*changed) if hasattr(value, "_fields") else tuple(changed)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _six(getattr(value, field.name)) for field in fields(value)})
    return value


def _changed(found: "re.Match[str]") -> str:
    address, mark, length = found.groups()
    parts = IPv4Address(address).packed if address not in _SPECIAL else b""
    groups = "fd{:02x}:{:x}:{:x}::{:x}".format(*parts) if parts else ""
    changed = str(IPv6Address(groups)) if parts else _SPECIAL[address]
    return f"{changed}{mark}{_LENGTHS[length]}" if mark else changed
