"""What happens to pods, as users of the bundle have it: scenarios of the lab and of the cluster, with both replicas in the
controller's place. Where a scenario kills the controller, both are killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.inside.bundle import DEPLOYMENT, SYSTEM, Inside
from tests.scenarios.run import Run
from tests.scenarios.sentences import SENTENCES, act
from tests.scenarios.text import parse
from tests.scenarios.world import AUDIT

pytestmark = pytest.mark.cluster

TESTS = Path(__file__).parents[2]
FILES = [
    *(TESTS / "scenarios" / "life" / f"{name}.txt" for name in ("agents", "annotations", "config", "rolling", "statefulset")),
    TESTS / "cluster" / "life" / "crowd.txt",
]
QUICK = {"AUDIT_EVERY": f"{AUDIT:g}", "LEASE_DURATION": "5", "LEASE_RENEW_DEADLINE": "3", "LEASE_RETRY": "1"}
"""Settings with which a scenario takes less time."""


@pytest.fixture(scope="module")
def quick(bundle: Inside) -> Iterator[None]:
    """Settings with which little time is spent in waiting."""
    bundle.kubectl("set", "env", *SYSTEM, DEPLOYMENT, *(f"KVC_{name}={value}" for name, value in QUICK.items()))
    yield
    bundle.kubectl("set", "env", *SYSTEM, DEPLOYMENT, *(f"KVC_{name}-" for name in QUICK))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_life(file: Path, inside: Inside) -> None:
    scenario = parse(file.read_text(), [(one.text, one.block) for one in SENTENCES])
    act(Run(inside), scenario.steps)
