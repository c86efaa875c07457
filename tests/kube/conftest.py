from collections.abc import AsyncIterator

import pytest
import trustme

from kube_vxlan_controller.kube.client import ApiClient, Deadlines
from tests.kube.scripted import Scripted, scripted


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def server(ca: trustme.CA) -> AsyncIterator[Scripted]:
    async with scripted(ca) as running:
        yield running


@pytest.fixture
async def api(server: Scripted) -> AsyncIterator[ApiClient]:
    async with ApiClient(server.connection(), Deadlines(connect=2.0, request=2.0)) as client:
        yield client
