"""I/O. The lab's nodes as network namespaces, joined by a fabric: a namespace with one bridge.

Each namespace lives as long as its keeper, a process that sleeps; nothing of it is written under /run. Every node forwards and
has a route to the pods of each other node, in IPv6 too where the machine has it.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyroute2 import IPRoute, NetlinkError

from kube_vxlan_lab.addresses import MTU, NodeNet
from kube_vxlan_lab.spawning import Outputs, spawn

_SIX = Path("/proc/sys/net/ipv6")
"""There where the machine has IPv6."""

_KEEPER = """
for setting in ipv4/ip_forward=1 ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0 \\
    ipv6/conf/all/forwarding=1 ipv6/conf/default/accept_dad=0; do
    echo "${setting#*=}" 2>/dev/null >"/proc/sys/net/${setting%%=*}" || [ "${setting%%/*}" = ipv6 ] || exit 70
done
echo kept
exec </dev/null >/dev/null 2>&1
exec sleep infinity
"""


@dataclass(frozen=True, slots=True)
class Keeper:
    """The process that keeps a node's namespace."""

    net: NodeNet
    pid: int
    fabric: int
    """The process that keeps the fabric's namespace."""


def build(count: int) -> tuple[Keeper, ...]:
    """Make the fabric and nodes 1 to `count`, wired. Blocks for about 20 ms per node.

    Raises `OSError` with a sentence when the kernel refuses.
    """
    try:
        return _build(count)
    except NetlinkError as error:
        raise OSError(error.code, f"the nodes' network could not be made: {os.strerror(error.code)}") from None


async def connect(node: Keeper, connected: bool) -> None:
    """Plug a node's cable in, or pull it out: at the fabric's end, so that the node keeps its addresses and routes.

    Raises `OSError` with a sentence when the kernel refuses.
    """
    command = ("ip", "link", "set", node.net.name, "up" if connected else "down")
    process = await spawn(("nsenter", f"--net=/proc/{node.fabric}/ns/net", *command), Outputs.TOGETHER)
    said = await process.read()
    if process.returncode != 0:
        raise OSError(f"the cable of {node.net.name} could not be moved: {said.decode(errors='replace').strip()}")


def _build(count: int) -> tuple[Keeper, ...]:
    fabric, dual = _keep(), _SIX.exists()
    nodes = tuple(Keeper(NodeNet(number, dual), _keep(), fabric) for number in range(1, count + 1))
    with IPRoute(netns=f"/proc/{fabric}/ns/net") as links:
        links.link("add", ifname="fabric", kind="bridge", state="up")
        (bridge,) = links.link_lookup(ifname="fabric")
        for node in nodes:
            end = {"ifname": "eth0", "net_ns_pid": node.pid}
            links.link("add", ifname=node.net.name, kind="veth", mtu=MTU, peer=end)
            links.link("set", ifname=node.net.name, master=bridge, state="up")
    for node in nodes:
        _address(node, nodes)
    return nodes


def _keep() -> int:
    keeper = subprocess.Popen(
        ("unshare", "--net", "/bin/busybox", "sh", "-c", _KEEPER), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    assert keeper.stdout is not None
    with keeper.stdout as said:
        if said.readline() != b"kept\n":
            raise OSError(f"a network namespace could not be made (exit code {keeper.wait()})")
    return keeper.pid


def _address(node: Keeper, nodes: Sequence[Keeper]) -> None:
    lines = "".join(f"{line}\n" for line in node.net.lines(other.net for other in nodes if other is not node))
    done = subprocess.run(
        ("nsenter", f"--net=/proc/{node.pid}/ns/net", "ip", "-batch", "-"),
        input=lines,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise OSError(f"the network of {node.net.name} could not be made: {done.stderr.strip()}")
