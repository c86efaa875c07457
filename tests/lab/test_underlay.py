"""Pods on different nodes, in a lab."""

import pytest

from tests.lab.living import Living, is_in, shell

pytestmark = pytest.mark.kernel


async def test_pods_reach_each_other_through_their_nodes(world: Living) -> None:
    addresses = {}
    for name, node in (("a", "node-1"), ("b", "node-2"), ("c", "node-1")):
        await world.pod(name, shell("app"), nodeName=node)
        addresses[name] = (await world.history(name, is_in("Running")))[-1]["status"]["podIP"]
    assert len(set(addresses.values())) == 3
    for source, target, ttl in (("a", "b", b"ttl=62"), ("b", "a", b"ttl=62"), ("a", "c", b"ttl=63")):
        result = await world.exec(source, "app", "ping", "-c", "1", "-W", "2", addresses[target])
        assert result.code == 0, result
        assert ttl in result.out
    trace = await world.exec("a", "app", "ip", "route", "get", addresses["b"])
    assert b"via 10.244.1.1 dev eth0" in trace.out


async def test_links_have_the_usual_mtu(world: Living) -> None:
    await world.pod("a", shell("app"))
    address = (await world.history("a", is_in("Running")))[-1]["status"]["podIP"]
    shown = (await world.exec("a", "app", "ip", "addr", "show", "eth0")).out.decode()
    assert "mtu 1500" in shown
    assert f"inet {address}/32" in shown


async def test_vxlan_between_nodes_carries_frames(world: Living) -> None:
    addresses = {}
    for number, node in ((1, "node-1"), (2, "node-2")):
        await world.pod(f"p{number}", shell("app"), nodeName=node)
        addresses[number] = (await world.history(f"p{number}", is_in("Running")))[-1]["status"]["podIP"]
    for number, other in ((1, 2), (2, 1)):
        script = f"""ip link add vx type vxlan id 77 dev eth0 dstport 0
            ip addr add 192.168.77.{number}/24 dev vx && ip link set vx up
            bridge fdb append to 00:00:00:00:00:00 dst {addresses[other]} dev vx"""
        assert (await world.exec(f"p{number}", "app", "sh", "-ec", script)).code == 0
    assert b"ttl=64" in (await world.exec("p1", "app", "ping", "-c", "1", "-W", "2", "192.168.77.2")).out
