"""One lab for all tests of a run that need one; each test has a namespace of the API to itself."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from kube_vxlan_lab.outside import Lab, running
from tests.lab.living import Living, living

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        with running("shared", 2, REPOSITORY / "agent") as lab:
            yield lab


@pytest.fixture
async def world(lab: Lab) -> AsyncIterator[Living]:
    async with living(lab.access) as world:
        yield world
