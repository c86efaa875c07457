"""Scenarios on real nodes: those of the lab that break nothing but what can be broken there, and some of the cluster's own."""

from pathlib import Path

import pytest

from tests.cluster.watched import watched
from tests.cluster.world import RealCluster, fresh
from tests.scenarios.judged import perform, steps
from tests.scenarios.run import Run
from tests.scenarios.sentences import act

pytestmark = pytest.mark.cluster

LAB = Path(__file__).parents[1] / "scenarios" / "life"
SHARED = (
    "agents",
    "ancestor",
    "annotations",
    "config",
    "draining",
    "ending",
    "foreign",
    "namesakes",
    "rebuilt",
    "repair",
    "rolling",
    "scale",
    "statefulset",
    "wrong",
)
"""Those that need nothing that a real cluster has not: hanging execs, cut watches, an address that is given again at once."""
NODES = ("draining",)
"""Those that would take all pods from a node of somebody else's."""
FILES = [*(LAB / f"{name}.txt" for name in SHARED), *sorted((Path(__file__).parent / "life").glob("*.txt"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_life(file: Path, real_cluster: RealCluster, tmp_path: Path) -> None:
    if real_cluster.reach.ours is None and file.stem not in NODES:
        with fresh(RealCluster(real_cluster.reach, tmp_path)) as world:
            act(Run(world), steps(file))
    else:
        with watched(real_cluster, tmp_path) as world:
            perform(file, world)
