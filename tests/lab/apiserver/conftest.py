"""What the tests of the API server share: a fresh store, and a fresh server on loopback."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kube_vxlan_lab.apiserver.store import Store
from tests.lab.apiserver.hosted import Hosted, hosted


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Hosted]:
    async with hosted(tmp_path) as running:
        yield running
