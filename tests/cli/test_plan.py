import json
import re

import pytest
import yaml

from tests.agent.pod import AGENT, agent_pod
from tests.cli.cluster import Cluster

GW = "vxeth1 ip=192.168.11.1/29"


async def test_whom_nobody_can_ask_is_told_and_is_1(cluster: Cluster) -> None:
    cluster.pod("a", GW, "10.244.1.2", running=False)
    printed = (
        "default/a:\n  not known: no agent of this pod is running, so nobody can be asked.\n"
        "1 pod looked at: nothing to do, 1 pod could not be asked. Nothing was done.\n"
    )
    err = "default/a: no agent of this pod is running, so nobody can be asked.\n"
    assert await cluster.run("plan") == (1, printed, err)


async def test_many_who_cannot_be_asked_are_told_in_few_lines(cluster: Cluster) -> None:
    for number in range(12):
        cluster.pod(f"mute-{number:02}", "vxeth1", f"10.244.2.{number}", running=False)
    code, out, err = await cluster.run("plan")
    assert (code, out.splitlines()[-1]) == (
        1,
        "12 pods looked at: nothing to do, 12 pods could not be asked. Nothing was done.",
    )
    assert len(err.splitlines()) == 11
    assert err.splitlines()[-1] == "... and 2 more such sentences; -o json has all of them."


async def test_members_of_nothing_have_nothing_to_do(cluster: Cluster) -> None:
    cluster.pod("a", "", "10.244.1.2", running=False)
    assert await cluster.run("plan") == (0, "1 pod looked at: nothing to do. Nothing was done.\n", "")
    assert (await cluster.run("plan", "a"))[1].startswith("default/a: nothing to do\n1 pod looked at")


async def test_pods_are_chosen_by_prefix_and_namespace(cluster: Cluster) -> None:
    for name, namespace in (("web-1", "default"), ("db-1", "default"), ("web-2", "kube-public")):
        cluster.pod(name, "", "10.244.1.2", running=False, namespace=namespace)

    async def planned(*words: str) -> list[str]:
        _, out, _ = await cluster.run("plan", *words, "-o", "json")
        return [f"{pod['namespace']}/{pod['pod']}" for pod in json.loads(out)["pods"]]

    assert await planned() == await planned("-A") == ["default/db-1", "default/web-1", "kube-public/web-2"]
    assert await planned("web") == ["default/web-1", "kube-public/web-2"]
    assert await planned("d") == ["default/db-1"]  # and not all of the namespace default
    assert await planned("default/w") == await planned("web", "-n", "default") == ["default/web-1"]
    code, _, err = await cluster.run("plan", "wbe")
    assert (code, err) == (1, "There is no pod that is labelled and called 'wbe' or begins so.\n")
    assert (await cluster.run("plan", "-A", "-n", "default"))[0] == 64


@pytest.mark.kernel
async def test_it_says_what_would_be_done_and_why_and_does_nothing(cluster: Cluster) -> None:
    with agent_pod() as pod:
        cluster.pod("gw", GW + " up=false", "10.244.1.2")
        cluster.pod("peer", GW.replace("11.1", "11.2"), "10.244.1.3", namespace="kube-public", running=False)
        cluster.agent("gw", pod.command(str(AGENT)))
        before = pod.run("ip", "-d", "addr")
        told = await cluster.run("plan", "gw")
        wide = await cluster.run("plan", "gw", "-o", "wide")
        assert pod.run("ip", "-d", "addr") == before
    printed = (
        "default/gw:\n"
        "  create the link vxeth1 (VNI 101, UDP port 8472, over eth0): the pod is a member of vxeth1 and has no such link\n"
        "  record in the alias of vxeth1 that it is ours, of the network vxeth1: the link is new\n"
        "  give vxeth1 the address 192.168.11.1/29: the link is new, and the network's options say so\n"
        "  send frames of vxeth1 to kube-public/peer at 10.244.1.3: it is a member of vxeth1, and the kernel has no entry for"
        " it\n"
        "1 pod looked at: 4 steps to do in 1 pod. Nothing was done.\n"
    )
    assert told == (2, printed, "")
    assert re.findall(r"^      (.*)$", wide[1], re.MULTILINE) == [
        "link add name vxeth1 type vxlan id 101 dev eth0 dstport 8472 learning ttl 0",
        "link set dev vxeth1 alias kvc1/vxeth1/down/192.168.11.1-29",
        "addr replace 192.168.11.1/29 dev vxeth1",
        "fdb append 00:00:00:00:00:00 dst 10.244.1.3 dev vxeth1 self permanent",
    ]


@pytest.mark.kernel
async def test_something_to_do_is_2_although_others_cannot_be_asked(cluster: Cluster) -> None:
    with agent_pod() as pod:
        cluster.pod("gw", "vxeth1 up=false", "10.244.1.2")
        cluster.pod("bad", "vxeth1 ipp=x", "10.244.1.3", running=False)
        cluster.pod("starting", "vxeth2", "10.244.1.4", running=False)
        cluster.agent("gw", pod.command(str(AGENT)))
        code, out, err = await cluster.run("plan", "gw", "bad", "starting", "nosuch")
    assert (code, out.splitlines()[-1]) == (
        2,
        "3 pods looked at: 2 steps to do in 1 pod, 1 fault, 1 pod could not be asked. Nothing was done.",
    )
    assert err.splitlines() == [
        "default/starting: no agent of this pod is running, so nobody can be asked.",
        "There is no pod that is labelled and called 'nosuch' or begins so.",
    ]


@pytest.mark.kernel
async def test_what_it_plans_is_what_leads_to_nothing_to_do(cluster: Cluster) -> None:
    with agent_pod() as pod:
        cluster.pod("gw", f"{GW} route=10.9.0.0/16:192.168.11.2", "10.244.1.2")
        cluster.pod("peer", "vxeth1", "10.244.1.3", running=False)
        cluster.agent("gw", pod.command(str(AGENT)))
        code, out, _ = await cluster.run("plan", "gw", "-o", "yaml")
        (planned,) = yaml.safe_load(out)["pods"]
        assert (code, planned["namespace"], planned["pod"], planned["node"]) == (2, "default", "gw", "node-1")
        for step in planned["todo"]:
            pod.run("bridge" if step["line"].startswith("fdb") else "ip", *step["line"].split())
        assert (await cluster.run("plan", "gw"))[:2] == (
            0,
            "default/gw: nothing to do\n1 pod looked at: nothing to do. Nothing was done.\n",
        )


@pytest.mark.kernel
async def test_what_is_refused_has_its_caret_and_what_is_held_its_reason(cluster: Cluster) -> None:
    with agent_pod() as pod:
        cluster.pod("bad", "vxeth1 ip=10.1.0.1/33", "10.244.1.2")
        cluster.agent("bad", pod.command(str(AGENT)))
        code, out, err = await cluster.run("plan")
    assert (code, err) == (3, "")
    assert out.splitlines()[-1] == "1 pod looked at: nothing to do, 1 fault. Nothing was done."
    message = "`10.1.0.1/33` is not an address with a prefix length: the prefix length must be a number from 1 to 32"
    assert out.splitlines()[:4] == [
        "default/bad:",
        f"  annotation:1:11: {message} without leading zeros.",
        "      vxeth1 ip=10.1.0.1/33",
        "                ^^^^^^^^^^^",
    ]
    assert (
        "  held: What the pod has of vxeth1 stays as it is, because that part of the annotation cannot be honoured."
        in out.splitlines()
    )
