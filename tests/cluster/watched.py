"""I/O. A cluster of ours with the checker of tests/checker looking on: into the kernels of all its pods, on all its nodes.

It judges every law that it judges in a lab but L6, freshness: a real API server does not tell which watches are open, and when
it last said something on each. Bounds are the lab's, with `RealCluster.starting` more for a join: kubelets make a pod's
containers on the same processors on which the controller then wires them.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.checker.access import from_kubeconfig
from tests.checker.checker import Checker
from tests.checker.sandboxes import below_kubelets
from tests.checker.watched import Watched, WatchedController
from tests.cluster.account import Outside
from tests.cluster.reach import Reach
from tests.cluster.world import RealCluster, fresh


class WatchedOutside(WatchedController, Outside):
    """All of both."""


class WatchedCluster(Watched, RealCluster):
    """All of both."""

    def __init__(self, reach: Reach, directory: Path, checker: Checker) -> None:
        super().__init__(reach, directory, checker)
        self.controller = WatchedOutside(reach, directory)
        self.controller.checker = checker

    def fault(self, name: str, **what: Any) -> None:
        """As in a watched lab; but a real API server is away for as long as it takes to start, which is known afterwards."""
        if name == "restart":
            with self.checker.fault(name, blind=True):
                super().fault(name, **what)
        else:
            super().fault(name, **what)


@contextmanager
def watched(cluster: RealCluster, directory: Path) -> Iterator[WatchedCluster]:
    """The same cluster, which must be one of ours, fresh and under the checker; `AssertionError` if anything was wrong."""
    with Checker() as checker, fresh(WatchedCluster(cluster.reach, directory, checker)) as made:
        checker.follow(from_kubeconfig(cluster.kubeconfig), below_kubelets(_inner(cluster.ours.realm.directory)))
        checker.hear(made.controller.log)
        yield made
        violations = checker.verdict()
        assert not violations, "\n".join(map(str, violations))


def _inner(directory: Path) -> str:
    """What a directory is called in the file system that it is on, as other mounts of it say."""
    found = subprocess.run(
        ["findmnt", "--noheadings", "--output=FSROOT,TARGET", f"--target={directory}"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    root, at = found.stdout.split()
    return str(Path(root, directory.relative_to(at)))
