"""What happens to pods, as users of the bundle have it: scenarios of the lab, with both replicas in the place of the
controller, of which none survives where a scenario kills it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.inside.bundle import DEPLOYMENT, SYSTEM, Inside, joined
from tests.scenarios.judged import steps
from tests.scenarios.objects import deployment
from tests.scenarios.run import Run
from tests.scenarios.sentences import act
from tests.scenarios.world import AUDIT

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick")]

TESTS = Path(__file__).parents[2]
FILES = [TESTS / "scenarios" / "life" / f"{name}.txt" for name in ("agents", "annotations", "config", "rolling", "statefulset")]
QUICK = {"AUDIT_EVERY": f"{AUDIT:g}", "LEASE_DURATION": "5", "LEASE_RENEW_DEADLINE": "3", "LEASE_RETRY": "1"}
"""Settings with which a scenario takes less time."""


@pytest.fixture(scope="module")
def quick(bundle: Inside) -> Iterator[None]:
    """Settings with which little time is spent in waiting."""
    bundle.kubectl("set", "env", *SYSTEM, DEPLOYMENT, *(f"KVC_{name}={value}" for name, value in QUICK.items()))
    yield
    bundle.kubectl("set", "env", *SYSTEM, DEPLOYMENT, *(f"KVC_{name}-" for name in QUICK))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_life(file: Path, inside: Inside) -> None:
    act(Run(inside), steps(file))


def test_a_deployment_is_scaled_to_thirty_and_back(inside: Inside) -> None:
    before = degraded(inside)
    inside.apply(deployment("many", "vxeth1", 2))
    for count in (2, 30, 2):
        inside.kubectl("scale", "deployment/many", f"--replicas={count}")
        inside.kubectl("rollout", "status", "deployment/many", "--timeout=120s")
        joined(Run(inside).pods(["many"]))
    assert degraded(inside) <= before


def degraded(inside: Inside) -> set[str]:
    """The Events that tell of trouble, by their names; they outlive the pods that they are about."""
    told = inside.items("/apis/events.k8s.io/v1/namespaces/default/events")
    return {one["metadata"]["name"] for one in told if one["reason"] == "Degraded"}
