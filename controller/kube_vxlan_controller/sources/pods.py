"""Pure. Labelled pods as members and places: what one pod, read on its own, wants and where it can be asked.

Nothing here knows of other pods. A `PodReading` says of which networks the pod is a member, and of which nobody can tell:
the difference decides whether something is removed or held (law 5: unreadable holds, refused leaves).
"""

from dataclasses import dataclass
from enum import StrEnum

from kube_vxlan_controller.language.resolving import NOT_ADMITTED, Networks, Resolved, resolve
from kube_vxlan_controller.model import (
    Address,
    Fault,
    Member,
    NetworkName,
    Options,
    Scope,
    Target,
    Warning,
)
from kube_vxlan_controller.views import AgentNames, AgentState, PodView

REFUSED = frozenset({NOT_ADMITTED})
"""Faults that say what a pod must not have. All others say that nobody can tell what it should have, and hold."""


class Waiting(StrEnum):
    """What in a pod waits for its networks, if anything."""

    NOBODY = "nobody"
    INIT = "init"
    """The init agent: the pod goes on when it is released."""
    PROBE = "probe"
    """The startup probe of a native sidecar: the pod goes on when the ready mark is there."""


@dataclass(frozen=True, slots=True)
class PodReading:
    """What one pod wants, as far as it can be read."""

    members: tuple[Member, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Warning, ...] = ()
    unreadable: bool = False
    """Its text as a whole cannot be read: it keeps what it has, everywhere."""
    held: frozenset[NetworkName] = frozenset()
    """Networks of which it keeps what it has, since that entry cannot be read."""

    @property
    def addresses(self) -> frozenset[Address]:
        """The addresses at which its networks' members reach it."""
        return frozenset(member.underlay for member in self.members)


NOTHING_READ = PodReading()


def read_pod(pod: PodView, networks: Networks) -> PodReading:
    """What a live pod wants. A pod without address or text is a member of nothing; so is one that no agent serves."""
    if pod.text is None or not pod.addresses:
        return NOTHING_READ
    if pod.host_network:
        return _refused(
            "host-network",
            "This pod uses its node's network: its links would be the node's.",
            "Set hostNetwork: false, or take the label off the pod.",
        )
    if pod.init is AgentState.ABSENT and pod.sidecar is AgentState.ABSENT:
        return _refused(
            "no-agent",
            "No container of this pod is an agent, so nobody can make its links.",
            "Add the containers of kubernetes/patch.yaml to the pod.",
        )
    return _members(pod, resolve(pod.text, networks, pod.place.namespace, pod.addresses))


def target(pod: PodView, names: AgentNames) -> Target | None:
    """Whom to ask about a pod's network namespace: the init agent while it holds the gate, else the sidecar, else nobody."""
    if pod.terminal or pod.host_network or not pod.node:
        return None
    if pod.init is AgentState.RUNNING:
        return Target(pod.place, pod.node, names.init, pod.instance)
    if pod.sidecar is AgentState.RUNNING:
        return Target(pod.place, pod.node, names.sidecar, pod.instance)
    return None


def waiting(pod: PodView) -> Waiting:
    """What in the pod waits for its networks."""
    if pod.init is AgentState.RUNNING:
        return Waiting.INIT
    if pod.native and pod.sidecar is AgentState.RUNNING and not pod.started:
        return Waiting.PROBE
    return Waiting.NOBODY


def _refused(code: str, message: str, hint: str) -> PodReading:
    return PodReading(faults=(Fault(code, message, hint, scope=Scope.POD),))


def _members(pod: PodView, resolved: Resolved) -> PodReading:
    faults = resolved.faults
    members = (Member(pod.place, network, _underlay(pod, options), options) for network, options in resolved.networks)
    unreadable = any(fault.scope is Scope.POD for fault in faults)
    held = frozenset(f.network for f in faults if f.network is not None and f.scope is Scope.NETWORK and f.code not in REFUSED)
    return PodReading(
        members=() if unreadable else tuple(m for m in members if m.network not in held),
        faults=faults,
        warnings=resolved.warnings,
        unreadable=unreadable,
        held=held,
    )


def _underlay(pod: PodView, options: Options) -> Address:
    """The pod's address of the network's family: a network without one is a Fault, and not among those resolved."""
    return next(address for address in pod.addresses if options.family.has(address))
