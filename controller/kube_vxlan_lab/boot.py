"""I/O. The first process of the lab's namespaces: `python -m kube_vxlan_lab.boot DIRECTORY NODES AGENT`.

It is process 1 of a PID namespace, so all that the lab runs ends with it. It ends when its stdin does, that is, when whoever
started the lab is gone, however that went; or when the world ends. Then it removes DIRECTORY; where it is killed itself,
whoever started the lab does.

The world is its child, with mounts of its own in which all of the host's files are read-only: a manifest's command cannot
change them, even where the lab runs as root. What the world writes goes into a file system in memory below DIRECTORY.
"""

import ctypes
import os
import select
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

CLONE_NEWNS, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 0x20000, 2, 4, 8, 0x4000, 0x40000
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY, SYS_MOUNT_SETATTR = -100, 0x8000, 1, 442


def main(directory: Path, nodes: int, agent: str) -> None:
    """Start the world and watch over it."""
    world = os.fork()
    if world == 0:
        _become_world(directory, nodes, agent)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # orphans come to process 1; the kernel shall reap them
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN | select.POLLHUP)
    poll.register(os.pidfd_open(world), select.POLLIN)
    poll.poll()
    shutil.rmtree(directory, ignore_errors=True)
    with suppress(OSError):
        directory.parent.rmdir()  # unless there are other labs


def _become_world(directory: Path, nodes: int, agent: str) -> NoReturn:
    try:
        world = directory / "world"
        world.mkdir()
        _seclude(world)
        os.environ["TMPDIR"] = str(world)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        from kube_vxlan_lab.world import main as be_world  # the first process stays small

        be_world(world, nodes, agent)
    except (OSError, ExceptionGroup) as error:
        sys.exit(f"the lab's world ended: {error}")
    sys.exit("the lab's world ended")


def _seclude(world: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)

    def check(result: int, what: str) -> None:
        if result != 0:
            raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")

    def mount(kind: bytes, where: str, flags: int, options: bytes = b"") -> None:
        check(libc.mount(kind, where.encode(), kind, ctypes.c_ulong(flags), options), f"mounting {kind.decode()} on {where}")

    check(libc.unshare(CLONE_NEWNS), "a mount namespace")
    check(libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None), "private mounts")
    read_only = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY, 0, 0, 0)
    done = libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, read_only, ctypes.sizeof(read_only))
    check(done, "the host's files read-only (Linux 5.12 and newer can)")
    mount(b"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount(b"tmpfs", str(world), MS_NOSUID | MS_NODEV, b"mode=0755,size=512m")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
