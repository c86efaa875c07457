"""What the tests in here share."""

from collections.abc import Iterator

import pytest

from tests.cluster.audit import ALLOWED, reached
from tests.cluster.inside.bundle import Inside, leave_alone
from tests.cluster.world import RealCluster
from tests.scenarios.cluster import NETWORKS


@pytest.fixture(scope="package")
def bundle(real_cluster: RealCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """The cluster after `kubectl apply -f bundle.yaml`."""
    made = Inside(real_cluster.reach, tmp_path_factory.mktemp("inside"))
    leave_alone(made)
    try:
        made.install()
        yield made
    finally:
        made.uninstall()
    if made.reach.ours is not None:
        assert reached(made.audited()) == ALLOWED


@pytest.fixture
def inside(bundle: Inside) -> Iterator[Inside]:
    """The same with the networks of the scenarios, no pods, and a controller at work."""
    bundle.set_networks(NETWORKS)
    bundle.at_work()
    try:
        yield bundle
    finally:
        bundle.clear()
