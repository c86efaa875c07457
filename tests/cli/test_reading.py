"""What the one-shot commands do where something cannot be read; tests of what they print stand beside each of them."""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import DEVNULL

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
    told = "Something is refused, and not shown here, of default/a: check --cluster tells what.\n"
    assert (code, out, err) == (0, "", told)
    code, out, err = await cluster.run("inspect", "nets", "vxeth1", "-o", "json")
    assert (code, err) == (0, told)
    (sentence,) = json.loads(out)["refused"]
    assert re.fullmatch(r"default/a: .*10\.1\.0\.1/33.*", sentence)
    assert await cluster.run("inspect", "nets", "vxeth2") == (0, "[vxeth2]\n", "")
    assert "is refused" not in (await cluster.run("list", "pods", "other"))[2]


async def test_many_who_are_refused_or_cannot_be_read_are_told_in_few_lines(cluster: Cluster) -> None:
    for number in range(12):
        cluster.pod(f"bad-{number:02}", "vxeth1 ip=x", f"10.244.1.{number}")
        cluster.pod(f"mute-{number:02}", "vxeth1", f"10.244.2.{number}", running=False)
    code, out, err = await cluster.run("list", "pods")
    assert (code, len(out.splitlines())) == (1, 12)
    first, *mute, last = err.splitlines()
    assert first == (
        "Something is refused, and not shown here, of default/bad-00, default/bad-01, default/bad-02 and 9 more: "
        "check --cluster tells what."
    )
    assert len(mute) == 10
    assert last == "... and 2 more such sentences; -o json has all of them."
    assert len(json.loads((await cluster.run("list", "pods", "-o", "json"))[1])["troubles"]) == 12


@pytest.mark.parametrize(
    ("option", "ends"), [("--token=wrong", 1), ("--server=https://127.0.0.1:1", 1), ("--ca-cert-file=/dev/null", 64)]
)
async def test_an_api_server_that_cannot_be_read_is_one_sentence(cluster: Cluster, option: str, ends: int) -> None:
    cluster.options = (*cluster.options, option)
    code, out, err = await cluster.run("list", "pods")
    assert (code, out) == (ends, "")
    assert re.fullmatch(r"kube-vxlan-controller: .+\n", err)


async def test_without_a_configmap_networks_are_unknown(cluster: Cluster) -> None:
    cluster.options = (*cluster.options, "--configmap-name=absent")
    cluster.pod("a", "vxeth1", "10.244.1.2")
    code, out, err = await cluster.run("inspect", "nets", "vxeth1")
    assert (code, out) == (1, "[vxeth1]\n")
    assert "There is no network 'vxeth1', and no ConfigMap kube-system/absent that could say what it is.\n" in err


@pytest.mark.parametrize("more", [(), ("-w",)])
async def test_whoever_waits_at_a_terminal_sees_why(cluster: Cluster, more: tuple[str, ...]) -> None:
    cluster.pod("a", "vxeth1", "10.244.1.2")
    cluster.agent("a", ["sh", "-c", "exec cat"])  # never says who it is
    terminal, ours = os.openpty()
    words = ("list", "pods", *more, *cluster.options)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kube_vxlan_controller.cli", *words, stdout=DEVNULL, stderr=ours
    )
    os.close(ours)
    shown = b""
    try:
        async with asyncio.timeout(30):
            while b"asking the pods" not in shown:
                shown += await asyncio.to_thread(os.read, terminal, 4096)
    finally:
        process.kill()
        await process.wait()
        os.close(terminal)
