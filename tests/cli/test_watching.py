"""`-w` of the commands that read a cluster: they print again what has changed, until they are interrupted."""

import asyncio
import contextlib
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

import pytest

from kube_vxlan_lab.apiserver.resources import PODS
from tests.cli.cluster import Cluster


@contextlib.asynccontextmanager
async def watching(cluster: Cluster, *words: str) -> AsyncIterator[Process]:
    """The command while it runs; at the end it is interrupted, and must end as interrupted."""
    command = ("-m", "kube_vxlan_controller.cli", *words, "-w", *cluster.options)
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(30):
            yield process
            process.send_signal(signal.SIGINT)
            await process.communicate()
        assert process.returncode == 130
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


async def until(pipe: asyncio.StreamReader | None, last: str) -> str:
    """What is printed, through a line that matches; all that are read begin with what was not read before."""
    assert pipe is not None
    told = ""
    while not re.search(last, told):
        line = await pipe.readline()
        assert line, told
        told += line.decode()
    return told


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (("plan",), r"{} looked at: .*\n"),
        (("plan", "-o", "yaml"), r"pod: {}[^$]*troubles:\n(- .*\n)+"),
        (("check", "--cluster"), r"{} and 1 ConfigMap checked: .*\n"),
    ],
)
async def test_all_is_told_again_when_a_pod_is_new(cluster: Cluster, words: tuple[str, ...], ends: str) -> None:
    number = {"plan": "{} pods?", "check": "{} annotations?"}[words[0]]
    first, second = ("a", "b") if "yaml" in words else (number.format(1), number.format(2))
    cluster.pod("a", "vxeth1", "10.244.1.2", running=False)
    async with watching(cluster, *words) as process:
        before = await until(process.stdout, ends.format(first))
        cluster.pod("b", "vxeth1", "10.244.1.3", running=False)
        after = await until(process.stdout, ends.format(second))
    assert before
    assert after.startswith("---\npods:\n" if "yaml" in words else "\n")


async def test_a_pod_that_goes_and_comes_again_is_explained_again(cluster: Cluster) -> None:
    cluster.pod("db-0", "vxeth1", "10.244.1.2", running=False)
    uid = cluster.store.get(PODS, "default", "db-0")["metadata"]["uid"]
    async with watching(cluster, "explain", "db-0") as process:
        assert (await until(process.stdout, "\ndefault/db-0 .*\n")).startswith("default/db-0 on node-1 10.244.1.2\n")
        cluster.store.remove(PODS, "default", "db-0", uid)
        assert await until(process.stderr, "\n") == "There is no pod 'db-0'.\n"
        cluster.pod("db-0", "vxeth1", "10.244.1.3", running=False)
        assert (await until(process.stdout, "\ndefault/db-0 .*is.*\n")).startswith("\ndefault/db-0 on node-1 10.244.1.3\n")


async def test_a_pod_that_is_not_there_at_first_ends_it(cluster: Cluster) -> None:
    assert await cluster.run("explain", "db-0", "-w") == (1, "", "kube-vxlan-controller: There is no pod 'db-0'.\n")
