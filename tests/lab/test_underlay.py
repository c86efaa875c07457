"""Pods on different nodes, in a lab."""

import pytest

from kube_vxlan_lab.containers import FAMILIES
from tests.lab.living import Json, Living, is_in, shell, state_of, status_of

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


def six(pod: Json) -> str:
    """The pod's second address, which is its IPv6 one."""
    return str(pod["status"]["podIPs"][1]["ip"])


async def test_pods_reach_each_other_in_ipv6_from_the_first_moment(world: Living) -> None:
    pods = {}
    for name, node in (("a", "node-1"), ("b", "node-2"), ("c", "node-1")):
        await world.pod(name, shell("app"), nodeName=node)
        pods[name] = (await world.history(name, is_in("Running")))[-1]
    for source, target in (("a", "b"), ("b", "a"), ("c", "a")):
        result = await world.exec(source, "app", "ping", "-6", "-c", "1", "-W", "2", six(pods[target]))
        assert result.code == 0, result
    assert b"tentative" not in (await world.exec("a", "app", "ip", "-6", "addr", "show", "dev", "eth0", "scope", "global")).out
    # The address is another one in another sandbox, and the next pod gets what the last one gave back.
    await world.fault("rebuild", pod="a")
    seen = await world.history(
        "a", lambda pod: state_of(pod, "app") == "running" and status_of(pod, "app")["restartCount"] == 1
    )
    assert six(seen[-1]) != six(pods["a"])
    result = await world.exec("b", "app", "ping", "-6", "-c", "1", "-W", "2", six(seen[-1]))
    assert result.code == 0, result
    await world.pod("d", shell("app"), nodeName="node-1")
    assert six((await world.history("d", is_in("Running")))[-1]) == six(pods["a"])


async def test_a_pod_may_have_ipv4_alone(world: Living) -> None:
    metadata = {"name": "p", "annotations": {FAMILIES: "ipv4"}}
    await world.client.create(
        world.pods, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [shell("app")]}}
    )
    seen = await world.history("p", is_in("Running"))
    assert [one["ip"] for one in seen[-1]["status"]["podIPs"]] == [seen[-1]["status"]["podIP"]]
    assert b"fd00:" not in (await world.exec("p", "app", "ip", "-6", "addr")).out


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
