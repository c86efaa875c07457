"""I/O. What no namespace holds: control groups, and how many neighbours the kernel may know. Both are put back at the end."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_THRESHOLDS = {"gc_thresh1": 8192, "gc_thresh2": 16384, "gc_thresh3": 32768}
"""One table holds the neighbours of all namespaces; its default of 1,024 is full with fifty pods in one mesh."""


def group(directory: Path) -> str:
    """The control group of a cluster, below which its containers have theirs."""
    return f"kube-vxlan-cluster-{directory.name}"


def prepare(directory: Path) -> None:
    """Make the control groups; raise the thresholds and note what they were."""
    for hierarchy in _hierarchies():
        (hierarchy / group(directory)).mkdir(exist_ok=True)
    notes = []
    for file, value in _thresholds():
        before = int(file.read_text())
        if before < value:
            file.write_text(str(value))
            notes.append(f"{file} {before}\n")
    (directory / "thresholds").write_text("".join(notes))


def put_back(directory: Path) -> None:
    """As it was before."""
    for hierarchy in _hierarchies():
        top = hierarchy / group(directory)
        for path in sorted(top.glob("**/"), key=lambda path: len(path.parts), reverse=True):
            with contextlib.suppress(FileNotFoundError):
                path.rmdir()
    with contextlib.suppress(FileNotFoundError):
        for line in (directory / "thresholds").read_text().splitlines():
            file, before = line.split()
            Path(file).write_text(before)


def _thresholds() -> Iterator[tuple[Path, int]]:
    # From the highest: the kernel does not mind the order, but no reader ever sees them out of order.
    for name, value in reversed(_THRESHOLDS.items()):
        for family in ("ipv4", "ipv6"):
            file = Path(f"/proc/sys/net/{family}/neigh/default/{name}")
            if file.exists():
                yield file, value


def _hierarchies() -> list[Path]:
    """One in version 2 of the control groups; in version 1 one for each controller."""
    if (_GROUPS / "cgroup.procs").exists():
        return [_GROUPS]
    return [path for path in _GROUPS.iterdir() if path.is_dir() and not path.is_symlink() and (path / "cgroup.procs").exists()]
