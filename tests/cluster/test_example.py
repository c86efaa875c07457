"""The example on real nodes, by a controller that runs outside of the cluster; what counts is what the kernels hold."""

import signal

import pytest

from tests.cluster.world import RealCluster
from tests.scenarios.test_example import ping, wired

pytestmark = pytest.mark.cluster


def test_the_example_works_across_nodes(world: RealCluster) -> None:
    world.controller.start()
    world.apply_example()
    a, b, gw = wired(world)
    nodes = world.nodes()
    assert nodes[gw.name] not in (nodes[a.name], nodes[b.name], "")
    world.ready(3)
    assert "ttl=63" in ping(a, "192.168.12.2")
    assert "ttl=63" in ping(b, "192.168.11.2")
    assert "1 packets received" in world.kubectl("exec", "deploy/a", "-c", "a", "--", "ping", "-c", "1", "192.168.12.2")
    assert world.controller.end(signal.SIGTERM) == 0
