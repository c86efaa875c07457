"""Pure. The laws of a pod's own links, addresses and routes (L1, L2, L3, L8, S8, S9, S14), and of what is not ours (S4)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from math import inf

from tests.checker.constants import Constants
from tests.checker.facts import Violation
from tests.checker.items import Address, Entry, Neighbour, Route, Rule
from tests.checker.kernels import Kernel, Life, Thing
from tests.checker.spans import NEVER, Spans, both, covers, grown, holds, lasting, late, minus, union
from tests.checker.timelines import Timelines
from tests.checker.wishes import ROOM, Has, Held, Member, Refused, Unseen

_FIXED = ("port", "family")
"""Of a link with a VNI: what no kernel changes in place."""
OUR_PROTOCOL = 86
"""Of our routes, says docs/protocol.md."""
_LEAST_MTU = 68
_BY_THE_KERNEL = (2, 9)
"""Protocols of routes that the kernel makes by itself: with an address, and by a router's advertisement."""


class Holdings:
    """Judges what pods have of their own."""

    def __init__(self, run: Timelines, constants: Constants) -> None:
        self._run = run
        self._constants = constants
        self._quiet = {pod: self._grown_up(pod) for pod in run.kernels}
        self._has: dict[tuple[str, str, str], list[Has]] = defaultdict(list)
        self._members: dict[tuple[str, str, str], list[Member]] = defaultdict(list)
        for wish in run.perhaps:
            if isinstance(wish, Has):
                self._has[wish.pod, wish.link, wish.what].append(wish)
            elif isinstance(wish, Member):
                self._members[wish.pod, wish.network, wish.link].append(wish)

    def violations(self) -> Iterator[Violation]:
        """All of them."""
        for wish in self._run.perhaps:
            if isinstance(wish, Has) and wish.pod in self._run.kernels:
                yield from self._missing(wish)
        for pod, kernel in self._run.kernels.items():
            for life in kernel.lives():
                if life.network:
                    yield from self._unwanted(pod, kernel, life)
            yield from self._twice(pod, kernel)
            if pod not in self._run.on_hosts:
                yield from self._foreign(pod, kernel)

    def present(self, wish: Has) -> Spans:
        """While a kernel held what is wished for."""
        kernel = self._run.kernels[wish.pod]
        lives = (life for life in kernel.lives() if life.network and life.last.name == wish.link)
        return union(*(_on(kernel, life, wish) for life in lives))

    def _grown_up(self, pod: str) -> Spans:
        """While the checker looked on and a pod's sandbox was neither made nor torn down."""
        kernel = self._run.kernels[pod]
        found = both(union(kernel.watched), union(kernel.made))
        return tuple((begin, end - self._constants.haze) for begin, end in found if begin < end - self._constants.haze)

    def _missing(self, wish: Has) -> Iterator[Violation]:
        pod, run = wish.pod, self._run
        wanted = both(run.surely.get(wish, NEVER), union(run.kernels[pod].watched))
        # A link of another VNI, port or family is made anew, and all that is on it.
        for fixed in ("vni", *_FIXED):
            wanted = _each(wanted, [run.surely[one] for one in self._wanted(wish, fixed)])
        due = late(wanted, self._constants.join, run.excused(pod))
        due = tuple((begin, min(end, run.end)) for begin, end in due if begin < run.end)
        hands = run.by_hand(pod, wish.link)
        present = self.present(wish)
        for begin, end in minus(minus(due, present), hands):
            law = "L8" if any(abs(begin - over) < 1e-6 for _, over in hands) else "L3"
            yield Violation(
                law, begin, pod, f"{wish.link} has not {wish.what} {wish.value}, for {end - begin:.3f} s after it had to."
            )
        if wish.what == "vni":
            yield from self._cut(wish, wanted, hands)

    def _cut(self, wish: Has, wanted: Spans, hands: Spans) -> Iterator[Violation]:
        """The link of this VNI went; `wanted`: while it had to be there."""
        for others in product(*(self._wanted(wish, what) for what in _FIXED)):
            present, due = self.present(wish), wanted
            for other in others:
                present, due = both(present, self.present(other)), both(due, self._run.surely[other])
            for _, gone in present:
                begin, end = gone - self._constants.haze, gone + self._constants.haze
                if covers(due, begin, end) and gone < self._run.end and not holds(hands, gone):
                    yield Violation("S5", gone, wish.pod, f"{wish.link} was deleted though the pod went on being a member.")

    def _wanted(self, wish: Has, what: str) -> list[Has]:
        """What was wished of one attribute of the same link, at any time."""
        return [one for one in self._has[wish.pod, wish.link, what] if one in self._run.surely]

    def _unwanted(self, pod: str, kernel: Kernel, life: Life) -> Iterator[Violation]:
        """What of ours must not be there."""
        run = self._run
        free = union(self._free(pod, life.network), run.by_hand(pod, life.last.name))
        members = self._members[pod, life.network, life.last.name]
        wanted = union(*(run.perhaps[wish] for wish in members))
        for begin, end in minus((life.span,), union(self._stays(pod, wanted), free)):
            law = "S8" if Refused(pod, life.network) in run.perhaps else "L2"
            yield Violation(law, begin, pod, f"{life.last.name} is there for {_long(end - begin)} while nothing wants it.")
        for item, spans in (*kernel.on(life, Address), *kernel.on(life, Route)):
            wish = as_wish(pod, life, item)
            if wish is None:
                continue
            for begin, end in minus(spans, union(self._stays(pod, run.perhaps.get(wish, NEVER)), free))[:1]:
                yield Violation(
                    "L1",
                    begin,
                    pod,
                    f"{life.last.name} has {wish.what} {wish.value} for {_long(end - begin)}, which nothing wants.",
                )

    def _stays(self, pod: str, wanted: Spans) -> Spans:
        return grown(lasting(wanted, self._constants.stale, self._run.excused(pod)), self._constants.haze, self._constants.haze)

    def _free(self, pod: str, network: str) -> Spans:
        """While nobody looks after what is there."""
        wishes = (Unseen(pod), Held(pod, ""), Held(pod, network))
        return self._stays(pod, union(*(self._run.perhaps.get(wish, NEVER) for wish in wishes)))

    def _twice(self, pod: str, kernel: Kernel) -> Iterator[Violation]:
        lives = [life for life in kernel.lives() if life.network and life.last.vni]
        for number, one in enumerate(lives):
            for other in lives[number + 1 :]:
                same = (one.last.vni, one.last.port) == (other.last.vni, other.last.port)
                for begin, _ in both((one.span,), (other.span,)) if same else ():
                    names = f"{one.last.name} and {other.last.name}"
                    yield Violation("S9", begin, pod, f"{names} both have VNI {one.last.vni} and port {one.last.port}.")

    def _foreign(self, pod: str, kernel: Kernel) -> Iterator[Violation]:
        """S4: what is not ours stays, and comes back within `join` where a link of ours that carried it was made anew."""
        names = {life.last.ifindex: life for life in kernel.lives()}
        for item, spans in kernel.held.items():
            life = None if isinstance(item, Rule) else names.get(item.ifindex)
            on_ours = life is not None and life.network != ""
            if _is_the_kernels(item) or (life is not None and on_ours and _is_ours(life, item)):
                continue
            if isinstance(item, Entry) and life is not None and life.last.name in self._wanted_names(pod):
                continue  # of a link that is being made, or may be adopted
            patience, link = self._constants.join if on_ours else 0.0, life.last.name if life else ""
            for (_, gone), (again, _) in zip(spans, (*spans[1:], (inf, inf)), strict=True):
                if again - gone > patience and self._blame(pod, link, gone) and gone + patience < self._run.end:
                    yield Violation("S4", gone, pod, f"{_shown(item)}, which is not ours, was taken away.")
            if not on_ours and self._blame(pod, link, spans[0][0]):
                yield Violation("S4", spans[0][0], pod, f"{_shown(item)} appeared, which is nobody's wish.")
        for life in kernel.lives():
            if not life.network:
                yield from self._foreign_link(pod, life)

    def _foreign_link(self, pod: str, life: Life) -> Iterator[Violation]:
        if life.last.vni and life.last.name in self._wanted_names(pod):
            return  # a link that is being made, or may be adopted
        moments = [time for (_, old), (time, new) in zip(life.states, life.states[1:], strict=False) if old != new]
        for time in (life.begin, *moments, life.end):
            if self._blame(pod, life.last.name, time):
                yield Violation("S4", time, pod, f"The link {life.last.name}, which is not ours, was changed.")

    def _wanted_names(self, pod: str) -> set[str]:
        """The names that a pod's links of ours ever were to have."""
        return {wish.link for wish in self._run.perhaps if isinstance(wish, Member) and wish.pod == pod}

    def _blame(self, pod: str, link: str, time: float) -> bool:
        """Whether a change is the doing of somebody who must not: not of a pod's birth or end, and not of a hand."""
        by_hand = holds(self._run.by_hand(pod, link), time)
        quiet = any(begin < time < end for begin, end in self._quiet[pod])
        return quiet and not by_hand and time < self._run.end


def _is_ours(life: Life, item: Thing) -> bool:
    """Whether something on a link of ours is a controller's business: of entries all are, of which `Peers` judges."""
    match item:
        case Route():
            return item.protocol == OUR_PROTOCOL
        case Address():
            return item.cidr in life.given
    return isinstance(item, Entry)


def _each(spans: Spans, parts: Iterable[Spans]) -> Spans:
    """Spans, parted where they belong to different parts."""
    return tuple(sorted(span for part in parts for span in both(spans, part)))


def _on(kernel: Kernel, life: Life, wish: Has) -> Spans:
    match wish.what:
        case "mtu" if wish.value == ROOM:
            return _with_room(kernel, life)
        case "vni" | "port" | "ttl" | "mtu":
            return life.when({wish.what: int(wish.value)})
        case "family":
            return life.over(int(wish.value))
        case "local":
            return life.when({wish.what: wish.value})
        case "up" | "learning":
            return life.when({wish.what: wish.value == "true"})
        case _:
            kind = Address if wish.what == "ip" else Route
            return union(*(spans for item, spans in kernel.on(life, kind) if as_wish(wish.pod, life, item) == wish))


def _with_room(kernel: Kernel, life: Life) -> Spans:
    """While a link had the MTU that fits through its lower device, less the outer headers; or had no lower device."""
    found = [life.when({"lower": 0})]
    for index, headers in {(link.lower, 70 if ":" in link.local else 50) for _, link in life.states}:
        for lower in kernel.links.get(index, ()):
            for mtu in {state.mtu for _, state in lower.states}:
                fits = life.when({"lower": index, "mtu": max(_LEAST_MTU, mtu - headers)})
                found.append(both(fits, lower.when({"mtu": mtu})))
    return union(*found)


def as_wish(pod: str, life: Life, item: object) -> Has | None:
    """The wish that an address or route of ours fulfils; None for one that is not ours."""
    if isinstance(item, Address) and item.cidr in life.given:
        return Has(pod, life.last.name, "ip", item.cidr)
    if isinstance(item, Route) and item.protocol == OUR_PROTOCOL:
        return Has(pod, life.last.name, "route", f"{item.subnet}:{item.gateway}")
    return None


def _is_the_kernels(item: Thing) -> bool:
    match item:
        case Route():
            return item.protocol in _BY_THE_KERNEL
        case Address():
            return item.cidr.startswith("fe80:")
        case Entry():
            return not item.permanent
    return False


def _shown(item: Thing) -> str:
    match item:
        case Address():
            return f"The address {item.cidr}"
        case Route():
            return f"The route to {item.subnet} of protocol {item.protocol}"
        case Neighbour():
            return f"The neighbour {item.address}"
        case Entry():
            return f"The entry for {item.mac} to {item.destination}"
        case Rule():
            return "A routing rule"


def _long(seconds: float) -> str:
    return f"{seconds:.3f} s" if seconds != inf else "ever"
