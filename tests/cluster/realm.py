"""I/O. The namespaces that a cluster lives in: one of processes, one of mounts, one network and one more for each node.

Law: everything that a cluster makes of the machine is in these namespaces or in its directory; when their first process ends,
the kernel ends everything in them. What a kubelet wants to set for the whole machine it finds set: the files it would write
to are covered, in its mount namespace, by files that say so.
"""

import fcntl
import os
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
COVERED: Mapping[str, str] = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What a kubelet wants to be set in /proc/sys (its setupKernelTunables)."""
_FIRST = """
mount -t proc proc /proc
for place in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$place"; done
mkdir -p /run/netns "$1/sysctl"
{cover}
ip link set lo up
echo made
exec 3<&0 >"$1/first.log" 2>&1
{wait} <&3 & wait $!
"""
"""What the first process does; it waits in a way that reaps what is orphaned."""


class Missing(Exception):
    """A cluster cannot be made here; `str()` is a sentence that says what is missing or went wrong."""


def eventually(condition: Callable[[], T], within: float, what: str) -> T:
    """What the condition gives as soon as it is true. Raises `Missing` when that takes longer than `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        if found := condition():
            return found
        if time.monotonic() > deadline:
            raise Missing(f"not within {within:g} s: {what}")
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Realm:
    """The namespaces of a cluster, by the first process in them; `pid` is its number on the host."""

    directory: Path
    pid: int

    def command(self, *argv: str, node: str = "") -> list[str]:
        """The command line that runs `argv` inside, in the network namespace of the control plane or of a node."""
        net = f"--net=/proc/{self.pid}/root/run/netns/{node}" if node else "--net"
        return ["nsenter", f"--target={self.pid}", "--mount", "--pid", net, "--", *argv]

    def run(self, *argv: str, node: str = "", input: str = "", check: bool = True) -> str:
        """Run a command inside; its stdout. Raises `Missing` with its stderr when it fails, unless told not to `check`."""
        done = subprocess.run(
            self.command(*argv, node=node), input=input, capture_output=True, text=True, check=False, env=_environment()
        )
        if check and done.returncode != 0:
            raise Missing(f"{shlex.join(argv)} gave {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def spawn(self, name: str, *argv: str, node: str = "", passing: tuple[int, ...] = ()) -> None:
        """Start a program that stays, with a log named after it and descriptors that it is to have."""
        inner = 'setsid "$@" </dev/null >>"$0" 2>&1 & echo $!'
        command = self.command("sh", "-c", inner, str(self.log(name)), *argv, node=node)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, pass_fds=passing, env=_environment())
        self._record(name).parent.mkdir(exist_ok=True)
        self._record(name).write_text(done.stdout)

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        """Send a signal to what was started under a name, and wait until it is gone."""
        pid = self._record(name).read_text().strip()
        self.run("kill", f"-{int(number)}", pid, check=False)
        eventually(lambda: not self.runs(name), 30, f"{name} ends")

    def runs(self, name: str) -> bool:
        """Whether what was started under a name is still there."""
        pid = self._record(name).read_text().strip()
        return Path(f"/proc/{self.pid}/root/proc/{pid}").exists()

    def log(self, name: str) -> Path:
        """What a program said."""
        return self.directory / f"{name}.log"

    def _record(self, name: str) -> Path:
        return self.directory / "pids" / name


def make(directory: Path, until: int | None = None) -> Realm:
    """Make the namespaces. They last until their first process is killed, or until what is read of `until` is at its end.

    The first process holds a lock on the directory, which so tells whether the cluster is alive.
    """
    lock = _descriptor(directory)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    wait = "sleep infinity" if until is None else "cat"
    script = _FIRST.format(cover="\n".join(map(_cover, COVERED.items())), wait=wait)
    # The pid of a background process is told as its parent counts, and its parent stays outside of the new PID namespace.
    outer = 'exec 3<&0; setsid sh -euc "$1" first "$2" <&3 & echo $!'
    process = subprocess.Popen(
        ["unshare", "--net", "--mount", "--pid", "sh", "-c", outer, "outer", script, str(directory)],
        stdin=subprocess.DEVNULL if until is None else until,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=(lock,),
        start_new_session=True,  # Ctrl-C is for us, not for everything inside
        env=_environment(),
    )
    os.close(lock)
    assert process.stdout is not None
    with process.stdout:
        pid, made = process.stdout.readline(), process.stdout.readline()
    process.wait()
    if made != "made\n":
        raise Missing("namespaces of processes, mounts and networks cannot be made here; what was said is above")
    return Realm(directory, int(pid))


def _cover(row: tuple[str, str]) -> str:
    name, value = row
    file = f'"$1/sysctl/{name.replace("/", ".")}"'
    return f"echo {value} >{file}; mount --bind {file} /proc/sys/{name}"


def end(realm: Realm) -> None:
    """Kill the first process, and with it everything inside; return when all of it is gone."""
    watch = os.pidfd_open(realm.pid)
    try:
        signal.pidfd_send_signal(watch, signal.SIGKILL)
        if not select.select([watch], [], [], 60)[0]:  # the first process ends as the last one
            raise Missing(f"process {realm.pid} and those inside do not end")
    finally:
        os.close(watch)


def is_alive(directory: Path) -> bool:
    """Whether a cluster lives whose directory this is."""
    lock = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _descriptor(directory: Path) -> int:
    """Open a directory, with a number that no shell uses for a descriptor of its own."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        return fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, 20)
    finally:
        os.close(opened)


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": PATH}
