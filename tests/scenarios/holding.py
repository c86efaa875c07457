"""Pure. What a pod's kernel must hold, as one would say it, and what it lacks of that.

    a: vxeth1 id 101 up
        address 192.168.11.2/29
        route 192.168.12.0/29 via 192.168.11.1
        to gw and b
    b: nothing

A pod holds exactly the VXLAN links that are said of it, each with exactly these addresses (`fe80::` and those that a person
added aside), routes and destinations. `port` is 8472 unless it is said; `mtu 1400`, `ttl 64`, `learning false` and `dev eth1`
are looked at where they are said. `over ipv6` means that the destinations are the pods' IPv6 addresses, not their IPv4 ones.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

PORT = 8472
_KEYS = ("id", "port", "mtu", "ttl", "learning", "dev", "over", "address", "to", "destination")
"""What is followed by one word."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One link of some pods; or none at all, where `link` is empty."""

    names: tuple[str, ...]
    """Pods, or workloads, which stand for each of their pods."""
    link: str = ""
    vni: int = 0
    port: int = PORT
    up: bool = False
    mtu: int = 0
    """0: any."""
    ttl: int | None = None
    """0 is the kernel's own; None: any."""
    learning: bool | None = None
    """None: any."""
    dev: str = ""
    """The lower device; empty: any."""
    over: str = "ipv4"
    """The family in which it reaches others."""
    addresses: frozenset[str] = frozenset()
    routes: frozenset[str] = frozenset()
    """As `SUBNET via GATEWAY`."""
    to: tuple[str, ...] = ()
    """Pods or workloads whose addresses are its destinations; the pod itself never is."""
    also: frozenset[str] = frozenset()
    """Destinations by address, for those that have no name any more."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One VXLAN link, as a kernel has it."""

    name: str
    vni: int
    port: int
    up: bool
    mtu: int
    addresses: frozenset[str] = field(default_factory=frozenset)
    routes: frozenset[str] = field(default_factory=frozenset)
    to: frozenset[str] = field(default_factory=frozenset)
    """Addresses to which frames go that the kernel knows nothing better for."""
    ttl: int = 0
    learning: bool = True
    dev: str = "eth0"


def names(text: str) -> tuple[str, ...]:
    """The names in `a, b and c`."""
    return tuple(re.split(r", | and ", text))


def parse_holdings(text: str) -> Iterable[Holding]:
    """What one paragraph says. Raises ValueError with a sentence."""
    who, colon, what = text.partition(":")
    if not colon or not what.strip():
        raise ValueError(f"{text!r} should be NAMES: LINK id NUMBER up|down ... to NAMES, or NAMES: nothing")
    if what.strip() == "nothing":
        return [Holding(names(who))]
    return [_link(names(who), re.sub(r", | and ", ",", what).split())]


def _link(who: tuple[str, ...], words: list[str]) -> Holding:
    name, *rest = words
    found: dict[str, list[str]] = {}
    rest = [f"{word}=" if word in ("up", "down", "nobody") else word for word in rest]
    while rest:
        key = rest.pop(0)
        if key.endswith("="):
            found[key[:-1]] = []
        elif key == "route" and len(rest) >= 3 and rest[1] == "via":
            found.setdefault(key, []).append(" ".join(rest[:3]))
            rest = rest[3:]
        elif key in _KEYS and rest:
            found.setdefault(key, []).append(rest.pop(0).removesuffix("="))
        else:
            raise ValueError(f"{key!r} is none of: {', '.join(_KEYS)}, up, down, route SUBNET via GATEWAY")
    if "id" not in found or ("up" in found) == ("down" in found) or "to" not in found:
        raise ValueError(f"of {name} must be said: id NUMBER, up or down, and to NAMES or to nobody")
    return Holding(
        names=who,
        link=name,
        vni=int(found["id"][0]),
        port=int(found.get("port", [str(PORT)])[0]),
        up="up" in found,
        mtu=int(found.get("mtu", ["0"])[0]),
        ttl=int(found["ttl"][0]) if "ttl" in found else None,
        learning=found["learning"][0] == "true" if "learning" in found else None,
        dev=found.get("dev", [""])[0],
        over=found.get("over", ["ipv4"])[0],
        addresses=frozenset(found.get("address", ())),
        routes=frozenset(found.get("route", ())),
        to=tuple(one for text in found["to"] for one in text.split(",") if one != "nobody"),
        also=frozenset(found.get("destination", ())),
    )


def lacking(
    pod: str, own: Set[str], held: Mapping[str, Seen], wished: Sequence[Holding], addresses: Mapping[str, frozenset[str]]
) -> list[str]:
    """What is not as it should be in the kernel of the pod with these addresses, in words; nothing if all is right.

    `addresses` has those of all pods by every name that a holding may use.
    """
    said = {holding.link: holding for holding in wished if holding.link}
    wrong = [f"{pod} has a link {name} that it should not have" for name in held.keys() - said.keys()]
    for name, holding in said.items():
        seen = held.get(name)
        if seen is None:
            wrong.append(f"{pod} has no link {name}")
            continue
        named = frozenset[str]().union(*(addresses[one] for one in holding.to)) - own
        to = holding.also | {address for address in named if _family(address) == holding.over}
        for what, there, should in (
            ("id", seen.vni, holding.vni),
            ("port", seen.port, holding.port),
            ("state", "up" if seen.up else "down", "up" if holding.up else "down"),
            ("mtu", seen.mtu, holding.mtu or seen.mtu),
            ("ttl", seen.ttl, seen.ttl if holding.ttl is None else holding.ttl),
            ("learning", seen.learning, seen.learning if holding.learning is None else holding.learning),
            ("dev", seen.dev, holding.dev or seen.dev),
            ("addresses", sorted(seen.addresses), sorted(holding.addresses)),
            ("routes", sorted(seen.routes), sorted(holding.routes)),
            ("destinations", sorted(seen.to), sorted(to)),
        ):
            if there != should:
                wrong.append(f"{what} of {name} in {pod}: {there}, should be {should}")
    return wrong


def _family(address: str) -> str:
    return "ipv6" if ":" in address else "ipv4"
