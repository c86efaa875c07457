"""What the tests in here share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.telling import Tell, teller
from tests.cluster.world import RealCluster, fresh


@pytest.fixture
def world(real_cluster: RealCluster, tmp_path: Path) -> Iterator[RealCluster]:
    """The cluster with the networks of the scenarios and no pods; the controller is the test's to start, outside of it."""
    with fresh(RealCluster(real_cluster.reach, tmp_path)) as made:
        yield made


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Takes a line about what was measured; all of them are shown at the end of the run."""
    return teller(request.config)
