"""I/O. The namespaces of a pod, and processes in them.

A sandbox is one sleeping process that keeps a network, mount, UTS and IPC namespace, with a /dev/shm of its own and an
/etc/hosts mounted from `.../pods/UID/etc-hosts`, as a kubelet does it. A container is a process with a copy of those mounts and
a PID namespace and /proc of its own: whatever it starts ends with it. Only util-linux and busybox stand between the lab and the
container's own program, so starting one costs a few milliseconds and keeping one a few hundred kilobytes.
"""

import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from kube_vxlan_lab.addresses import Wire
from kube_vxlan_lab.spawning import Outputs, Process, spawn

_SANDBOX = """
set -e
pod=$1 host=$2 node=$3
shift 3
mount -t tmpfs -o mode=1777,size=64m shm /dev/shm
mount --bind "$pod/etc-hosts" /etc/hosts
hostname "$host"
if [ -e "$pod/pod-end" ]; then
    /sbin/ip link set lo up
    /sbin/ip -batch "$pod/pod-end"
    nsenter --net="/proc/$node/ns/net" /sbin/ip -batch "$pod/node-end"
fi
for setting; do echo "${setting#*=}" >"/proc/sys/${setting%%=*}"; done
echo made
exec </dev/null >/dev/null 2>&1
exec sleep infinity
"""
_CONTAINER = """
log=$1
shift
echo started
exec "$@" >>"$log" 2>&1
"""
_SHARED = ("net", "mnt", "uts", "ipc")
_SETSID = shutil.which("setsid") or "setsid"
"""Found here, since a container's PATH may not have it. (busybox' own would run `ip` as one of its applets.)"""


class CannotMake(Exception):
    """A sandbox or a process in it could not be made; `str()` is a sentence that says why."""


async def make_sandbox(
    pod: Path, hostname: str, node_pid: int, wire: Wire | None, sysctls: Sequence[tuple[str, str]]
) -> Process:
    """Make the namespaces of a pod, wired to its node; without a wire they share the node's network. Raises `CannotMake`.

    `pod` is the directory `.../pods/UID`; it must hold `etc-hosts`.
    """
    if wire is not None:
        (pod / "pod-end").write_text("".join(f"{line}\n" for line in wire.pod_end(node_pid)))
        (pod / "node-end").write_text("".join(f"{line}\n" for line in wire.node_end()))
    own = ("--net",) if wire is not None else ()
    into = () if wire is not None else ("nsenter", f"--net=/proc/{node_pid}/ns/net", "--")
    settings = [f"{name.replace('.', '/')}={value}" for name, value in sysctls]
    line = (
        *(*into, "unshare", *own, "--mount", "--uts", "--ipc", "--propagation", "private"),
        *("/bin/busybox", "sh", "-c", _SANDBOX, "sandbox", str(pod), hostname, str(node_pid), *settings),
    )
    process = await spawn(line, Outputs.TOGETHER)
    await _confirm(process, b"made\n")
    return process


async def cut(node_pid: int, wire: Wire) -> None:
    """Remove a pod's wire at once, so that its address can be given out again. (The kernel takes its time with a namespace.)"""
    line = ("nsenter", f"--net=/proc/{node_pid}/ns/net", "ip", "link", "delete", wire.link)
    await (await spawn(line, Outputs.NOWHERE)).wait()


async def start_container(sandbox_pid: int, line: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
    """Start a container's process; it runs in its namespaces when this returns. Raises `CannotMake`.

    The process returned waits for it and ends as it ends; killing it kills the whole container.
    """
    _find(line[0], environment)
    into = (
        *("nsenter", *(f"--{_option(kind)}=/proc/{sandbox_pid}/ns/{kind}" for kind in _SHARED), "--"),
        *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"),
        *("/bin/busybox", "sh", "-c", _CONTAINER, "container", str(log)),
    )
    process = await spawn((*into, *line), Outputs.TOGETHER, environment=environment)
    await _confirm(process, b"started\n")
    return process


async def start_inside(container_pid: int, line: Sequence[str], environment: Mapping[str, str], stdin: bool) -> Process:
    """Start one more process in a running container, with pipes and, as a container runtime does it, a session of its own.

    Raises `CannotMake` where there is no such program.
    """
    _find(line[0], environment)
    into = (
        *("nsenter", *(f"--{_option(kind)}=/proc/{container_pid}/ns/{kind}" for kind in _SHARED)),
        *(f"--pid=/proc/{container_pid}/ns/pid_for_children", "--", _SETSID),
    )
    return await spawn((*into, *line), Outputs.APART, stdin=stdin, environment=environment)


def terminate(container_pid: int) -> None:
    """Ask a container's first process to end (TERM)."""
    for child in Path(f"/proc/{container_pid}/task/{container_pid}/children").read_text().split():
        with suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGTERM)


def signal_all(container_pid: int, number: signal.Signals) -> None:
    """Send a signal to every process that runs in a container now, those of execs included."""
    inside = os.readlink(f"/proc/{container_pid}/ns/pid_for_children")
    # What has entered an exec into the container waits outside of it, and stops itself when the command is stopped.
    kinds = ("pid", "pid_for_children") if number == signal.SIGCONT else ("pid",)
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # it has ended meanwhile
            if entry.name.isdecimal() and any(os.readlink(entry / "ns" / kind) == inside for kind in kinds):
                os.kill(int(entry.name), number)


def _option(kind: str) -> str:
    return {"mnt": "mount"}.get(kind, kind)


def _find(program: str, environment: Mapping[str, str]) -> None:
    if shutil.which(program, path=environment["PATH"]) is None:
        raise CannotMake(f'exec: "{program}": executable file not found in $PATH')


async def _confirm(process: Process, word: bytes) -> None:
    assert process.stdout is not None
    said = b""
    try:
        said = await process.stdout.readline()
    finally:
        # Also when this was cancelled: nobody else knows of the process yet.
        if said != word:
            process.kill()
    if said != word:
        complaint = (said + await process.stdout.read()).decode(errors="replace").strip()
        raise CannotMake(complaint or f"it ended with {await process.wait()}")
