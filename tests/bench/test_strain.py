"""Sixty pods, some of them sick or hostile: the others are right after every join and leave, and what is used is bounded."""

import pytest

from tests.bench.strain import slowness, strain

pytestmark = pytest.mark.kernel


async def test_the_healthy_do_not_notice() -> None:
    without, among = await strain(60, per_network=60, times=3)
    assert (without.pods, among.pods) == (48, 60)
    # `make strain` judges by many more joins; here a machine may be busy with something else.
    assert slowness(without, among, haze=1.0) == ()
    assert among.memory < 200
    assert among.files < among.pods + 50, "one connection for each stream, and a few"
