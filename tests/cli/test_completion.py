"""Completion as shells ask for it: through the scripts that we print, in real shells at a terminal, as far as they are here."""

import asyncio
import os
import shlex
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.cluster import Cluster
from tests.cli.conftest import Run
from tests.cli.typing_shell import SHELLS, completed, is_here

BASH = """\
source <(kube-vxlan-controller completion bash)
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
_kube_vxlan_controller_completion kube-vxlan-controller
echo "${COMPREPLY[@]}"
"""
KUBECONFIG = """\
contexts:
- {name: arn:aws:eks:eu-central-1:1:cluster/blue, context: {cluster: a}}
- {name: admin@green, context: {cluster: a}}
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A directory with our program in it, for a PATH."""
    file = tmp_path / "bin" / "kube-vxlan-controller"
    file.parent.mkdir()
    file.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m kube_vxlan_controller.cli "$@"\n')
    file.chmod(0o755)
    return file.parent


def surroundings(program: Path, more: Mapping[str, str]) -> dict[str, str]:
    path = {"PATH": f"{program}:{os.environ['PATH']}"}
    keep = {name: value for name, value in os.environ.items() if not name.startswith("KUBE") and name != "KVC_DEBUG"}
    return {**keep, **path, **more}


async def offered(program: Path, *words: str, **environment: str) -> tuple[list[str], str]:
    """What bash would offer, and what was said on stderr."""
    command = ["bash", "-c", BASH, "bash", "kube-vxlan-controller", *words]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=surroundings(program, environment))
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    return out.decode().split(), err.decode()


async def test_commands_options_and_their_values(program: Path) -> None:
    assert await offered(program, "in") == (["inspect"], "")
    assert await offered(program, "inspect", "") == (["networks", "nets"], "")
    assert await offered(program, "plan", "--sel") == (["--selector"], "")
    assert await offered(program, "plan", "-o", "") == (["text", "wide", "json", "yaml"], "")
    assert await offered(program, "run", "--gate", "") == (["shut", "open"], "")
    assert await offered(program, "run", "--gate=o") == (["open"], "")


async def test_fields_are_completed_one_after_the_other(program: Path) -> None:
    assert (await offered(program, "inspect", "nets", "--fields", ""))[0] == ["pod", "net", "fdb", "dev", "route", "all"]
    assert (await offered(program, "inspect", "nets", "--fields=pod,"))[0] == ["pod,net", "pod,fdb", "pod,dev", "pod,route"]


async def test_contexts_are_those_of_the_kubeconfig(program: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "config", tmp_path / "other"
    file.write_text(KUBECONFIG)
    other.write_text("contexts: 7")
    both = f"{tmp_path / 'nosuch'}:{other}:{file}"
    names = ["arn:aws:eks:eu-central-1:1:cluster/blue", "admin@green"]
    assert await offered(program, "plan", "--context", "", KUBECONFIG=both) == (names, "")
    assert await offered(program, "plan", f"--kubeconfig={file}", "--context=admin@g") == (["@green"], "")
    assert await offered(program, "plan", f"--kubeconfig={file}", "--context=arn:aws:e") == (
        ["eks:eu-central-1:1:cluster/blue"],
        "",
    )
    assert await offered(program, "plan", "--context", "") == ([], "")


async def test_pods_namespaces_and_networks_are_those_of_the_cluster(program: Path, cluster: Cluster) -> None:
    cluster.pod("web-1", "vxeth1", "10.244.1.2", running=False)
    cluster.pod("web-2", "own id=7", "10.244.1.3", running=False, namespace="kube-public")
    words = reached(cluster)
    assert (await offered(program, "explain", "w", **words))[0] == ["web-1", "web-2"]
    assert (await offered(program, "plan", "kube-public/", **words))[0] == ["kube-public/web-2"]
    assert (await offered(program, "list", "pods", "-n", "default", "w", **words))[0] == ["web-1"]
    assert (await offered(program, "inspect", "nets", "", **words))[0] == ["own", "vxeth1", "vxeth2"]
    assert (await offered(program, "check", "--cluster", "-n", "", **words))[0] == ["default", "kube-public"]
    assert (await offered(program, "plan", *cluster.options, "w"))[0] == ["web-1", "web-2"]


def reached(cluster: Cluster) -> dict[str, str]:
    """The environment by which our program finds the cluster."""
    pairs = (option.removeprefix("--").split("=", 1) for option in cluster.options)
    return {f"KVC_{name.upper().replace('-', '_')}": value for name, value in pairs}


@pytest.mark.parametrize("shell", SHELLS)
async def test_at_a_terminal(shell: str, program: Path, tmp_path: Path, cluster: Cluster) -> None:
    if not is_here(shell):
        pytest.skip(f"needs {shell}")
    cluster.pod("web-1", "vxeth1", "10.244.1.2", running=False, namespace="kube-public")
    (tmp_path / "config").write_text(KUBECONFIG)
    asked = {
        "ins": "inspect",
        "plan -o j": "plan -o json",
        "explain w": "explain web-1",
        "list pods -n ": "list pods -n kube-public",
        "inspect nets --fields=pod,n": "inspect nets --fields=pod,net",
        "plan --kubeconfig=config --context=admin@": "plan --kubeconfig=config --context=admin@green",
        "plan --kubeconfig config --context arn:aws:": (
            "plan --kubeconfig config --context arn:aws:eks:eu-central-1:1:cluster/blue"
        ),
        "check conf": "check config",
        "plan --kubeconfig=conf": "plan --kubeconfig=config",
    }
    environment = surroundings(program, reached(cluster))
    called = "kube-vxlan-controller "
    found = await asyncio.to_thread(completed, shell, tmp_path, [called + text for text in asked], environment)
    assert [line.removeprefix(called) for line in found] == list(asked.values())


async def test_without_a_cluster_nothing_is_offered_and_nothing_said(program: Path) -> None:
    assert await offered(program, "explain", "w", KVC_SERVER="https://127.0.0.1:1") == ([], "")


@pytest.mark.parametrize(
    ("shell", "parts"),
    [
        ("zsh", ("#compdef kube-vxlan-controller\n", "compdef _kube_vxlan_controller_completion", "_describe", "_files")),
        (
            "fish",
            (
                "function _kube_vxlan_controller_completion\n",
                "complete --command kube-vxlan-controller",
                "__fish_complete_path",
            ),
        ),
    ],
)
def test_other_shells_have_their_scripts(run: Run, shell: str, parts: tuple[str, ...]) -> None:
    code, out, err = run("completion", shell)
    assert (code, err) == (0, "")
    for part in ("_KUBE_VXLAN_CONTROLLER_COMPLETE=complete_fish", "_TYPER_COMPLETE_FISH_ACTION=get-args", *parts):
        assert part in out


def test_an_unknown_shell_is_64(run: Run) -> None:
    assert run("completion", "csh")[0] == 64
