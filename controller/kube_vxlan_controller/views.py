"""Pure. The few fields of API objects that we use, decoded once.

Two layers. The structs below name only what we read, so that decoding 5,000 pods costs 0.07 s and 22 MB (against 10 s and
284 MB with generated models, measured). `pod_view` and `config_view` make of them small immutable values, in which nothing
is left of the object but what decides something. Laws: a view is made from one object alone; equal objects give equal views,
so a change of anything else in an object (labels, conditions, another container) is no change to us.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Literal

import msgspec

from kube_vxlan_controller.model import Address, ContainerName, Namespace, NodeName, Place, PodName, PodUid

CONFIG_HASH = "kubernetes.io/config.hash"
"""The kubelet's own uid of a static pod: its mirror's `metadata.uid` is another one."""
READY = "vxlan.openvnf.org/ready"
"""The readiness gate, and the condition that opens it."""


class _Struct(msgspec.Struct, gc=False, rename="camel"):
    pass


class Meta(_Struct):
    """`metadata`, as far as we read it."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    annotations: dict[str, str] | None = None
    deletion_timestamp: str | None = None


class _Always(_Struct):
    name: str
    restart_policy: str | None = None


class _Gate(_Struct):
    condition_type: str = ""


class Condition(_Struct):
    """One of `status.conditions`, as far as we read it."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""


class _Spec(_Struct):
    node_name: str | None = None
    host_network: bool | None = None
    init_containers: list[_Always] | None = None
    containers: list[_Always] | None = None
    readiness_gates: list[_Gate] | None = None


class _State(_Struct):
    running: dict[str, object] | None = None
    terminated: dict[str, object] | None = None


class _ContainerStatus(_Struct):
    name: str
    state: _State | None = None
    started: bool | None = None
    container_id: str | None = msgspec.field(default=None, name="containerID")


class _Ip(_Struct):
    ip: str = ""


class _Status(_Struct):
    phase: str | None = None
    conditions: list[Condition] | None = None
    pod_i_p: str | None = msgspec.field(default=None, name="podIP")
    pod_i_ps: list[_Ip] | None = msgspec.field(default=None, name="podIPs")
    init_container_statuses: list[_ContainerStatus] | None = None
    container_statuses: list[_ContainerStatus] | None = None


class PodObject(_Struct):
    """A v1 Pod, as far as we read it."""

    metadata: Meta
    spec: _Spec = msgspec.field(default_factory=_Spec)
    status: _Status = msgspec.field(default_factory=_Status)

    @property
    def gated(self) -> bool:
        """Whether the pod is not ready before we say so."""
        return any(gate.condition_type == READY for gate in self.spec.readiness_gates or ())


class ConfigMapObject(_Struct):
    """A v1 ConfigMap, as far as we read it."""

    metadata: Meta
    data: dict[str, str] | None = None
    binary_data: dict[str, str] | None = None


class AgentState(StrEnum):
    """What an agent container of a pod is doing, as far as it matters to somebody who wants to ask it."""

    ABSENT = "absent"
    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class AgentNames:
    """The names of the two agent containers."""

    sidecar: ContainerName = ContainerName("vxlan-controller-agent")
    init: ContainerName = ContainerName("vxlan-controller-agent-init")


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod, in the fields that decide something."""

    place: Place
    node: NodeName
    addresses: tuple[Address, ...]
    text: str | None
    """The networks annotation; None when the pod has none."""
    host_network: bool
    terminal: bool
    """Succeeded or Failed: its containers will not run again."""
    leaves_at: float | None
    """Unix time at which its deletion, grace included, is over; None while nobody deletes it."""
    init: AgentState
    """The gate: an ordinary init container with the agent's init name."""
    sidecar: AgentState
    """The agent that stays: an ordinary container, or a native sidecar."""
    native: bool
    """The sidecar is a native one (an init container that restarts always)."""
    started: bool
    """The sidecar's startup probe, if it has one, has passed."""
    gated: bool = False
    """It names our readiness gate."""
    instance: str = ""
    """The runtime's id of the agent's container that can be asked; empty while none runs."""


@dataclass(frozen=True, slots=True)
class ConfigRef:
    """Which ConfigMap."""

    namespace: Namespace
    name: str
    uid: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class ConfigView:
    """The ConfigMap of networks."""

    data: tuple[tuple[str, str], ...]
    binary_keys: tuple[str, ...] = ()
    ref: ConfigRef | None = None
    """None where it comes from a file."""


def place_of(pod: PodObject) -> Place:
    """The place of a pod, by the uid that its kubelet knows: a static pod's mirror has another one of its own."""
    meta = pod.metadata
    uid = (meta.annotations or {}).get(CONFIG_HASH, meta.uid)
    return Place(Namespace(meta.namespace), PodName(meta.name), PodUid(uid))


def pod_view(pod: PodObject, annotation: str, names: AgentNames) -> PodView:
    """What decides something in a pod whose networks stand in `annotation`."""
    annotations = pod.metadata.annotations or {}
    spec, status = pod.spec, pod.status
    native = any(c.name == names.sidecar and c.restart_policy == "Always" for c in spec.init_containers or ())
    plain = any(c.name == names.sidecar for c in spec.containers or ())
    gate = any(c.name == names.init and c.restart_policy != "Always" for c in spec.init_containers or ())
    sidecar = _status_of(names.sidecar, status.init_container_statuses if native else status.container_statuses)
    init = _status_of(names.init, status.init_container_statuses) if gate else None
    return PodView(
        place=place_of(pod),
        node=NodeName(spec.node_name or ""),
        addresses=_addresses(status),
        text=annotations.get(annotation),
        host_network=bool(spec.host_network),
        terminal=status.phase in ("Succeeded", "Failed"),
        leaves_at=_unix(pod.metadata.deletion_timestamp),
        init=_agent_state(init) if gate else AgentState.ABSENT,
        sidecar=_agent_state(sidecar) if native or plain else AgentState.ABSENT,
        native=native,
        started=bool(sidecar and sidecar.started),
        gated=pod.gated,
        instance=_running(init) or _running(sidecar),
    )


def config_view(config: ConfigMapObject) -> ConfigView:
    """The ConfigMap's entries, in the order of their keys."""
    meta = config.metadata
    ref = ConfigRef(Namespace(meta.namespace), meta.name, meta.uid)
    return ConfigView(tuple(sorted((config.data or {}).items())), tuple(sorted(config.binary_data or {})), ref)


def _status_of(name: str, statuses: list[_ContainerStatus] | None) -> _ContainerStatus | None:
    return next((status for status in statuses or () if status.name == name), None)


def _agent_state(status: _ContainerStatus | None) -> Literal[AgentState.WAITING, AgentState.RUNNING, AgentState.ENDED]:
    if status is None or status.state is None:
        return AgentState.WAITING
    if status.state.running is not None:
        return AgentState.RUNNING
    return AgentState.WAITING if status.state.terminated is None else AgentState.ENDED


def _running(status: _ContainerStatus | None) -> str:
    """The id of a container that runs."""
    return (status.container_id or "") if status is not None and _agent_state(status) is AgentState.RUNNING else ""


def _addresses(status: _Status) -> tuple[Address, ...]:
    texts = [ip.ip for ip in status.pod_i_ps or ()] or [status.pod_i_p or ""]
    found = []
    for text in texts:
        try:
            address = ip_address(text)
        except ValueError:
            continue
        if not (address.is_unspecified or address.is_multicast or address.is_loopback):
            found.append(address)
    return tuple(found)


def _unix(timestamp: str | None) -> float | None:
    if not timestamp:
        return None
    try:
        return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return float("inf")
