"""Completion as a shell asks for it: through the script that we print, in a real bash."""

import asyncio
import os
import shlex
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.cli.cluster import Cluster
from tests.cli.conftest import Run

BASH = """\
source <(kube-vxlan-controller completion bash)
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_kube_vxlan_controller_completion kube-vxlan-controller
echo "${COMPREPLY[@]}"
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A directory with our program in it, for a PATH."""
    file = tmp_path / "bin" / "kube-vxlan-controller"
    file.parent.mkdir()
    file.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m kube_vxlan_controller.cli "$@"\n')
    file.chmod(0o755)
    return file.parent


async def completed(program: Path, *words: str, **environment: str) -> tuple[list[str], str]:
    """What bash would offer, and what was said on stderr."""
    path = {"PATH": f"{program}:{os.environ['PATH']}"}
    keep = {name: value for name, value in os.environ.items() if not name.startswith("KUBE") and name != "KVC_DEBUG"}
    command = ["bash", "-c", BASH, "bash", "kube-vxlan-controller", *words]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=keep | path | environment)
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    return out.decode().split(), err.decode()


async def test_commands_options_and_their_values(program: Path) -> None:
    assert await completed(program, "in") == (["inspect"], "")
    assert await completed(program, "inspect", "") == (["networks", "nets"], "")
    assert await completed(program, "plan", "--sel") == (["--selector"], "")
    assert await completed(program, "plan", "-o", "") == (["text", "wide", "json", "yaml"], "")


async def test_pods_and_networks_are_those_of_the_cluster(program: Path, cluster: Cluster) -> None:
    cluster.pod("web-1", "vxeth1", "10.244.1.2", running=False)
    cluster.pod("web-2", "own id=7", "10.244.1.3", running=False, namespace="kube-public")
    words = {f"KVC_{o.split('=')[0].strip('-').upper().replace('-', '_')}": o.split("=", 1)[1] for o in cluster.options}
    assert (await completed(program, "explain", "w", **words))[0] == ["web-1", "web-2"]
    assert (await completed(program, "plan", "kube-public/", **words))[0] == ["kube-public/web-2"]
    assert (await completed(program, "list", "pods", "-n", "default", "w", **words))[0] == ["web-1"]
    assert (await completed(program, "inspect", "nets", "", **words))[0] == ["own", "vxeth1", "vxeth2"]


async def test_without_a_cluster_nothing_is_offered_and_nothing_said(program: Path) -> None:
    assert await completed(program, "explain", "w", KVC_SERVER="https://127.0.0.1:1") == ([], "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_their_scripts(run: Run, shell: str) -> None:
    code, out, err = run("completion", shell)
    assert (code, err) == (0, "")
    assert f"_KUBE_VXLAN_CONTROLLER_COMPLETE=complete_{shell}" in out


def test_an_unknown_shell_is_64(run: Run) -> None:
    assert run("completion", "csh")[0] == 64
