"""The contract, asked of a real API server: what it keeps the lab's has to keep as well."""

import asyncio

import pytest

from tests.cluster.images import BUSYBOX
from tests.cluster.world import RealCluster
from tests.contract.promises import PROMISES
from tests.contract.server import connected

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("promise", PROMISES)
def test_a_real_server_keeps(promise: str, real_cluster: RealCluster) -> None:
    def forget() -> None:
        real_cluster.faults.compact()

    async def inside() -> None:
        async with connected(real_cluster.kubeconfig.read_text(), BUSYBOX, forget) as server:
            await PROMISES[promise](server)

    asyncio.run(inside())
