"""Turns: bounded, in order, and never lost to those that do not end."""

import asyncio

import pytest

from kube_vxlan_controller.turns import Turns

pytestmark = pytest.mark.looptime(start=0)


async def settle() -> None:
    """Let every task go on until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_only_so_many_are_under_way_and_the_others_follow_in_order() -> None:
    turns, begun, end = Turns(2, patience=60.0), list[int](), [asyncio.Event() for _ in range(4)]

    async def one(number: int) -> None:
        async with turns.turn():
            begun.append(number)
            await end[number].wait()

    async with asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(one(number))
        await settle()
        assert begun == [0, 1]
        end[1].set()
        await settle()
        assert begun == [0, 1, 2]
        for event in end:
            event.set()
    assert begun == [0, 1, 2, 3]


async def test_those_that_do_not_end_make_room_and_give_back_no_second_turn() -> None:
    turns, begun, end = Turns(1, patience=5.0), list[float](), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def one() -> None:
        async with turns.turn():
            begun.append(loop.time())
            await end.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(one())
        await asyncio.sleep(12)
        end.set()
        await settle()
        end.clear()
        for _ in range(2):
            tasks.create_task(one())
        await asyncio.sleep(10)
        end.set()
    assert begun == pytest.approx([0, 5, 10, 12, 17])


async def test_who_is_cancelled_while_waiting_takes_no_turn() -> None:
    turns = Turns(1, patience=60.0)

    async def one() -> None:
        async with turns.turn():
            pass

    async with asyncio.TaskGroup() as tasks:
        async with turns.turn():
            waiting = tasks.create_task(one())
            await settle()
            waiting.cancel()
        async with asyncio.timeout(10), turns.turn():
            pass
