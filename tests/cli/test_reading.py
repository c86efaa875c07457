"""What the one-shot commands do where something cannot be read; tests of what they print stand beside each of them."""

import asyncio
import re

import pytest
from tests.cli.cluster import Cluster


async def test_pods_that_cannot_be_asked_spoil_no_others_and_are_told(cluster: Cluster) -> None:
    cluster.pod("a", "vxeth1 ip=10.1.0.1/24", "10.244.1.2")
    cluster.pod("b", "vxeth1\nvxeth2", "10.244.1.3", running=False)
    code, out, err = await cluster.run("list", "pods")
    assert code == 1
    assert out == "default/a vxeth1 \ndefault/b vxeth1 \ndefault/b vxeth2 \n"
    first, second = err.splitlines()
    assert first.startswith("default/a: ")
    assert "container not found" in first
    assert second == "default/b: no agent of this pod is running, so nobody can be asked."


async def test_an_agent_that_talks_nonsense_is_told(cluster: Cluster) -> None:
    cluster.pod("a", "vxeth1", "10.244.1.2")
    cluster.agent("a", ["sh", "-c", "printf '\\033[2Jhello\\n'; cat"])
    code, out, err = await cluster.run("inspect", "nets", "vxeth1", "--fields=pod,fdb")
    assert (code, out) == (1, "[vxeth1]\n pod: default/a 10.244.1.2\n fdb: \n\n")
    assert err.startswith("default/a: ")
    assert err.rstrip("\n").isprintable()


async def test_what_cannot_be_honoured_is_told(cluster: Cluster) -> None:
    cluster.pod("a", "vxeth1 ip=10.1.0.1/33", "10.244.1.2")
    code, out, err = await cluster.run("list", "pods")
    assert (code, out) == (1, "")
    assert re.fullmatch(r"default/a: .*10\.1\.0\.1/33.*\n", err)
    assert (await cluster.run("inspect", "nets", "vxeth1"))[0] == 1
    assert await cluster.run("inspect", "nets", "vxeth2") == (0, "[vxeth2]\n", "")
    assert await cluster.run("list", "pods", "other") == (0, "", "")


@pytest.mark.parametrize("option", ["--token=wrong", "--server=https://127.0.0.1:1", "--ca-cert-file=/dev/null"])
async def test_an_api_server_that_cannot_be_read_is_one_sentence(cluster: Cluster, option: str) -> None:
    cluster.options = (*cluster.options, option)
    code, out, err = await cluster.run("list", "pods")
    assert (code, out) == (1, "")
    assert re.fullmatch(r"kube-vxlan-controller: .+\n", err)


async def test_without_a_configmap_networks_are_unknown(cluster: Cluster) -> None:
    cluster.options = (*cluster.options, "--configmap-name=absent")
    cluster.pod("a", "vxeth1", "10.244.1.2")
    code, out, err = await cluster.run("inspect", "nets", "vxeth1")
    assert (code, out) == (1, "[vxeth1]\n")
    assert "There is no network 'vxeth1'" in err


async def test_whoever_waits_at_a_terminal_sees_why(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.pod("a", "vxeth1", "10.244.1.2")
    cluster.agent("a", ["sh", "-c", "exec cat"])  # never says who it is
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    shown = ""
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(cluster.run("list", "pods"))
        while "asking the pods" not in shown:
            shown += cluster.capsys.readouterr().err
            await asyncio.sleep(0.05)
        cluster.agents.processes[0].kill()
