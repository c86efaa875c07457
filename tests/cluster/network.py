"""I/O. The wires: a bridge that joins the nodes and the control plane, and a range of addresses for the pods of each node."""

from collections.abc import Sequence

from tests.cluster.realm import Realm

CONTROL_PLANE = "172.31.0.1"
SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
"""The address of the service `kubernetes` is one of the API server's own, so that nobody has to translate it."""


def address(number: int) -> str:
    """Of the node with that number, counted from 1."""
    return f"172.31.0.{10 + number}"


def pods(number: int) -> str:
    """The subnet of the pods on a node."""
    return f"10.244.{number}.0/24"


def build(realm: Realm, nodes: Sequence[str]) -> None:
    """Make the nodes' network namespaces and join them; the control plane is in that of the realm."""
    lines = [
        "link add underlay type bridge",
        f"addr add {CONTROL_PLANE}/24 dev underlay",
        f"addr add {API_SERVICE}/32 dev lo",
        "link set underlay up",
    ]
    for number, name in enumerate(nodes, 1):
        realm.run("ip", "netns", "add", name)
        lines += [f"link add {name} type veth peer name eth0 netns {name}", f"link set {name} master underlay up"]
        lines.append(f"route add {pods(number)} via {address(number)}")
    # A route needs its next hop's subnet, not the hop: the nodes come up afterwards.
    realm.run("ip", "-batch", "-", input="\n".join(lines))
    for number, name in enumerate(nodes, 1):
        others = [other for other in range(1, len(nodes) + 1) if other != number]
        inside = [
            "link set lo up",
            f"addr add {address(number)}/24 dev eth0",
            "link set eth0 up",
            f"route add default via {CONTROL_PLANE}",
            *(f"route add {pods(other)} via {address(other)}" for other in others),
        ]
        realm.run("ip", "-batch", "-", node=name, input="\n".join(inside))
        realm.run("sysctl", "-qw", "net.ipv4.ip_forward=1", node=name)


def cut(realm: Realm, node: str) -> None:
    """Take a node off the network, with all its pods."""
    realm.run("ip", "link", "set", node, "down")


def mend(realm: Realm, node: str) -> None:
    """Bring it back."""
    realm.run("ip", "link", "set", node, "up")
