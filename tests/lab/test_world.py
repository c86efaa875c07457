"""The whole world: many pods at once, and who may talk to it."""

import asyncio

import aiohttp
import pytest

from kube_vxlan_lab.client import Access, ApiError, Client
from kube_vxlan_lab.outside import Lab
from tests.lab.living import Living, shell

pytestmark = pytest.mark.kernel


async def test_thirty_pods_start_together_with_addresses_of_their_own(world: Living) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(30):
            tasks.create_task(world.pod(f"p{number}", shell("app")))
    pods = await world.until(world.pods, lambda found: sum(pod["status"]["phase"] == "Running" for pod in found) == 30)
    assert len({pod["status"]["podIP"] for pod in pods}) == 30


async def test_nobody_gets_in_without_the_token(lab: Lab) -> None:
    async with Client(Access(lab.access.server, lab.access.ca, "guessed")) as client:
        with pytest.raises(ApiError) as refused:
            await client.get("/api/v1/pods")
    assert refused.value.code == 401


async def test_tls_is_of_the_labs_own_authority(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(lab.access.server)
