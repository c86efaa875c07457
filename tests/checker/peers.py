"""Pure. The laws of forwarding entries: S1, S2, S3, S5 and, for what is missing, L1, L2, L3, L8."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from tests.checker.constants import Constants
from tests.checker.facts import Violation
from tests.checker.items import Entry
from tests.checker.kernels import Kernel, Life
from tests.checker.spans import NEVER, Spans, both, covers, grown, holds, lasting, late, minus, union
from tests.checker.timelines import Timelines
from tests.checker.wishes import Adrift, Alive, Held, Member, Reached, Refused, Unseen, Wish

_ANYWHERE = "00:00:00:00:00:00"


class Peers:
    """Judges the entries of one run."""

    def __init__(self, run: Timelines, constants: Constants) -> None:
        self._run = run
        self._constants = constants
        self._reached: dict[tuple[str, int, int], list[Reached]] = defaultdict(list)
        self._somebody: dict[tuple[tuple[str, int, int], str], Spans] = defaultdict(lambda: NEVER)
        self._members: dict[str, list[Member]] = defaultdict(list)
        for wish in run.perhaps:
            if isinstance(wish, Member):
                self._members[wish.pod].append(wish)
            elif isinstance(wish, Reached):
                key = wish.network, wish.vni, wish.port
                self._reached[key].append(wish)
                self._somebody[key, wish.address] = union(self._somebody[key, wish.address], run.perhaps[wish])
        self._believe_kernels()

    def _believe_kernels(self) -> None:
        """A member is at the address that its own kernel has, even before the API says so: sandboxes are made anew."""
        while_member: dict[tuple[tuple[str, int, int], str], Spans] = defaultdict(lambda: NEVER)
        for key, places in self._reached.items():
            for place in places:
                while_member[key, place.pod] = union(while_member[key, place.pod], self._run.perhaps[place])
        for (key, pod), spans in while_member.items():
            kernel = self._run.kernels.get(pod)
            for address, there in kernel.underlay() if kernel else ():
                self._somebody[key, address] = union(self._somebody[key, address], both(spans, there))

    def violations(self) -> Iterator[Violation]:
        """All of them."""
        for pod, kernel in self._run.kernels.items():
            for life in kernel.lives():
                if life.network:
                    yield from self._present(pod, kernel, life)
            for member in self._members[pod]:
                yield from self._missing(pod, kernel, member)

    def unsettled(self) -> Iterator[Spans]:
        """While an entry was missing, or one was there that should not be."""
        for pod, kernel in self._run.kernels.items():
            for member in self._members[pod]:
                present = self._destinations(kernel, member)
                for peer, wanted in self._wanted(pod, kernel, member):
                    yield minus(wanted, present.get(peer.address, NEVER))
            for life in kernel.lives():
                for entry, spans in kernel.on(life, Entry) if life.network else ():
                    assert isinstance(entry, Entry)
                    if entry.permanent:
                        yield minus(spans, union(*self._reasons(pod, life, entry)))

    def _present(self, pod: str, kernel: Kernel, life: Life) -> Iterator[Violation]:
        """What must not be there."""
        hands = self._run.by_hand(pod, life.last.name)
        for entry, spans in kernel.on(life, Entry):
            assert isinstance(entry, Entry)
            what = (
                f"{life.last.name} sends {'' if entry.mac == _ANYWHERE else f'frames for {entry.mac} '}to {entry.destination}"
            )
            nonsense = _nonsense(entry.destination, {member.address for member in self._members[pod]})
            if nonsense:
                yield from (Violation("S2", begin, pod, f"{what}, {nonsense}.") for begin, _ in minus(spans, hands))
                continue
            own = union(*(self._run.surely.get(one, NEVER) for one in self._members[pod] if one.address == entry.destination))
            for begin, _ in minus(both(spans, own), hands):
                yield Violation("S2", begin, pod, f"{what}, the pod's own address.")
            judged = spans if entry.permanent else self._without_astray(life, entry, spans)
            for begin, end in minus(judged, union(self._allowed(pod, life, entry), hands)):
                law = self._law(entry.destination, life.network)
                yield Violation(
                    law, begin, pod, f"{what} for {_seconds(begin, end)} while no member of {life.network} is there."
                )
            if entry.permanent and entry.mac == _ANYWHERE:
                yield from self._disagreeing(pod, life, entry.destination, spans)
            elif entry.permanent:
                due = late(spans, self._constants.stale, self._run.excused(pod))
                for begin, _ in minus(due, union(hands, self._unseen(pod)))[:1]:
                    yield Violation("L1", begin, pod, f"{what}, a permanent entry that nobody wants.")

    def _without_astray(self, life: Life, entry: Entry, spans: Spans) -> Spans:
        """Less what was learned of a member of another network, which has or just had the same id: networks that swap their
        ids do so in no two pods at one moment. The kernel forgets such by itself."""
        wires = {(link.vni, link.port) for _, link in life.states}
        found = (self._somebody[key, to] for key, to in tuple(self._somebody) if to == entry.destination and key[1:] in wires)
        astray = grown(union(*found), self._constants.haze, self._constants.join)
        return tuple(span for span in spans if not holds(astray, span[0]))

    def _law(self, destination: str, network: str) -> str:
        refused = any(Refused(pod, network) in self._run.perhaps for pod in self._run.claims.get(destination, set()))
        return "S8" if refused else "S1"

    def _allowed(self, pod: str, life: Life, entry: Entry) -> Spans:
        """While an entry may be there."""
        known = union(*self._reasons(pod, life, entry))
        return grown(lasting(known, self._constants.stale, self._run.excused(pod)), self._constants.haze, self._constants.haze)

    def _reasons(self, pod: str, life: Life, entry: Entry) -> Iterator[Spans]:
        """While there is a reason for an entry, one for one."""
        perhaps = self._run.perhaps
        yield self._unseen(pod)
        for vni, port in {(link.vni, link.port) for _, link in life.states}:
            same = life.when({"vni": vni, "port": port})
            yield both(self._somebody[(life.network, vni, port), entry.destination], same)
        for network in (life.network, ""):
            yield perhaps.get(Adrift(network, entry.destination), NEVER)
            yield both(perhaps.get(Held(pod, network), NEVER), perhaps.get(Alive(entry.destination), NEVER))

    def _unseen(self, pod: str) -> Spans:
        return grown(self._run.perhaps.get(Unseen(pod), NEVER), self._constants.haze, self._constants.haze)

    def _disagreeing(self, pod: str, life: Life, destination: str, spans: Spans) -> Iterator[Violation]:
        """S3: the other end has another VNI or port, in its own kernel."""
        for other in self._run.claims.get(destination, set()) - {pod}:
            kernel = self._run.kernels.get(other)
            for theirs in kernel.lives() if kernel else ():
                if theirs.network != life.network:
                    continue
                for link in {link for _, link in theirs.states if (link.vni, link.port) != (life.last.vni, life.last.port)}:
                    wrong = both(spans, theirs.when({"vni": link.vni, "port": link.port}))
                    wrong = late(wrong, self._constants.join, union(self._run.excused(pod), self._run.excused(other)))
                    for begin, _ in minus(wrong, union(self._unseen(pod), self._unseen(other)))[:1]:
                        sentence = f"{life.last.name} sends to {destination} with VNI {life.last.vni} and port {life.last.port}"
                        yield Violation("S3", begin, pod, f"{sentence}; there {link.name} has {link.vni} and {link.port}.")

    def _missing(self, pod: str, kernel: Kernel, member: Member) -> Iterator[Violation]:
        """What must be there and is not, and what was there and must not go."""
        present = self._destinations(kernel, member)
        for peer, wanted in self._wanted(pod, kernel, member):
            yield from self._absent(pod, member, peer.address, wanted, present.get(peer.address, NEVER))

    def _wanted(self, pod: str, kernel: Kernel, member: Member) -> Iterator[tuple[Reached, Spans]]:
        """Where a member has to send, and when."""
        surely = both(self._run.surely.get(member, NEVER), union(kernel.watched))
        for peer in self._reached[member.network, member.vni, member.port]:
            if peer.address == member.address or _is_ipv6(peer.address) != _is_ipv6(member.address):
                continue
            wanted = minus(both(surely, self._run.surely.get(peer, NEVER)), self._doubtful(peer, pod))
            if wanted:
                yield peer, wanted

    def _doubtful(self, peer: Reached, pod: str) -> Spans:
        doubts: Sequence[Wish] = (Adrift(peer.network, peer.address), Adrift("", peer.address), Held(pod, ""))
        return union(*(self._run.perhaps.get(doubt, NEVER) for doubt in (*doubts, Held(pod, peer.network))))

    def _destinations(self, kernel: Kernel, member: Member) -> dict[str, Spans]:
        found: dict[str, Spans] = {}
        for life in kernel.lives():
            if life.network and (life.last.name, life.last.vni, life.last.port) == (member.link, member.vni, member.port):
                for entry, spans in kernel.on(life, Entry):
                    assert isinstance(entry, Entry)
                    if entry.mac == _ANYWHERE and entry.permanent:
                        found[entry.destination] = union(found.get(entry.destination, NEVER), spans)
        return found

    def _absent(self, pod: str, member: Member, address: str, wanted: Spans, present: Spans) -> Iterator[Violation]:
        hands, haze = self._run.by_hand(pod, member.link), self._constants.haze
        due = late(wanted, self._constants.join, self._run.excused(pod))
        due = tuple((begin, min(end, self._run.end)) for begin, end in due if begin < self._run.end)
        for begin, end in minus(minus(due, present), hands):
            repaired = any(abs(begin - over) < 1e-6 for _, over in hands)
            law = "L8" if repaired else "L3" if any(abs(begin - b) < 1e-6 for b, _ in due) else "L1"
            sentence = f"{member.link} does not send to {address}, a member of {member.network}, for {_seconds(begin, end)}"
            yield Violation(law, begin, pod, f"{sentence} after it had to.")
        for _, gone in present:
            if covers(wanted, gone - haze, gone + haze) and gone < self._run.end and not covers(hands, gone, gone):
                sentence = f"{member.link} stopped to send to {address} though both pods went on being members"
                yield Violation("S5", gone, pod, f"{sentence} of {member.network}.")


def _is_ipv6(address: str) -> bool:
    return ":" in address


def _nonsense(destination: str, own: set[str]) -> str:
    """Why nothing can ever be sent there; empty if it can. `own`: the addresses that the pod ever had."""
    address = ip_address(destination)
    if address.is_unspecified or address.is_multicast or address.is_loopback or destination == "255.255.255.255":
        return "which is no pod's address"
    families = {ip_address(one).version for one in own}
    return "which is of another family" if families and address.version not in families else ""


def _seconds(begin: float, end: float) -> str:
    return f"{end - begin:.3f} s" if end != float("inf") else "ever"
