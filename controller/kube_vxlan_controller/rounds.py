"""Pure. One place's talk with its agent, a round at a time: what to ask next, and what an answer teaches.

    nothing known ──READ──▶ known ──CHANGE or FORWARD, until nothing is to do──▶ as wished ──OPEN, if it waits──▶ done
                              ▲                                                     │
                              └────────── the digests differ ◀──AUDIT───────────────┘

Laws. What a place has is known only from what its kernel said, on a stream that began with a read-back. What takes others'
things along is done only right after a reading, so that they can be put back as they are. A change is followed
by a read-back in the same request, with one exception: forwarding lines about which nobody complained (their effect is
certain; the audit's digest covers the rest). What stands in the way is told only right after a reading, since it may have gone
or what was missing have come. The gate opens only when a plan from a known state was empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from kube_vxlan_controller.desired import Wish
from kube_vxlan_controller.kernel.destinations import Destinations
from kube_vxlan_controller.kernel.lines import render
from kube_vxlan_controller.kernel.netns import Entry, Link, Netns
from kube_vxlan_controller.kernel.plan import Plan, plan
from kube_vxlan_controller.kernel.readings import ParseError, digest, parse, parse_digests
from kube_vxlan_controller.kernel.steps import AppendDestination, DeleteAddress, DeleteEntry, DeleteLink, SetDown, Step
from kube_vxlan_controller.model import Fault, Target
from kube_vxlan_controller.ports import Ask, Finally, Reading, StreamId, Told
from kube_vxlan_controller.sources.pods import Waiting

T = TypeVar("T")


class Phase(StrEnum):
    """What a round is for."""

    READ = "read"
    CHANGE = "change"
    FORWARD = "forward"
    """Forwarding lines alone: the fast path of every join and leave."""
    OPEN = "open"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a place: nothing (`netns` None), or what its kernel said on the stream named."""

    target: Target | None = None
    stream: StreamId | None = None
    netns: Netns | None = None
    opened: bool = False
    """Whoever waited in this container has been let go."""
    complaints: tuple[str, ...] = ()
    """What `ip` and `bridge` said about the last change."""
    read_for: Wish | None = None
    """The wish that was being carried out when links, addresses and routes were last read, until the worker rests."""
    like: Wish | None = None
    """The wish that nothing is left to do for, where that is certain since forwarding lines were all that was left."""
    faults: frozenset[Fault] = frozenset()
    """What stood in the way in the kernel when it was last as wished but for that."""


@dataclass(frozen=True, slots=True)
class Round:
    """One request, and why."""

    phase: Phase
    ask: Ask
    plan: Plan = Plan()
    settles: Wish | None = None
    """The wish that nothing is left to do for afterwards, if every line takes effect."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing is left to ask. `faults` is what stands in the way in the kernel itself, for good."""

    faults: tuple[Fault, ...] = ()


NOTHING_KNOWN = Known()

OPENS = {Waiting.INIT: Finally.RELEASE, Waiting.PROBE: Finally.READY}

LOSING = DeleteLink | SetDown | DeleteAddress
"""Steps that take along what others have put on a link: it is put back as it was last read, so it is read just before."""

READ_ALL = (
    (Reading.LINKS, ()),
    (Reading.ROUTES, ()),
    (Reading.ENTRIES, ()),
)


def next_round(wish: Wish, known: Known, blind: bool) -> Round | Settled:
    """What to ask next. `blind`: some kind of object is stale, so nothing is removed."""
    if wish.target is None or has_gone(wish, known):
        return Settled()  # nobody to ask
    if known.netns is None or known.target != wish.target:
        return Round(Phase.READ, Ask(read=READ_ALL))
    if known.like is wish and wish.waiting is Waiting.NOBODY and not blind:
        return Settled()
    planned = plan(wish.netns, known.netns, replace(wish.hold, removals=True) if blind else wish.hold)
    news = not known.faults.issuperset(planned.faults) or any(isinstance(step, LOSING) for step in planned.steps)
    if news and not is_fresh(known, wish):
        return Round(Phase.READ, Ask(read=READ_ALL))
    if planned.steps:
        return _change(planned, None if blind or planned.faults else wish)
    if wish.waiting is not Waiting.NOBODY and may_open(wish, planned.faults) and not known.opened:
        return opening(wish)
    return Settled(planned.faults)


def may_open(wish: Wish, faults: Sequence[Fault]) -> bool:
    """Whether to let the pod go on; `faults` are those of its kernel."""
    return wish.opens_anyway or not (wish.reading.faults or faults)


def opening(wish: Wish) -> Round:
    """Let whoever waits in the pod go on."""
    return Round(Phase.OPEN, Ask(finally_=OPENS[wish.waiting]))


def is_same_pod(one: Wish, other: Wish) -> bool:
    """Whether two wishes are for a pod that is the same in both, if perhaps among other peers."""
    return one.reading is other.reading and one.target == other.target


def gate_left(wish: Wish, known: Known, blind: bool, *, is_ready: bool) -> bool:
    """Whether nothing is left to do but to open the pod's gate; `is_ready`: its readiness gate is open."""
    if known.netns is None or (wish.waiting is Waiting.NOBODY and not wish.gated):
        return False
    due = next_round(wish, known, blind)
    return wish.gated and not is_ready if isinstance(due, Settled) else due.phase is Phase.OPEN


def is_fresh(known: Known, wish: Wish) -> bool:
    """Whether links, addresses and routes were read since the worker began with what this pod itself wants."""
    return known.read_for is not None and known.read_for.reading is wish.reading


def has_gone(wish: Wish, known: Known) -> bool:
    """Whether whom the wish would have asked was told to go: an init agent, which ends before the API server says so."""
    return known.opened and known.target == wish.target and wish.waiting is Waiting.INIT


def audit_round() -> Round:
    """Ask for the kernel's state: links, addresses and routes in full, forwarding entries as digests."""
    return Round(Phase.AUDIT, Ask(read=((Reading.LINKS, ()), (Reading.ROUTES, ()), (Reading.DIGEST, ()))))


def learn(wish: Wish, known: Known, asked: Round, told: Told) -> Known:
    """What is known after an answer. Raises `readings.ParseError` where an answer makes no sense, or lacks a reading."""
    missing = ", ".join(reading for reading, _ in asked.ask.read if reading not in told.readings)
    if missing:
        raise ParseError(f"the agent could not read {missing}: {'; '.join(told.complaints) or 'it did not say why'}")
    if asked.phase is Phase.OPEN:
        return replace(known, opened=True)
    if asked.phase is Phase.FORWARD:
        assert known.netns is not None, "a forward round follows a read"
        netns = None if told.complaints else _forwarded(wish, known.netns, asked.plan.steps)
        like = None if netns is None else asked.settles
        return Known(known.target, known.stream, netns, known.opened, told.complaints, known.read_for, like, known.faults)
    if asked.phase is Phase.AUDIT:
        return replace(known, netns=_audited(known, told), read_for=wish, like=None)
    same = known.target == wish.target and known.stream == told.stream
    opened = same and known.opened
    complaints = known.complaints if asked.phase is Phase.READ else told.complaints
    netns = _share(parse(told.readings), wish.netns)
    return Known(wish.target, told.stream, netns, opened, complaints, wish, faults=known.faults)


def refusal(left: Plan, known: Known) -> str:
    """What to say of a place whose kernel was told and still is not as wished."""
    # `ip` and `bridge` add the number of the line in what the agent gave them, which nobody else has seen.
    said = dict.fromkeys(line for line in known.complaints if not line.startswith("Command failed -:"))
    why = f": {'; '.join(said)}" if said else ", and does not say why"
    lines = render(left.steps)
    return f"the pod's kernel refuses{why} (still to do: {', '.join((lines.batch + lines.entries)[:3])})"


def _change(planned: Plan, settles: Wish | None) -> Round:
    batches = render(planned.steps)
    if batches.batch or not all(isinstance(step, AppendDestination | DeleteEntry) for step in planned.steps):
        return Round(Phase.CHANGE, Ask(batch=batches.batch, entries=batches.entries, read=READ_ALL), planned)
    return Round(Phase.FORWARD, Ask(entries=batches.entries), planned, settles)


def _forwarded(wish: Wish, known: Netns, steps: Sequence[Step]) -> Netns:
    """What is known after forwarding lines that nobody complained about."""
    links = []
    for link in known.links:
        mine = [step for step in steps if step.link == link.name]
        gone = {step.entry for step in mine if isinstance(step, DeleteEntry)}
        if not mine:
            links.append(link)
            continue
        destinations = _moved(link, wish.netns.by_name.get(link.name), mine)
        learned = _unlisted(link.learned - gone, destinations)
        links.append(link.forwarding(destinations, link.strays - gone, learned))
    return Netns(tuple(links), known.foreign)


def _moved(link: Link, wished: Link | None, steps: Sequence[Step]) -> Destinations:
    """The link's destinations after the steps: those wished for, as the same object, where the steps were all that was left."""
    added = {step.destination for step in steps if isinstance(step, AppendDestination)}
    gone = {step.entry.destination for step in steps if isinstance(step, DeleteEntry) and step.entry.is_destination}
    if wished is not None:
        missing, extra = wished.destinations.beyond(link.destinations), link.destinations.beyond(wished.destinations)
        if added == missing and gone == extra:
            return wished.destinations
    return Destinations.of((frozenset(link.destinations) | added) - gone)


def _audited(known: Known, told: Told) -> Netns | None:
    """What is known after an audit; nothing where the digests tell that entries are not what they were."""
    assert known.netns is not None, "only what is known is audited"
    before = known.netns.by_name
    netns = parse(told.readings)
    digests = parse_digests(told.readings[Reading.DIGEST])
    links = []
    for link in netns.links:
        was = before.get(link.name)
        if was is None or was.strays or digests.get(link.name) != digest(was.destinations):
            return None
        links.append(replace(link, destinations=was.destinations, learned=was.learned))
    return Netns(tuple(links), netns.foreign)


def _share(read: Netns, wished: Netns) -> Netns:
    """What was read, with the wish's own values wherever they are equal: a thousand places then share one set, and the next
    plan recognises what did not change by identity."""
    return Netns(tuple(_shared(link, wished.by_name.get(link.name)) for link in read.links), read.foreign)


def _shared(link: Link, want: Link | None) -> Link:
    if want is None:
        return link
    destinations = _same(want.destinations, link.destinations)
    return replace(
        link,
        mark=_same(want.mark, link.mark),
        addresses=_same(want.addresses, link.addresses),
        routes=_same(want.routes, link.routes),
        destinations=destinations,
        learned=_unlisted(link.learned, destinations),
    )


def _unlisted(learned: frozenset[Entry], destinations: Destinations) -> frozenset[Entry]:
    """Learned entries that no destination stands beside: what every plan looks through, and so every join of anybody.

    The others need not be kept: the agent removes them with their destination.
    """
    return frozenset(entry for entry in learned if entry.destination not in destinations)


def _same(wished: T, read: T) -> T:
    return wished if wished == read else read
