import asyncio
import json
import signal
import sys

import pytest
import yaml

from tests.agent.pod import AGENT, agent_pod
from tests.cli.cluster import Cluster

WIRE = "link add vxeth1 type vxlan id 101 dev eth0 dstport 0\naddr add {ip} dev vxeth1\nlink set vxeth1 up\n"


async def test_prefixes_and_a_namespace_choose_pods(cluster: Cluster) -> None:
    for name, namespace in (("web-1", "default"), ("db-1", "default"), ("web-2", "kube-public")):
        cluster.pod(name, "vxeth1", "10.244.1.2", running=False, namespace=namespace)

    async def listed(*words: str) -> list[str]:
        _, out, _ = await cluster.run("list", "pods", *words)
        return [line.removesuffix(" vxeth1 ") for line in out.splitlines()]

    assert await listed() == ["default/db-1", "default/web-1", "kube-public/web-2"]
    assert await listed("web", "nothing") == ["default/web-1", "kube-public/web-2"]
    assert await listed("-n", "default") == ["default/db-1", "default/web-1"]
    assert await listed("web", "-n", "kube-public") == ["kube-public/web-2"]
    assert await listed("default/w") == ["default/web-1"]
    assert await listed("kube-public/", "db") == ["default/db-1", "kube-public/web-2"]
    assert await listed("d") == ["default/db-1"]


async def test_a_prefix_that_no_pod_has_is_told(cluster: Cluster) -> None:
    cluster.pod("web-1", "", "10.244.1.2")
    absent = "There is no pod that is labelled and called 'nosuch' or begins so."
    code, out, err = await cluster.run("list", "pods", "nosuch")
    assert (code, out, err.splitlines()) == (1, "", [absent])
    code, out, _ = await cluster.run("list", "pods", "nosuch", "-o", "json")
    assert (code, json.loads(out)) == (1, {"pods": [], "troubles": [absent], "refused": []})
    assert (await cluster.run("list", "pods", "web", "-n", "kube-public"))[0] == 1
    assert await cluster.run("list", "pods", "web") == (0, "", "")
    assert await cluster.run("list", "pods") == (0, "", "")


async def test_where_there_are_no_pods_that_is_told(cluster: Cluster) -> None:
    lacking = "There are no pods with the label vxlan.openvnf.org=true"
    assert await cluster.run("list", "pods") == (0, "", f"{lacking}.\n")
    assert await cluster.run("list", "pods", "-n", "default") == (0, "", f"{lacking} in the namespace default.\n")
    assert (await cluster.run("list", "pods", "-o", "json"))[2] == f"{lacking}.\n"
    assert (await cluster.run("list", "pods", "web"))[2].count("\n") == 1


async def test_on_a_terminal_it_is_a_table(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.pod("web-1", "vxeth1", "10.244.1.2", running=False)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _, out, _ = await cluster.run("list", "pods")
    head, _, row = out.splitlines()
    assert head.split() == ["POD", "NETWORK", "ADDRESS"]
    assert row.split() == ["default/web-1", "vxeth1"]


async def test_forms_for_programs_and_the_wide_one(cluster: Cluster) -> None:
    cluster.pod("web-1", "vxeth1 name=red port=4789", "10.244.1.2", running=False)
    cluster.pod("b", "vxeth2", "10.244.1.3", running=False, namespace="kube-public")
    told = {
        "namespace": "default",
        "pod": "web-1",
        "node": "node-1",
        "network": "vxeth1",
        "underlay": "10.244.1.2",
        "link": "red",
        "vni": 101,
        "port": 4789,
        "addresses": [],
    }
    code, out, err = await cluster.run("list", "pods", "web", "-o", "json")
    assert (code, json.loads(out)) == (1, {"pods": [told], "troubles": [err.strip()], "refused": []})
    assert yaml.safe_load((await cluster.run("list", "pods", "web", "-o", "yaml"))[1]) == json.loads(out)
    assert (await cluster.run("list", "pods", "-A", "-o", "wide"))[1] == (
        "POD             NETWORK   ADDRESS   NODE     UNDERLAY     VNI   PORT   LINK\n"
        "default/web-1   vxeth1    -         node-1   10.244.1.2   101   4789   red\n"
        "kube-public/b   vxeth2    -         node-1   10.244.1.3   102   8472   vxeth2\n"
    )


async def test_watching_prints_again_what_has_changed_until_it_is_interrupted(cluster: Cluster) -> None:
    cluster.pod("a", "vxeth1", "10.244.1.2", running=False)
    words = ("list", "pods", "-w", *cluster.options)
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "kube_vxlan_controller.cli", *words, **pipes)
    assert process.stdout is not None
    async with asyncio.timeout(30):
        assert await process.stdout.readline() == b"default/a vxeth1 \n"
        cluster.pod("b", "vxeth2", "10.244.1.3", running=False)
        assert [await process.stdout.readline() for _ in range(3)] == [b"\n", b"default/a vxeth1 \n", b"default/b vxeth2 \n"]
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    assert (process.returncode, out) == (130, b"")
    assert err.decode().splitlines() == [
        f"default/{pod}: no agent of this pod is running, so nobody can be asked." for pod in "ab"
    ]


@pytest.mark.kernel
async def test_addresses_are_those_of_the_kernel(cluster: Cluster) -> None:
    with agent_pod() as pod:
        pod.run("ip", "-batch", "-", input=WIRE.format(ip="192.168.11.1/29") + "addr add 192.168.11.9/29 dev vxeth1\n")
        cluster.pod("gw", "vxeth1 ip=10.9.9.9/24\nvxeth2", "10.244.1.2")
        cluster.agent("gw", pod.command(str(AGENT)))
        code, out, err = await cluster.run("list", "pods")
    assert out == "default/gw vxeth1 192.168.11.1/29\ndefault/gw vxeth1 192.168.11.9/29\ndefault/gw vxeth2 \n"
    assert (code, err) == (1, 'default/gw: vxeth2: Device "vxeth2" does not exist.\n')
