"""Scenarios on real nodes: those of the lab that break nothing but what can be broken there, and some of the cluster's own."""

from pathlib import Path

import pytest

from tests.cluster.world import RealCluster
from tests.scenarios.run import Run
from tests.scenarios.sentences import SENTENCES, act
from tests.scenarios.text import parse
from tests.scenarios.world import AUDIT

pytestmark = pytest.mark.cluster

LAB = Path(__file__).parents[1] / "scenarios" / "life"
SHARED = (
    "agents",
    "ancestor",
    "annotations",
    "config",
    "foreign",
    "repair",
    "rolling",
    "scale",
    "statefulset",
    "wrong",
)
"""Those that need nothing that a real cluster has not: hanging execs, cut watches, an address that is given again at once."""
FILES = [*(LAB / f"{name}.txt" for name in SHARED), *sorted((Path(__file__).parent / "life").glob("*.txt"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_life(file: Path, world: RealCluster) -> None:
    scenario = parse(file.read_text(), [(one.text, one.block) for one in SENTENCES])
    world.controller.options += ["--audit-every", str(AUDIT)]
    act(Run(world), scenario.steps)
