"""Pure. From a Snapshot to the wish for every place: what its network namespace should hold, and what must stay as it is.

`desire` is a function of the snapshot and the policy alone. The wishes of the snapshot before are given to it only so that it
can keep what did not change (the same objects, recognised by identity), which is what makes one join among thousands cheap;
a test holds it to the same result without them, for any history. Speaks the words of `kernel.netns`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kube_vxlan_controller.adrift import Adrift, concerned, drift
from kube_vxlan_controller.kernel.destinations import Destinations
from kube_vxlan_controller.kernel.netns import EMPTY, Device, Link, Mark, Netns, mark_name
from kube_vxlan_controller.membership import NOBODY, Claims, Membership, claimed, reclaim, regroup
from kube_vxlan_controller.model import NOTHING_HELD, Family, Hold, Member, Place, Target, Warning
from kube_vxlan_controller.oddities import cross_warnings, rewarned
from kube_vxlan_controller.snapshot import Snapshot
from kube_vxlan_controller.sources.networks import NO_NETWORKS, Networks, read_networks
from kube_vxlan_controller.sources.pods import NOTHING_READ, PodReading, Waiting, read_pod, target, waiting
from kube_vxlan_controller.views import AgentNames, PodView


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator chose, as far as wishes depend on it."""

    names: AgentNames = AgentNames()
    gate_open: bool = False
    """Let a pod start without the networks that cannot be honoured, as the ancestor did."""
    locked: bool = False
    """Only the ConfigMap gives networks their id and port."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What should be in one place, as far as it can be told."""

    place: Place
    netns: Netns = EMPTY
    hold: Hold = NOTHING_HELD
    reading: PodReading = NOTHING_READ
    warnings: tuple[Warning, ...] = ()
    target: Target | None = None
    """Whom to ask; None while no agent of the pod runs."""
    waiting: Waiting = Waiting.NOBODY
    opens_anyway: bool = False
    """Whether to let the pod go on also without what cannot be honoured."""
    gated: bool = False
    """The pod is not ready before it is told that frames can pass."""
    leaving: bool = False
    """The pod is being deleted; that its agent stops answering is then nothing odd."""


@dataclass(frozen=True, slots=True)
class Desired:
    """The wishes for one snapshot, and what they were derived from, so that the next ones can keep it."""

    policy: Policy
    snapshot: Snapshot = Snapshot()
    networks: Networks = NO_NETWORKS
    pods: Mapping[Place, PodView] = field(default_factory=dict)
    """The live ones."""
    readings: Mapping[Place, PodReading] = field(default_factory=dict)
    membership: Membership = Membership()
    adrift: Adrift = Adrift()
    wishes: Mapping[Place, Wish] = field(default_factory=dict)
    changed: frozenset[Place] = frozenset()
    """Places whose wish is another one than before, or is gone."""


def desire(snapshot: Snapshot, before: Desired) -> Desired:
    """The wishes for a complete snapshot; `before` may be any earlier result, or `Desired(policy)`."""
    networks = before.networks if _same_config(snapshot, before) else read_networks(snapshot.config, before.policy.locked)
    pods = _live(snapshot)
    touched = _touched(before, pods, networks)
    readings = _read(before, pods, networks, touched)
    claims = reclaim(before.membership.claims, before.pods, pods, touched)
    unsettled = touched | _contenders(before, claims, pods, touched)
    membership = regroup(before.membership, claims, pods, (before.readings, readings), unsettled)
    adrift = drift(before.adrift, (before.membership.claims, claims), pods, readings, touched)
    after = Desired(before.policy, snapshot, networks, pods, readings, membership, adrift)
    wishes, changed = _wishes(before, after, unsettled)
    return Desired(before.policy, snapshot, networks, pods, readings, membership, adrift, wishes, changed)


def _same_config(snapshot: Snapshot, before: Desired) -> bool:
    return snapshot.config is before.snapshot.config and before.snapshot.complete


def _live(snapshot: Snapshot) -> Mapping[Place, PodView]:
    departed = [place for place, pod in snapshot.pods.items() if snapshot.departed(pod)]
    if not departed:
        return snapshot.pods
    pods = dict(snapshot.pods)
    for place in departed:
        del pods[place]
    return pods


def _touched(before: Desired, pods: Mapping[Place, PodView], networks: Networks) -> frozenset[Place]:
    if networks is not before.networks:
        return frozenset(pods.keys() | before.pods.keys())
    seen = frozenset(place for place, pod in pods.items() if before.pods.get(place) is not pod)
    return seen.union(set(before.pods).difference(pods))  # sets of mappings ask no place for its hash


def _read(
    before: Desired, pods: Mapping[Place, PodView], networks: Networks, touched: Iterable[Place]
) -> Mapping[Place, PodReading]:
    readings = dict(before.readings)
    for place in touched:
        if place not in pods:
            readings.pop(place, None)
            continue
        reading = read_pod(pods[place], networks)
        known = readings.get(place)
        readings[place] = known if known == reading and known is not None else reading
    return readings


def _contenders(before: Desired, claims: Claims, pods: Mapping[Place, PodView], touched: Iterable[Place]) -> frozenset[Place]:
    """Live pods that claim an address with one that was touched: whose it is may have changed."""
    addresses = {a for place in touched for a in claimed(before.pods.get(place)) + claimed(pods.get(place))}
    rivals = {rival for a in addresses for rival in before.membership.claims.get(a, frozenset()) | claims.get(a, frozenset())}
    return frozenset(rival for rival in rivals if rival in pods)


def _wishes(before: Desired, after: Desired, touched: frozenset[Place]) -> tuple[Mapping[Place, Wish], frozenset[Place]]:
    wishes, changed = dict(before.wishes), set()
    anew = _anew(before, after, touched)
    for place in anew:
        old = wishes.get(place)
        new = _wish(after, place, old) if place in after.pods else None
        if new == old:
            continue
        changed.add(place)
        if new is None:
            del wishes[place]
        else:
            wishes[place] = new
    others = _among_others(before.membership, after.membership, anew, wishes)
    return {**wishes, **others}, frozenset(changed.union(others))


def _anew(before: Desired, after: Desired, touched: frozenset[Place]) -> frozenset[Place]:
    """Places of whose wish everything may differ: touched ones, and those that have others to blame for it."""
    warned = rewarned(before.membership, after.membership, (before.readings, after.readings), touched)
    return touched | warned | concerned(before.adrift, after.adrift, after.membership)


def _among_others(
    before: Membership, after: Membership, anew: frozenset[Place], wishes: Mapping[Place, Wish]
) -> Mapping[Place, Wish]:
    """The wishes of pods that are what they were, among other peers: a thousand of them change with every join."""
    found: dict[Place, Wish] = {}
    for key, group in after.groups.items():
        generation = group.generation
        if before.groups.get(key, NOBODY).generation is generation:
            continue
        for place in set(group.members) - anew:
            member = group.members[place]
            found[place] = _reaching(found.get(place) or wishes[place], member, Destinations(generation, member.underlay))
    return found


def _reaching(wish: Wish, member: Member, destinations: Destinations) -> Wish:
    """The wish with other destinations for one of its links. Said in full, since `replace` takes three times as long."""
    name = member.options.name
    links = tuple(_sending(link, destinations) if link.device.name == name else link for link in wish.netns.links)
    return Wish(
        wish.place,
        Netns(links, wish.netns.foreign),
        wish.hold,
        wish.reading,
        wish.warnings,
        wish.target,
        wish.waiting,
        wish.opens_anyway,
        wish.gated,
        wish.leaving,
    )


def _sending(link: Link, destinations: Destinations) -> Link:
    return Link(link.device, link.mark, link.up, link.addresses, link.routes, destinations)


def _wish(desired: Desired, place: Place, before: Wish | None) -> Wish:
    """The wish for a live pod."""
    pod, reading = desired.pods[place], desired.readings[place]
    known = before.netns.by_name if before is not None and before.reading is reading else {}
    links = tuple(_link(desired, member, known.get(member.options.name)) for member in reading.members)
    return Wish(
        place=place,
        netns=Netns(links),
        hold=desired.adrift.hold(place, reading),
        reading=reading,
        warnings=reading.warnings + cross_warnings(desired.membership, desired.pods, reading),
        target=target(pod, desired.policy.names),
        waiting=waiting(pod),
        opens_anyway=desired.policy.gate_open,
        gated=pod.gated,
        leaving=pod.leaves_at is not None,
    )


def _link(desired: Desired, member: Member, known: Link | None) -> Link:
    """The member's link; what does not depend on the peers is kept from the wish before."""
    destinations = Destinations(desired.membership.groups[member.key].generation, member.underlay)
    if known is not None:
        return _sending(known, destinations)
    options = member.options
    addresses = frozenset(options.ip)
    device = Device(
        name=options.name,
        vni=options.id,
        port=options.port,
        lower=options.dev,
        local=member.underlay if options.family is Family.IPV6 else None,
        learning=options.learning,
        ttl=options.ttl,
        mtu=options.mtu,
    )
    mark = Mark(mark_name(member.network), addresses, options.up)
    return Link(device, mark, options.up, addresses, frozenset(options.route) if options.up else frozenset(), destinations)
