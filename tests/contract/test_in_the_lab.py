"""The contract, kept by the lab: its API server, its nodes, its containers."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.contract.promises import PROMISES
from tests.contract.server import connected
from tests.scenarios.cluster import Cluster, cluster

IMAGE = "docker.io/library/busybox:latest"
pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("lab")) as made:
        yield made


@pytest.mark.parametrize("promise", PROMISES)
def test_the_lab_keeps(promise: str, lab: Cluster) -> None:
    lab.fault("compact")  # what was forgotten is a promise, too: a real server has forgotten its first versions long ago

    async def inside() -> None:
        async with connected(lab.lab.kubeconfig.read_text(), IMAGE, lambda: lab.fault("compact")) as server:
            await PROMISES[promise](server)

    asyncio.run(inside())
