"""A cluster is up within 45 s where all is built, and when it is down there is no trace of it."""

import contextlib
import os
import time
from pathlib import Path

import pytest

from tests.cluster import cluster, machine
from tests.cluster.images import BUSYBOX
from tests.cluster.telling import Tell
from tests.cluster.world import RealCluster

pytestmark = pytest.mark.cluster

SOON = 45.0
"""Seconds."""
KINDS = ("net", "mnt", "pid", "ipc", "uts")


def test_a_second_cluster_is_up_soon_and_leaves_nothing(real_cluster: RealCluster, tell: Tell) -> None:
    first, name, before = real_cluster.ours, f"trace-{os.getpid()}", machine.limits()
    began = time.monotonic()
    with cluster.running(name, 1, cluster.narrate()) as made:
        took = time.monotonic() - began
        made.kubectl("run", "p", f"--image={BUSYBOX}", "--image-pull-policy=IfNotPresent")
        made.kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=60s")
        directory, processes = made.realm.directory, below(made.realm.pid)
        spaces = {space for pid in processes for space in namespaces(pid)} - namespaces(os.getpid())
        assert len(processes) > 10
        assert len(spaces) > 2 * len(KINDS)  # its own, the node's, the pod's
        # Numbers of namespaces and of processes are soon given again, to others.
        inside = {pid: start(pid) for pid in everyone() if namespaces(pid) & spaces}
        assert groups(directory)
        assert machine.limits() == before  # the first one has raised them
    tell(f"a second cluster, of one node, was up after {took:.1f} s")
    assert [described(pid) for pid, begin in inside.items() if begin and start(pid) == begin] == []
    assert not directory.exists()
    assert groups(directory) == []
    assert directory.name not in Path("/proc/self/mountinfo").read_text()
    assert machine.limits() == before  # the first one needs them
    assert first.realm.runs("kube-apiserver")
    assert took < SOON


def everyone() -> list[int]:
    """All processes of the machine."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def start(pid: int) -> int:
    """When a process was started, in ticks of the kernel's clock; 0 if it has ended.

    A zombie has: nothing is left of it but its number, until the machine's first process takes notice of its end.
    """
    with contextlib.suppress(OSError):
        fields = _stat(pid)
        return 0 if fields[0] == "Z" else int(fields[19])
    return 0


def described(pid: int) -> str:
    """What a process is and where it stands, for whoever has to find out why it is still there."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    words = [" ".join(line.split()) for line in lines if line.startswith(("Name:", "State:", "PPid:", "NSpid:"))]
    command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return f"{pid}: {'; '.join(words)}; {sorted(namespaces(pid))}; {command}"


def _stat(pid: int) -> list[str]:
    """From the third one on, the fields of its /proc/PID/stat."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def below(first: int) -> set[int]:
    """A process and all that it has started, and they."""
    parents = {}
    for pid in everyone():
        with contextlib.suppress(OSError):
            parents[pid] = int(_stat(pid)[1])
    found = {first}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def namespaces(pid: int) -> set[str]:
    """Those of a process; none if it has ended."""
    with contextlib.suppress(OSError):
        return {os.readlink(f"/proc/{pid}/ns/{kind}") for kind in KINDS}
    return set()


def groups(directory: Path) -> list[Path]:
    """The control groups of a cluster."""
    return list(Path("/sys/fs/cgroup").rglob(f"{machine.group(directory)}*"))
