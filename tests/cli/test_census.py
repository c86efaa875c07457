"""`check --cluster`: what the controller would refuse in a cluster as it is."""

import json
from typing import Any

import pytest

from tests.cli.cluster import Cluster


def containers(*names: str) -> list[dict[str, str]]:
    return [{"name": name, "image": "any"} for name in names]


GATE: dict[str, Any] = {"initContainers": containers("vxlan-controller-agent-init")}


async def test_a_clean_cluster_is_0(cluster: Cluster) -> None:
    cluster.pod("a", "vxeth1 ip=10.1.0.1/24", "10.244.1.2", **GATE)
    assert await cluster.run("check", "--cluster") == (0, "1 annotation and 1 ConfigMap checked: 0 faults, 0 warnings.\n", "")


async def test_what_would_be_refused_is_told_with_its_caret_once(cluster: Cluster) -> None:
    for number in range(5):
        cluster.pod(f"web-{number}", "vxeth1\n  ipp=10.1.0.1/24", f"10.244.1.{number + 2}", **GATE)
    assert await cluster.run("check", "--cluster") == (
        1,
        """\
default/web-0:2:3: There is no option `ipp`.
      ipp=10.1.0.1/24
      ^^^^^^^^^^^^^^^
    did you mean `ip`?
    (in 5 pods: default/web-0, default/web-1, default/web-2 and 2 more)
5 annotations and 1 ConfigMap checked: 1 fault, 0 warnings.
""",
        "",
    )
    code, out, _ = await cluster.run("check", "--cluster", "-o", "json")
    told = json.loads(out)["faults"]
    assert (code, [one["file"] for one in told]) == (1, [f"default/web-{number}" for number in range(5)])
    assert {(one["code"], one["line"], one["column"]) for one in told} == {("unknown-option", 2, 3)}


async def test_pods_that_cannot_be_members_and_pods_that_nobody_looks_at(cluster: Cluster) -> None:
    cluster.pod("host", "vxeth1", "10.244.1.2", **GATE, hostNetwork=True)
    cluster.pod("agentless", "vxeth1", "10.244.1.3", containers=containers("app"))
    cluster.pod("stranger", "vxeth1", "10.244.1.4", **GATE, label="yes")
    cluster.pod("gateless", "vxeth1", "10.244.1.5")
    cluster.pod("sidecarless", "vxeth1", "10.244.1.6", **GATE, containers=containers("app"))
    cluster.pod("starting", "nothing", "", **GATE)
    code, out, _ = await cluster.run("check", "--cluster", "-o", "json")
    told = json.loads(out)
    assert code == 1
    assert {one["file"]: one["code"] for one in told["faults"]} == {
        "default/host": "host-network",
        "default/agentless": "no-agent",
        "default/starting": "unknown-network",
    }
    assert {one["file"]: one["code"] for one in told["warnings"]} == {
        "default/stranger": "no-label",
        "default/gateless": "no-gate",
        "default/sidecarless": "no-sidecar",
    }


async def test_the_configmap_is_judged_and_its_absence_told(cluster: Cluster) -> None:
    cluster.options = (*cluster.options, "--configmap-name=other")
    cluster.pod("a", "vxeth1", "10.244.1.2")
    code, out, _ = await cluster.run("check", "--cluster")
    assert code == 1
    assert "default/a:1:1: There is no ConfigMap of networks" in out
    assert "note: There is no ConfigMap kube-system/other: create it" in out
    metadata = {"name": "other", "namespace": "kube-system"}
    cluster.store.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"vxeth1": "id=101 mtuu=9"}})
    _, out, _ = await cluster.run("check", "--cluster")
    assert "ConfigMap kube-system/other:1:8: There is no option `mtuu`." in out
    assert "(in the entry `vxeth1`)" in out


async def test_files_and_a_cluster_exclude_each_other(cluster: Cluster) -> None:
    for words in (("check",), ("check", "--cluster", "some.yaml")):
        assert await cluster.run(*words) == (
            64,
            "",
            "kube-vxlan-controller: check takes files, or --cluster: say one of them.\n",
        )


async def test_pods_of_one_namespace_are_judged_as_members_among_all(cluster: Cluster) -> None:
    cluster.pod("a", "vxeth1 ip=10.1.0.1/24", "10.244.1.2", **GATE)
    cluster.pod("b", "vxeth1 ip=10.1.0.1/24", "10.244.1.3", **GATE, namespace="kube-public")
    cluster.pod("c", "vxeth1 ipp=x", "10.244.1.4", **GATE)
    cluster.pod("d", "vxeth1", "10.244.1.5", **GATE, label="no")

    async def judged(*words: str) -> tuple[list[str], int, int]:
        code, out, _ = await cluster.run("check", "--cluster", *words, "-o", "json")
        told = json.loads(out)
        return sorted({one["file"] for one in told["faults"] + told["warnings"]}), told["annotations"], code

    assert await judged() == await judged("-A") == (["default/a", "default/c", "default/d", "kube-public/b"], 3, 1)
    assert await judged("-n", "kube-public") == (["kube-public/b"], 1, 0)
    assert (await cluster.run("check", "--cluster", "-n", "default", "-A"))[0] == 64


@pytest.mark.parametrize("words", [("-n", "default"), ("-A",), ("-w",)])
async def test_what_is_about_a_cluster_makes_no_sense_for_files(cluster: Cluster, words: tuple[str, ...]) -> None:
    told = "kube-vxlan-controller: -n, -A and -w go with --cluster.\n"
    assert await cluster.run("check", "some.yaml", *words) == (64, "", told)


async def test_bare_texts_are_files(cluster: Cluster) -> None:
    told = "kube-vxlan-controller: --annotation goes with files.\n"
    assert await cluster.run("check", "--cluster", "--annotation") == (64, "", told)
