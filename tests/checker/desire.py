"""Pure. What should be there: a second implementation, deliberately naive (sets and loops), of what the design says.

`desire` looks at one moment. Its answer is a set, so that the difference of two moments is what changed.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from tests.checker.facts import UNREADABLE, Definitions, Options, Pod
from tests.checker.wishes import ROOM, Adrift, Alive, Has, Held, Member, Reached, Refused, Unseen, Wish

_ADDING = ("ip", "route")
_CANCELLED = ("ip", "route", "mtu", "ttl")


def desire(pods: Mapping[str, Pod], networks: Definitions | None, now: float) -> frozenset[Wish]:
    """Everything that should be the case, by pods (by uid), the ConfigMap and the time."""
    networks = None if networks is None else _distinct(networks)
    live = {uid: pod for uid, pod in pods.items() if is_live(pod, now)}
    wishes: set[Wish] = {Alive(address) for pod in live.values() for address in pod.addresses}
    waits = {uid for uid, pod in pods.items() if pod.labelled and not pod.addresses and not pod.terminal}
    wishes |= {Unseen(uid) for uid in pods.keys() - live.keys() - waits}
    mine = owners(live)
    for uid, pod in live.items():
        for wish in _wishes(uid, pod, networks):
            wishes.add(wish)
            if isinstance(wish, Held):
                wishes |= {Adrift(wish.network, address) for address in pod.addresses}
            if isinstance(wish, Member) and mine.get(wish.address) == uid:
                wishes.add(Reached(uid, wish.network, wish.vni, wish.port, wish.address))
    return frozenset(wishes)


def is_live(pod: Pod, now: float) -> bool:
    """Whether a pod can be a member of anything."""
    over = pod.terminal or (pod.leaves_at is not None and pod.leaves_at <= now)
    return pod.labelled and bool(pod.addresses) and not pod.host_network and not over


def owners(live: Mapping[str, Pod]) -> dict[str, str]:
    """Whose an address is: two that claim it have it neither, but one that is terminating loses."""
    claims: dict[str, list[str]] = {}
    for uid, pod in live.items():
        for address in pod.addresses:
            claims.setdefault(address, []).append(uid)
    found = {}
    for address, uids in claims.items():
        staying = [uid for uid in uids if live[uid].leaves_at is None] or uids
        if len(staying) == 1:
            found[address] = staying[0]
    return found


def merged(defined: Options, written: Options) -> dict[str, str | tuple[str, ...]]:
    """A network's options: what the pod writes wins over the ConfigMap; `=false` takes away."""
    options = {**defined, **written}
    kept = {name: value for name, value in options.items() if not (name in _CANCELLED and value in ("false", ["false"]))}
    return {name: tuple(value) if name in _ADDING else str(value) for name, value in kept.items()}


def _distinct(networks: Definitions) -> Definitions:
    """Networks with the id and port of another one must be refused, like it: nobody can tell which of them is wrong."""
    wires = {name: _wire(options) for name, options in networks.items() if options and "id" in options}
    seen = list(wires.values())
    return {name: UNREADABLE if seen.count(wires.get(name, ("", 0))) > 1 else options for name, options in networks.items()}


def _wire(options: Options) -> tuple[str, int]:
    return str(options["id"]), int(str(options.get("port", "8472"))) or 8472


def _wishes(uid: str, pod: Pod, networks: Definitions | None) -> Iterator[Wish]:
    if pod.wants is None:
        yield Held(uid, "")
        return
    for network, written in pod.wants.items() if pod.agent else ():
        known = None if networks is None else networks.get(network, {} if written and "id" in written else None)
        if written is None or known is None:
            yield Held(uid, network)
            continue
        admitted = known.get("namespaces")
        given = {"port": "8472", **known}
        fixed = [name for name in ("id", "port") if name in written and written[name] != given.get(name, written[name])]
        if admitted is not None and (pod.namespace not in str(admitted).split(",") or fixed):
            yield Refused(uid, network)
            continue
        options = merged(known, written)
        family = 6 if options.get("family") == "ipv6" else 4
        address = next((a for a in pod.addresses if ip_address(a).version == family), None)
        if "id" not in options or address is None:
            yield Held(uid, network)
            continue
        link, port = str(options.get("name", network)), int(str(options.get("port", "8472"))) or 8472
        yield Member(uid, network, link, int(str(options["id"])), port, address)
        yield Has(uid, link, "family", str(family))
        yield from _own(uid, link, options, port)
        if family == 6:
            yield Has(uid, link, "local", address)


def _own(uid: str, link: str, options: Mapping[str, str | tuple[str, ...]], port: int) -> Iterator[Has]:
    up = options.get("up") == "true"
    yield Has(uid, link, "vni", str(options["id"]))
    yield Has(uid, link, "port", str(port))
    yield Has(uid, link, "learning", str(options.get("learning", "true")))
    yield Has(uid, link, "ttl", str(options.get("ttl", "0")))
    for name, value in (("up", "true" if up else ""), ("mtu", options.get("mtu", ROOM))):
        if value:
            yield Has(uid, link, name, str(value))
    for cidr in options.get("ip", ()):
        yield Has(uid, link, "ip", cidr)
    for route in options.get("route", ()) if up else ():
        yield Has(uid, link, "route", route)
