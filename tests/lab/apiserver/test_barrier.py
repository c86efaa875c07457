"""The barrier: what passes, what waits, what becomes of it."""

import asyncio

import pytest

from kube_vxlan_lab.apiserver.barrier import Barrier


async def test_while_it_is_up_everything_passes_and_nothing_waits() -> None:
    barrier = Barrier()
    assert [await barrier.passed() for _ in range(3)] == [True] * 3
    assert not await barrier.closed(0.0)


@pytest.mark.parametrize("lost", [False, True])
async def test_it_closes_before_the_piece_of_its_number_and_all_after_that_wait(lost: bool) -> None:
    barrier = Barrier()
    barrier.lower(3)
    assert [await barrier.passed() for _ in range(2)] == [True, True]
    assert not await barrier.closed(0.0), "nothing waits yet"
    waiting = [asyncio.create_task(barrier.passed()) for _ in range(2)]
    assert await barrier.closed(5.0)
    assert not any(task.done() for task in waiting)
    barrier.lift(lost=lost)
    assert await asyncio.gather(*waiting) == [not lost] * 2
    assert await barrier.passed(), "it is up again"


async def test_what_waits_is_decided_about_once() -> None:
    barrier = Barrier()
    barrier.lower(1)
    lost = asyncio.create_task(barrier.passed())
    assert await barrier.closed(5.0)
    barrier.lift(lost=True)
    barrier.lower(1)
    kept = asyncio.create_task(barrier.passed())
    assert not await lost
    assert await barrier.closed(5.0)
    barrier.lift()
    assert await kept


async def test_who_waits_and_gives_up_takes_nobody_along() -> None:
    barrier = Barrier()
    barrier.lower(1)
    gives_up, stays = asyncio.create_task(barrier.passed()), asyncio.create_task(barrier.passed())
    assert await barrier.closed(5.0)
    await asyncio.sleep(0)
    gives_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gives_up
    barrier.lift()
    assert await stays
