"""How long a gate waits: for its peers, and not for ever."""

import asyncio

import pytest

from kube_vxlan_controller.gate import Gate
from kube_vxlan_controller.model import ContainerName, NodeName, Target
from tests.objects import place

pytestmark = pytest.mark.looptime(start=0)
PATIENCE = 2.0
A = Target(place("a"), NodeName("node-1"), ContainerName("agent"), "1")
ANEW = Target(place("a"), NodeName("node-1"), ContainerName("agent"), "2")


def now() -> float:
    return asyncio.get_running_loop().time()


def ready_after(seconds: float) -> asyncio.Event:
    event = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, event.set)
    return event


async def test_it_waits_for_all_peers() -> None:
    await Gate(PATIENCE).wait(A, [ready_after(0.5), ready_after(1.5), ready_after(1.0)], asyncio.Event())
    assert now() == pytest.approx(1.5)


async def test_it_waits_for_nobody_longer_than_its_patience() -> None:
    gate = Gate(PATIENCE)
    await gate.wait(A, [ready_after(60.0)], asyncio.Event())
    assert now() == pytest.approx(PATIENCE)
    assert gate.is_over(A)


async def test_another_wish_ends_the_waiting() -> None:
    await Gate(PATIENCE).wait(A, [ready_after(60.0)], ready_after(0.3))
    assert now() == pytest.approx(0.3)


async def test_its_patience_is_one_however_often_it_waits() -> None:
    gate = Gate(PATIENCE)
    while not gate.is_over(A):
        await gate.wait(A, [ready_after(60.0)], ready_after(0.3))
    assert now() == pytest.approx(PATIENCE)


async def test_it_begins_anew_when_it_was_opened_and_for_another_container() -> None:
    gate = Gate(PATIENCE)
    await gate.wait(A, [ready_after(60.0)], asyncio.Event())
    assert gate.is_over(A)
    assert not gate.is_over(ANEW)
    await gate.wait(ANEW, [ready_after(60.0)], asyncio.Event())
    assert gate.is_over(ANEW)
    gate.opened()
    assert not gate.is_over(ANEW)
