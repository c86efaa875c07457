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
    note = _note(directory)
    if not note.exists():
        before = [(file, int(file.read_text()), value) for file, value in _thresholds()]
        note.write_text("".join(f"{file} {old}\n" for file, old, value in before if old < value))
        for file, old, value in before:
            file.write_text(str(max(old, value)))


def put_back(directory: Path) -> None:
    """As it was before."""
    for hierarchy in _hierarchies():
        top = hierarchy / group(directory)
        for path in sorted(top.glob("**/"), key=lambda path: len(path.parts), reverse=True):
            with contextlib.suppress(FileNotFoundError):
                path.rmdir()
    note = _note(directory)
    if note.exists() and not any(other.is_dir() and other != directory for other in directory.parent.iterdir()):
        for line in note.read_text().splitlines():
            file, before = line.split()
            Path(file).write_text(before)
        note.unlink()


def limits() -> dict[Path, int]:
    """How many neighbours the kernel may know now."""
    return {file: int(file.read_text()) for file, _ in _thresholds()}


def _note(directory: Path) -> Path:
    """What the thresholds were before the first of the clusters that are up; the last one puts them back."""
    return directory.parent / "thresholds"


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
