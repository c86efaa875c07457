"""I/O. The processes of pods, found from the host: all that is inside is in the host's /proc as well.

A container's control group ends in its id, which the API shows; the first process of its PID namespace is the one to kill.
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def container(pod: Json, name: str) -> int | None:
    """The first process of a pod's running container."""
    status = pod["status"]
    for kind in ("containerStatuses", "initContainerStatuses"):
        for one in status.get(kind, ()):
            if one["name"] == name and "running" in one["state"]:
                return first(one["containerID"].rpartition("/")[2])
    return None


def sandbox(uid: str) -> int | None:
    """The process that holds a pod's namespaces, as long as a container of it runs: its shim's id is the sandbox's."""
    for pid, text in _all("mountinfo"):
        if f"/{uid}/etc-hosts /etc/hosts " in text:
            with contextlib.suppress(OSError, ValueError):
                words = Path(f"/proc/{_parent(pid)}/cmdline").read_text().split("\0")
                return first(words[words.index("-id") + 1])
    return None


def first(identity: str) -> int | None:
    """The first process of the container with that id."""
    for pid, text in _all("cgroup"):
        if re.search(rf"/{identity}$", text, re.MULTILINE):
            with contextlib.suppress(OSError):
                numbers = re.search(r"^NSpid:\t(.*)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
                if numbers and numbers[1].split()[-1] == "1":
                    return pid
    return None


def _parent(pid: int) -> int:
    found = re.search(r"^PPid:\t(\d+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


def _all(file: str) -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                yield int(entry.name), (entry / file).read_text()
