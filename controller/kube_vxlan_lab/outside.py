"""I/O. The lab seen from the host: its directory, its start, its end, and what earlier labs left behind.

A lab's directory holds a kubeconfig, which is as good as root inside the lab, hence mode 0700. Whoever runs the lab holds a
lock on it as long as it lives, and so does the lab's first process; a directory without a lock is of a lab that is dead, and
`sweep` removes it.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import yaml

from kube_vxlan_lab.client import Access
from kube_vxlan_lab.containers import PATH

_PREFIX = "kube-vxlan-lab"
_PATIENCE = 10.0
"""Seconds for a lab to end by itself."""
_PATIENCE_WITH_ALL = 30.0
"""Seconds for whoever runs a lab to end it: longer than the controller and the lab have there before they are killed."""


class NoLab(Exception):
    """A lab cannot be made or found here; `str()` says why. `unavailable`: no lab can run on this machine at all."""

    def __init__(self, message: str, unavailable: bool = False) -> None:
        super().__init__(message)
        self.unavailable = unavailable


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab that runs."""

    directory: Path
    access: Access
    process: "subprocess.Popen[bytes]"

    @property
    def kubeconfig(self) -> Path:
        """The file for kubectl."""
        return self.directory / "kubeconfig"


@contextmanager
def running(name: str, nodes: int, agent: Path) -> Iterator[Lab]:
    """Start a lab, end it with the context. `agent` is the directory of the agent's program. Raises `NoLab`."""
    sweep()
    directory = home() / name
    with _owned(directory) as lock, (directory / "world.log").open("w+b") as said:
        process = subprocess.Popen(
            [*_namespaces(), sys.executable, "-m", "kube_vxlan_lab.boot", str(directory), str(nodes), str(agent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C is for us, not for everything in the lab
            env={**os.environ, "PATH": PATH},
        )
        try:
            lab = Lab(directory, _hear(process, said), process)
            with _written(lab.kubeconfig):
                lab.kubeconfig.write_text(kubeconfig(lab.access))
            yield lab
        finally:
            _end(process)


def home() -> Path:
    """Where the labs of this user have their directories."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and os.access(runtime, os.W_OK):
        return Path(runtime, _PREFIX)
    return Path(tempfile.gettempdir(), f"{_PREFIX}-{os.getuid()}")


def sweep() -> None:
    """Remove what dead labs of this user left."""
    for directory in _directories():
        if not _is_locked(directory):
            shutil.rmtree(directory, ignore_errors=True)
    with suppress(OSError):
        home().rmdir()


def alive() -> dict[str, int]:
    """The names of this user's labs that live, with the process that runs each."""
    found = {}
    for directory in _directories():
        with suppress(FileNotFoundError, ValueError):
            if _is_locked(directory):
                found[directory.name] = int(os.readlink(directory / "pid"))
    return found


def end(pid: int) -> None:
    """Ask the process that runs a lab to end it, and wait until it has. Raises `NoLab` when it does not."""
    with suppress(ProcessLookupError):
        watch = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(watch, signal.SIGTERM)
            if not select.select([watch], [], [], _PATIENCE_WITH_ALL)[0]:
                raise NoLab(f"process {pid}, which runs the lab, does not end; kill -9 {pid} ends it, and the lab with it")
        finally:
            os.close(watch)


def kubeconfig(access: Access) -> str:
    """The text of a kubeconfig file."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "lab",
            "clusters": [
                {"name": "lab", "cluster": {"server": access.server, "certificate-authority-data": _base64(access.ca)}}
            ],
            "users": [{"name": "lab", "user": {"token": access.token}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab", "namespace": "default"}}],
        },
        sort_keys=False,
    )


@contextmanager
def _owned(directory: Path) -> Iterator[int]:
    """Make a lab's directory and hold its lock, whose descriptor is the value; at the end remove it."""
    parent, lock = directory.parent, None
    while lock is None:
        with _written(parent):
            parent.mkdir(mode=0o700, exist_ok=True)
        with suppress(FileNotFoundError):  # a lab that ended just now has taken the parent along
            lock = _claimed(directory)
    try:
        with _written(directory):
            # A link is there whole or not at all, and needs no room on a full disk: whoever ends the lab needs it.
            (directory / "pid").symlink_to(str(os.getpid()))
        yield lock
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)
        with suppress(OSError):
            parent.rmdir()


def _claimed(directory: Path) -> int:
    """Make the directory and lock it; the lock's descriptor. Raises `FileNotFoundError` when its parent has gone meanwhile."""
    parent = directory.parent
    if parent.is_symlink() or parent.stat().st_uid != os.getuid() or parent.stat().st_mode & 0o077:
        raise NoLab(f"{parent} must be a directory that belongs to you alone; it is not")
    with _descriptor(parent) as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)  # nobody sweeps while a directory has no lock yet
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            raise NoLab(f'a lab named "{directory.name}" is running already') from None
        except OSError as error:
            raise NoLab(f"{directory} cannot be written: {error.strerror}") from error
        lock = os.open(directory, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """What a disk refuses to take, as `NoLab`."""
    try:
        yield
    except OSError as error:
        raise NoLab(f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def _descriptor(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _directories() -> list[Path]:
    try:
        with _descriptor(home()) as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            return [entry for entry in home().iterdir() if entry.is_dir()]
    except FileNotFoundError:
        return []


def _is_locked(directory: Path) -> bool:
    with suppress(FileNotFoundError), _descriptor(directory) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _namespaces() -> list[str]:
    """The command that starts another in namespaces of its own, as root in them."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *user, "--pid", "--fork", "--kill-child"]
    try:
        tried = subprocess.run(
            [*command, "--net", "--mount", "true"], capture_output=True, text=True, env={"PATH": PATH}, check=False
        )
    except FileNotFoundError:
        raise NoLab("the lab needs the program unshare (Debian package util-linux)") from None
    if tried.returncode != 0:
        why = tried.stderr.strip().removeprefix("unshare: ")
        raise NoLab(f"this machine allows neither root nor user namespaces, so no lab can run here ({why})", unavailable=True)
    return command


def _hear(process: "subprocess.Popen[bytes]", said: BinaryIO) -> Access:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        said.seek(0)
        words = said.read().decode(errors="replace").strip().splitlines()
        raise NoLab(words[-1] if words else f"the lab ended with {process.returncode} before it was ready")
    return Access(**json.loads(line))


def _end(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()  # the first process ends with its stdin, and everything in the lab with that
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
