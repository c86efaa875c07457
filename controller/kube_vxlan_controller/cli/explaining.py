"""Pure. From the wish for one pod, its kernel and some of its peers' to what `explain` tells.

Laws: nothing is left out silently (what was not looked at is counted); what an agent or a user wrote is made visible.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kube_vxlan_controller.cli.explanation import Answer, EventText, Explanation, LinkText, NetworkText, OptionText, Peer
from kube_vxlan_controller.cli.prospect import Prospect, deeds, held, obstacle
from kube_vxlan_controller.cli.verdict import verdict
from kube_vxlan_controller.desired import Desired
from kube_vxlan_controller.kernel.netns import Link
from kube_vxlan_controller.language.annotation import Request, parse
from kube_vxlan_controller.language.judging import judge
from kube_vxlan_controller.language.mistakes import visible
from kube_vxlan_controller.language.options import TABLE, default
from kube_vxlan_controller.model import Member, Place
from kube_vxlan_controller.views import AgentState, PodView


@dataclass(frozen=True, slots=True)
class Case:
    """What the explanation is made of."""

    pod: PodView
    desired: Desired
    selector: str
    annotation: str
    labelled: bool
    prospect: Prospect | None
    """None of a pod that is not live or not labelled."""
    peers: Mapping[Place, Prospect]
    """Those that were asked."""
    events: tuple[EventText, ...]


def peers_of(desired: Desired, place: Place) -> list[tuple[Member, Member]]:
    """The pod's members with each of their peers, network by network, by name."""
    return [
        (mine, other)
        for mine in desired.readings[place].members
        for other_place, other in sorted(desired.membership.groups[mine.key].members.items())
        if other_place != place
    ]


def explain(case: Case) -> Explanation:
    """The whole answer."""
    pod, prospect, ours = case.pod, case.prospect, _ours(case)
    about = (pod.place.namespace, pod.place.name, pod.node, tuple(map(str, pod.addresses)), ours)
    lacking = next((answer.answer for answer in ours if not answer.fine), "")
    if prospect is None:
        return Explanation(*about, events=case.events, verdict=verdict(pod.place, lacking, None, ()), fine=False)
    wish = prospect.wish
    pairs = peers_of(case.desired, pod.place)
    peers = tuple(_peer(prospect, mine, other, case.peers[other.place]) for mine, other in pairs if other.place in case.peers)
    deaf = tuple(peer.pod for peer in peers if peer.back is False)
    steps = deeds(case.desired, prospect)
    return Explanation(
        *about,
        networks=_networks(case),
        faults=tuple(map(obstacle, prospect.faults)),
        warnings=wish.warnings,
        links=tuple(_link(prospect, link) for link in prospect.netns.links) if prospect.netns else (),
        peers=peers,
        unasked=len(pairs) - len(peers),
        todo=steps,
        held=held(case.desired, prospect),
        events=case.events,
        trouble=visible(prospect.trouble),
        verdict=verdict(pod.place, lacking, prospect, deaf),
        fine=not (lacking or steps or deaf or prospect.faults or prospect.trouble),
    )


def _ours(case: Case) -> tuple[Answer, ...]:
    pod = case.pod
    label, text = f"the label {case.selector}", f"the annotation {case.annotation}"
    told = [
        Answer("label", f"It has {label}." if case.labelled else f"It lacks {label}.", case.labelled),
        Answer("annotation", f"It has {text}." if pod.text is not None else f"It lacks {text}.", pod.text is not None),
        Answer("node", f"It is on {pod.node}." if pod.node else "It is on no node yet.", bool(pod.node)),
        Answer(
            "address",
            f"Its address is {' '.join(map(str, pod.addresses))}." if pod.addresses else "It has no address yet.",
            bool(pod.addresses),
        ),
    ]
    if pod.host_network:
        told.append(Answer("hostNetwork", "It uses its node's network, and its links would be the node's.", False))
    told.append(_agent(pod))
    if pod.terminal:
        told.append(Answer("phase", "It has ended, and its containers will not run again.", False))
    elif pod.leaves_at is not None:
        told.append(Answer("deletion", "It is being deleted.", False))
    return tuple(told)


def _agent(pod: PodView) -> Answer:
    if pod.init is AgentState.ABSENT and pod.sidecar is AgentState.ABSENT:
        return Answer("agent", "No container of it is an agent.", False)
    kind = "native sidecar" if pod.native else "sidecar"
    states = f"init container {pod.init}, {kind} {pod.sidecar}"
    running = AgentState.RUNNING in (pod.init, pod.sidecar)
    return Answer("agent", f"Its agent {'runs' if running else 'does not run'} ({states}).", running)


def _networks(case: Case) -> tuple[NetworkText, ...]:
    members = {member.network: member for member in case.desired.readings[case.pod.place].members}
    requests = parse(case.pod.text or "").requests
    return tuple(NetworkText(one.network, _options(case.desired, one, members.get(one.network))) for one in requests)


def _options(desired: Desired, request: Request, member: Member | None) -> tuple[OptionText, ...]:
    if member is None:
        return ()
    own = judge(request.options, request.network).settings
    definition = (desired.networks.definitions or {}).get(request.network)
    given = {**dict.fromkeys(definition.settings if definition else (), "ConfigMap"), **dict.fromkeys(own, "annotation")}
    told = []
    for row in TABLE:
        value = getattr(member.options, row.name)
        if row.name in given or row.always_shown or value != default(row.name):
            parts = value if row.repeats > 1 else (value,)
            text = " ".join("none" if part is None else row.write(part) for part in parts)
            told.append(OptionText(row.name, text or "none", given.get(row.name, "default")))
    return tuple(told)


def _link(prospect: Prospect, link: Link) -> LinkText:
    want = prospect.wish.netns.by_name.get(link.name)
    there = sum(1 for address in want.destinations if address in link.destinations) if want else 0
    device = link.device
    return LinkText(
        link=link.name,
        network=visible(link.mark.network),
        up=link.up,
        vni=device.vni,
        port=device.port,
        mtu=device.mtu,
        addresses=tuple(sorted(map(str, (*link.addresses, *link.others)))),
        routes=tuple(sorted(map(str, link.routes))),
        entries=there,
        members=len(want.destinations) if want else None,
        others=len(link.destinations) - there + len(link.strays),
    )


def _peer(prospect: Prospect, mine: Member, other: Member, asked: Prospect) -> Peer:
    return Peer(mine.network, str(other.place), str(other.underlay), _knows(prospect, mine, other), _knows(asked, other, mine))


def _knows(asked: Prospect, own: Member, other: Member) -> bool | None:
    """Whether the kernel of the pod that was asked has an entry for the other one."""
    if asked.netns is None:
        return None
    link = asked.netns.by_name.get(own.options.name)
    return link is not None and other.underlay in link.destinations
