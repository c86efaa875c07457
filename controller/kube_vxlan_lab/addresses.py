"""Pure. Who has which address in the lab, and the two ends of the wire between a pod and its node.

Nodes stand side by side in one subnet, each with a range of its own for its pods; a pod's address is a /32 behind its node, as
with the usual point-to-point network plug-in, so that pods on different nodes talk through both their nodes. All of that is in
IPv4 and, on a machine that has it, in IPv6 as well: a pod's IPv6 address ends as its IPv4 address does, comes and goes with it,
and can be used at once (`nodad`: nobody asks first whether somebody else has it).

Laws: no two living things share an address; an address that was given back is the next to be given out, which is the worst
that a network plug-in can do to those who still know it as somebody else's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

FABRIC = IPv4Network("172.31.0.0/24")
"""Where the nodes meet."""
FABRIC6 = IPv6Network("fd00:172:31::/64")
"""The same in IPv6."""
MAX_NODES = 200
PODS_PER_NODE = 250
MTU = 1500
"""Bytes, of `eth0` in pods and nodes alike."""


@dataclass(frozen=True, slots=True)
class NodeNet:
    """The addresses of node `number`, which counts from 1."""

    number: int
    dual: bool = True
    """Whether there is IPv6 besides."""

    @property
    def name(self) -> str:
        """The node's name."""
        return f"node-{self.number}"

    @property
    def address(self) -> IPv4Address:
        """Of the node itself, in the fabric."""
        return FABRIC.network_address + 10 + self.number

    @property
    def address6(self) -> IPv6Address:
        """Of the node itself, in IPv6."""
        return FABRIC6.network_address + 10 + self.number

    @property
    def addresses(self) -> tuple[str, ...]:
        """All of the node itself, IPv4 first."""
        return (str(self.address), str(self.address6)) if self.dual else (str(self.address),)

    @property
    def pods(self) -> IPv4Network:
        """Where its pods are."""
        return IPv4Network((f"10.244.{self.number}.0", 24))

    @property
    def pods6(self) -> IPv6Network:
        """Where its pods are, in IPv6."""
        return IPv6Network(f"fd00:10:244:{self.number:x}::/64")

    @property
    def ranges(self) -> tuple[str, ...]:
        """Where its pods are, IPv4 first."""
        return (str(self.pods), str(self.pods6)) if self.dual else (str(self.pods),)

    @property
    def gateway(self) -> IPv4Address:
        """What its pods send to; the node has it on each of their wires."""
        return self.pods.network_address + 1

    @property
    def gateway6(self) -> IPv6Address:
        """The same in IPv6."""
        return self.pods6.network_address + 1

    def lines(self, others: Iterable["NodeNet"]) -> Iterator[str]:
        """Lines for `ip -batch` on the node: its addresses, and the ways to the pods of the others."""
        yield from ("link set lo up", "link set eth0 up", f"address add {self.address}/{FABRIC.prefixlen} dev eth0")
        if self.dual:
            yield f"address add {self.address6}/{FABRIC6.prefixlen} dev eth0 nodad"
        for other in others:
            yield f"route add {other.pods} via {other.address}"
            if self.dual:
                yield f"route add {other.pods6} via {other.address6}"


@dataclass(frozen=True, slots=True)
class Wire:
    """The link between one pod and its node.

    The neighbours at both ends are permanent: dynamic ones are limited to 1,024 on a whole machine, over all of its network
    namespaces (`net.ipv4.neigh.default.gc_thresh3`), and the overlays need those.
    """

    node: NodeNet
    address: IPv4Address
    dual: bool = True
    """Whether the pod has an IPv6 address besides, where its node has."""

    @property
    def address6(self) -> IPv6Address | None:
        """In IPv6; None without."""
        return self.node.pods6.network_address + self.address.packed[3] if self.dual and self.node.dual else None

    @property
    def addresses(self) -> tuple[str, ...]:
        """All of the pod, IPv4 first."""
        return tuple(str(address) for address in (self.address, self.address6) if address is not None)

    @property
    def link(self) -> str:
        """The interface at the node's end."""
        return f"pod{self.address.packed[3]}"

    def pod_end(self, node_pid: int) -> tuple[str, ...]:
        """Lines for `ip -batch` inside the pod; the other end goes to the network namespace of `node_pid`."""
        gateway = self.node.gateway
        ends = f"address {self._mac(0)} type veth peer name {self.link} mtu {MTU} address {self._mac(1)} netns {node_pid}"
        return (
            f"link add eth0 mtu {MTU} {ends}",
            f"address add {self.address}/32 dev eth0",
            "link set eth0 up",
            f"route add {gateway} dev eth0 scope link",
            f"route add default via {gateway} dev eth0",
            f"neigh add {gateway} lladdr {self._mac(1)} dev eth0 nud permanent",
            *self._pod_end6(),
        )

    def node_end(self) -> tuple[str, ...]:
        """Lines for `ip -batch` on the node, after those of the pod's end."""
        return (
            f"address add {self.node.gateway}/32 dev {self.link}",
            f"link set {self.link} up",
            f"route add {self.address}/32 dev {self.link}",
            f"neigh add {self.address} lladdr {self._mac(0)} dev {self.link} nud permanent",
            *self._node_end6(),
        )

    def _pod_end6(self) -> tuple[str, ...]:
        gateway = self.node.gateway6
        return (
            ()
            if self.address6 is None
            else (
                f"address add {self.address6}/128 dev eth0 nodad",
                f"route add {gateway} dev eth0",
                f"route add default via {gateway} dev eth0",
                f"neigh add {gateway} lladdr {self._mac(1)} dev eth0 nud permanent",
            )
        )

    def _node_end6(self) -> tuple[str, ...]:
        return (
            ()
            if self.address6 is None
            else (
                f"address add {self.node.gateway6}/128 dev {self.link} nodad",
                f"route add {self.address6}/128 dev {self.link}",
                f"neigh add {self.address6} lladdr {self._mac(0)} dev {self.link} nud permanent",
            )
        )

    def _mac(self, end: int) -> str:
        return ":".join(f"{byte:02x}" for byte in (2, end, *self.address.packed))


class Pool:
    """The addresses that a node has left for pods."""

    def __init__(self, node: NodeNet) -> None:
        first = node.pods.network_address + 2
        self._free = [first + number for number in range(PODS_PER_NODE)]

    def take(self) -> IPv4Address | None:
        """The address that was given back last, else the lowest; None when there is none."""
        return self._free.pop(0) if self._free else None

    def give_back(self, address: IPv4Address) -> None:
        """Make it free again."""
        self._free.insert(0, address)
