"""What the tests in here share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.world import RealCluster
from tests.scenarios.cluster import NETWORKS


@pytest.fixture
def world(real_cluster: RealCluster, tmp_path: Path) -> Iterator[RealCluster]:
    """The cluster with the networks of the scenarios and no pods; the controller is the test's to start, outside of it."""
    made = RealCluster(real_cluster.reach, tmp_path)
    made.set_networks(NETWORKS)
    try:
        yield made
    finally:
        if made.controller.process is not None:
            made.controller.end()
        made.clear()
