"""Pure. The words of this program as values: networks, places, faults, warnings, holds.

Every other module speaks in these. Laws: a value here is canonical, so two that mean the same are equal; nothing here
refers to how the kernel or Kubernetes spell it.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import NewType

Vni = NewType("Vni", int)
"""VXLAN network identifier, 1 to 16777215."""
UdpPort = NewType("UdpPort", int)
NetworkName = NewType("NetworkName", str)
"""The key of a network in the ConfigMap, and its name in annotations."""
InterfaceName = NewType("InterfaceName", str)
"""A Linux interface name of 1 to 15 plain ASCII characters, judged by `language.options`."""
Namespace = NewType("Namespace", str)
PodName = NewType("PodName", str)
PodUid = NewType("PodUid", str)
NodeName = NewType("NodeName", str)
ContainerName = NewType("ContainerName", str)
Epoch = NewType("Epoch", int)
"""Microseconds since 1970 at which the writer took the lead; agents refuse a lower one than they have seen."""

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface
"""An address with its prefix length."""
Prefix = IPv4Network | IPv6Network

DEFAULT_PORT = UdpPort(8472)
"""What the kernel uses for `dstport 0`, and so what the ancestor's links have (measured, Linux 6.18)."""
MAX_ADDRESSES = 4
"""Addresses per network and pod; a link's alias (255 bytes) records them all."""


class Family(StrEnum):
    """The IP family in which the members of a network reach each other (the underlay)."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"

    def has(self, address: Address) -> bool:
        """Whether the address is of this family."""
        return address.version == (4 if self is Family.IPV4 else 6)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One network namespace that an agent can program: a pod, by namespace, name and uid, never by name alone."""

    namespace: Namespace
    name: PodName
    uid: PodUid

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ask: the agent container of a place, and the node whose limits it shares."""

    place: Place
    node: NodeName
    container: ContainerName
    instance: str = ""
    """The runtime's id of the container that runs now. Where it is another one, the sandbox may be another one too, so
    nothing that was known of the place is certain any more."""


@dataclass(frozen=True, slots=True)
class Route:
    """A subnet behind a gateway that is reached over the network's own link."""

    subnet: Prefix
    gateway: Address

    def __str__(self) -> str:
        return f"{self.subnet}:{self.gateway}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A network's options after the merge: typed, canonical, complete. The rows of `language.options` say what each means."""

    id: Vni
    name: InterfaceName
    dev: InterfaceName = InterfaceName("eth0")
    type: str = "vxlan"
    up: bool = False
    ip: tuple[Interface, ...] = ()
    route: tuple[Route, ...] = ()
    mtu: int | None = None
    port: UdpPort = DEFAULT_PORT
    learning: bool = True
    ttl: int | None = None
    family: Family = Family.IPV4
    namespaces: frozenset[Namespace] | None = None


@dataclass(frozen=True, slots=True, order=True)
class NetworkKey:
    """What two members must share to be peers."""

    name: NetworkName
    vni: Vni
    port: UdpPort
    family: Family = Family.IPV4


@dataclass(frozen=True, slots=True)
class Member:
    """A pod's part in one network: where it is, how it is reached, and its merged options."""

    place: Place
    network: NetworkName
    underlay: Address
    options: Options

    @property
    def key(self) -> NetworkKey:
        """The network as its peers see it."""
        return NetworkKey(self.network, self.options.id, self.options.port, self.options.family)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a user's text: line and column count from 1 in characters, `length` is at least 1."""

    line: int
    column: int
    length: int = 1


class Scope(StrEnum):
    """How much of a pod a Fault holds."""

    PART = "part"
    """Nothing: one route is left out, the network does without it."""
    NETWORK = "network"
    """One network of the pod."""
    POD = "pod"
    """All of the pod, because the text as a whole cannot be trusted."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something a user wrote that cannot be honoured. A value, not an exception.

    `code` is stable and made for machines (`unknown-option`), `message` is one sentence for people, `hint` says what to
    write instead. `where` and `line_text` are set when the fault has a place in a text: the caret is drawn from them.
    """

    code: str
    message: str
    hint: str = ""
    where: Span | None = None
    line_text: str = ""
    network: NetworkName | None = None
    scope: Scope = Scope.NETWORK


@dataclass(frozen=True, slots=True, order=True)
class Warning:
    """Something odd that does not stop us: told, never held."""

    code: str
    message: str
    hint: str = ""
    network: NetworkName | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """What must stay as it is in one place, because nobody can tell what it should be.

    Within what is held, an entry stays only while some live pod claims its destination (`alive`); a destination that
    nobody claims is removed even there.
    """

    everything: bool = False
    """The pod's text cannot be read: all of its links stay."""
    networks: frozenset[NetworkName] = field(default_factory=frozenset)
    """Networks of the pod that cannot be read: their links stay."""
    destinations: frozenset[Address] = field(default_factory=frozenset)
    """Live pods of which nobody can tell where they belong: neither added nor removed on any network."""
    peers: Mapping[NetworkName, frozenset[Address]] = field(default_factory=dict)
    """Live pods of which nobody can tell whether they belong to this network of the place: neither added nor removed on it."""
    alive: Set[Address] = field(default_factory=frozenset)
    """Every address that a live pod claims; read only for what is held, and empty where nothing is."""
    removals: bool = False
    """Some kind of object is stale: nothing at all is removed, a recreate included."""


NOTHING_HELD = Hold()
