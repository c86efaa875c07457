"""I/O. What a process is to the checker: whose it is, and what it tells of its pod's sandbox, in the lab and below kubelets.

In the lab one process makes the sandbox and then keeps it asleep, and all of a pod's processes have the pod's /etc/hosts. A
kubelet has the container runtime make the sandbox, whose keeper (`pause`) has an /etc/hosts of its own, before the first
container with the pod's /etc/hosts is there: so the keeper is known by the network namespace that it shares with them.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

_POD = re.compile(r"^\d+ \d+ \S+ (\S*)/pods/([0-9a-f-]{32,36})/etc-hosts /etc/hosts ", re.MULTILINE)
_LAST_WORDS = re.compile(r"^\d+ \d+ \S+ \S*/pods/[0-9a-f-]{32,36}/containers/([^/ ]+)/\S+ /dev/termination-log ", re.MULTILINE)
_LOG = re.compile(r"/([^/.]+)\.\d+\.log$")
_KEEPER = ("sleep", "infinity")
"""What the lab's sandbox runs when it is made."""


class Process(NamedTuple):
    """A process at the moment when it was looked at."""

    uid: str
    """Of its pod; empty for one that is no pod's by itself."""
    inode: int
    """Of its network namespace."""
    line: tuple[str, ...]
    parent: int
    began: int
    """When, in an order of time: clock ticks since the machine was started."""
    made: bool
    """Whether its being there shows that its pod's sandbox is made."""
    container: str
    """The name of its container, where that can be told."""


Reader = Callable[[int], Process | None]
"""A process by its id; None for one that has ended or does not matter. The same object again says that it stays what it is."""


def in_the_lab(pid: int) -> Process | None:
    """A process of a pod of the lab that is in this PID namespace."""
    found = _read(pid, "", strangers=False)
    return found._replace(made=found.line == _KEEPER) if found else None


def below_kubelets(root: str) -> Reader:
    """Reads processes of the pods whose directories are below `root`, which all kubelets' `--root-dir` begin with.

    That is what keeps another cluster on the same machine out. `root` is a path in the file system that it is on. Processes
    that are no pod's are read too, since one of them keeps each sandbox.
    """
    return lambda pid: _read(pid, root, strangers=True)


def owner(mountinfo: str, root: str) -> str:
    """The uid of the pod that a process with these mounts belongs to, if its directory is below `root`; else empty."""
    found = _POD.search(mountinfo)
    return found[2] if found and f"{found[1]}/".startswith(f"{root.rstrip('/')}/") else ""


def container(mountinfo: str, output: str) -> str:
    """The name of the container that a process is in, of its mounts and of what its output goes to; empty where none says so.

    A kubelet gives each container a file for its last words, the lab one for its log.
    """
    found = _LAST_WORDS.search(mountinfo) or _LOG.search(output)
    return found[1] if found else ""


def ancestry(stat: str) -> tuple[int, int]:
    """A process's parent, and when it began, of the text of its /proc/PID/stat (whose name may hold anything)."""
    fields = stat.rpartition(")")[2].split()
    return int(fields[1]), int(fields[19])


def began(pid: int) -> int | None:
    """When a process began, as in `Process`; None for one that has ended."""
    with suppress(OSError):
        return ancestry(_text(f"/proc/{pid}/stat"))[1]
    return None


def _read(pid: int, root: str, *, strangers: bool) -> Process | None:
    with suppress(OSError):
        at = f"/proc/{pid}"
        mounts = _text(f"{at}/mountinfo")
        uid = owner(mounts, root)
        if not uid and not strangers:
            return None
        line = tuple(_text(f"{at}/cmdline").split("\0")[:-1])
        parent, began = ancestry(_text(f"{at}/stat"))
        inode = os.stat(f"{at}/ns/net").st_ino
        name = container(mounts, os.readlink(f"{at}/fd/1")) if uid else ""
        return Process(uid, inode, line, parent, began, made=bool(uid), container=name)
    return None


def _text(path: str) -> str:
    # Thousands of them are read each second: a `Path` and a decoder of its own would double what that takes.
    with open(path, "rb", buffering=0) as file:
        return file.readall().decode(errors="replace")
