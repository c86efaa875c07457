"""A node whose kubelet is away: its pods cannot be asked, remain members, and get what they missed when it is back."""

import pytest

from tests.cluster.world import RealCluster
from tests.scenarios.cluster import Pod, eventually
from tests.scenarios.objects import pod
from tests.scenarios.world import BOUNDS

pytestmark = pytest.mark.cluster


def peers(one: Pod) -> set[str]:
    return one.destinations("vxeth1") if "vxeth1" in one.links() else set()


def test_pods_of_a_stopped_kubelet_stay_members(world: RealCluster) -> None:
    faults = world.faults
    world.controller.start()
    world.apply(
        pod("a", "vxeth1 ip=192.168.11.2/24", nodeName="node-1"), pod("b", "vxeth1 ip=192.168.11.3/24", nodeName="node-2")
    )
    a, b = world.pod("a"), world.pod("b")
    eventually(lambda: (peers(a), peers(b)) == ({b.address}, {a.address}), what="a and b are peers")
    world.ready(2)
    world.controller.end()
    faults.stop_kubelet("node-2")
    try:
        world.controller.start()
        world.apply(pod("c", "vxeth1 ip=192.168.11.4/24", nodeName="node-1"))
        c = world.pod("c")
        eventually(lambda: (peers(a), peers(c)) == ({b.address, c.address}, {a.address, b.address}), what="c has joined")
        assert peers(b) == {a.address}
    finally:
        faults.start_kubelet("node-2")
    within = BOUNDS["return"] + BOUNDS["join"]  # a kubelet needs some seconds to serve again
    eventually(lambda: peers(b) == {a.address, c.address}, within, "b has been told of c")
