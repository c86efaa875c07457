"""What a benchmark of ten pods asserts, on every run of the tests: right kernels, and no exec or write that need not be."""

import os

import pytest

from tests.bench.measure import measure, network
from tests.bench.pods import Style

pytestmark = pytest.mark.kernel


@pytest.mark.parametrize("style", Style)
async def test_ten_pods(style: Style) -> None:
    async with network(f"bench-{os.getpid()}-{style.agents}") as lab:
        run = await measure(lab, 10, style, times=1)
    assert all(sample.seconds < 30 for samples in run.samples.values() for sample in samples)
    assert run.memory < 200
