"""Pure. What `explain` tells of one pod, as values: `-o json` has these names."""

from dataclasses import dataclass

from kube_vxlan_controller.cli.prospect import Deed, Obstacle
from kube_vxlan_controller.model import Warning


@dataclass(frozen=True, slots=True)
class Answer:
    """Something that must be so for a pod to be a member of networks, and whether it is."""

    about: str
    answer: str
    fine: bool


@dataclass(frozen=True, slots=True)
class OptionText:
    """An option of a network as it holds for this pod, and whether `annotation`, `ConfigMap` or `default` said so."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class NetworkText:
    """A network of the annotation; without options where it cannot be honoured."""

    network: str
    options: tuple[OptionText, ...]


@dataclass(frozen=True, slots=True)
class LinkText:
    """A link of ours in the pod's kernel."""

    link: str
    network: str
    up: bool
    vni: int
    port: int
    mtu: int | None
    addresses: tuple[str, ...]
    routes: tuple[str, ...]
    entries: int
    """Other members that it has an entry for."""
    members: int | None
    """Other members that there are; None of a link that is held, or goes."""
    others: int
    """Entries for other addresses."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another member: whether this pod's kernel has an entry for it and the other way round; None where nobody could tell."""

    network: str
    pod: str
    address: str
    to: bool | None
    back: bool | None


@dataclass(frozen=True, slots=True)
class EventText:
    """A recent Event about the pod."""

    time: str
    type: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of it, as `-o json` has it."""

    namespace: str
    pod: str
    node: str
    addresses: tuple[str, ...]
    ours: tuple[Answer, ...]
    networks: tuple[NetworkText, ...] = ()
    faults: tuple[Obstacle, ...] = ()
    warnings: tuple[Warning, ...] = ()
    links: tuple[LinkText, ...] = ()
    peers: tuple[Peer, ...] = ()
    unasked: int = 0
    """Peers that were not looked at."""
    todo: tuple[Deed, ...] = ()
    held: tuple[str, ...] = ()
    events: tuple[EventText, ...] = ()
    trouble: str = ""
    verdict: str = ""
    fine: bool = False
