"""Pods and ConfigMaps for tests, as the views that the pure middle works on."""

from ipaddress import ip_address

from kube_vxlan_controller.model import Namespace, NodeName, Place, PodName, PodUid
from kube_vxlan_controller.views import AgentState, ConfigView, PodView

NETWORKS = ConfigView((("vxeth0", "id=100 up"), ("vxeth1", "id=101 up"), ("vxeth2", "id=102 up"), ("quiet", "id=103")))


def place(name: str, uid: str = "", namespace: str = "default") -> Place:
    return Place(Namespace(namespace), PodName(name), PodUid(uid or f"uid-of-{name}"))


def pod(
    name: str,
    text: str | None = "vxeth1",
    address: str | None = "10.244.1.1",
    *,
    uid: str = "",
    namespace: str = "default",
    init: AgentState = AgentState.ENDED,
    sidecar: AgentState = AgentState.RUNNING,
    native: bool = False,
    started: bool = True,
    leaves_at: float | None = None,
    terminal: bool = False,
    host_network: bool = False,
) -> PodView:
    """A pod that is wired by an init agent and a sidecar, as far as nothing else is said."""
    return PodView(
        place=place(name, uid, namespace),
        node=NodeName("node-1"),
        addresses=tuple(ip_address(part) for part in address.split()) if address else (),
        text=text,
        host_network=host_network,
        terminal=terminal,
        leaves_at=leaves_at,
        init=init,
        sidecar=sidecar,
        native=native,
        started=started,
    )
