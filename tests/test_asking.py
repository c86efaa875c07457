"""How long an answer is waited for. (What follows for a place: test_worker.)"""

import asyncio
from dataclasses import replace

import pytest

from kube_vxlan_controller.asking import Asking
from kube_vxlan_controller.model import ContainerName, NodeName, Target
from kube_vxlan_controller.ports import StreamEnded, Unreachable
from kube_vxlan_controller.rounds import audit_round
from tests.answering import AnsweringAgents, Counts
from tests.objects import place

pytestmark = pytest.mark.looptime
TARGET = Target(place("a"), NodeName("node-1"), ContainerName("agent"), "first")
LAST_WORDS = 1.0


@pytest.mark.parametrize(
    ("heard", "takes", "seconds"),
    [
        (None, 30.0, 30.0),
        (TARGET, 30.0, 30.0),
        (replace(TARGET, instance="second"), 30.0, 5.0 + LAST_WORDS),
        (replace(TARGET, container=ContainerName("other")), 30.0, 5.0 + LAST_WORDS),
        (replace(TARGET, instance="second"), 5.5, 5.5),
    ],
    ids=["nobody", "the same", "a new instance", "another container", "on its way"],
)
async def test_what_is_heard_of_the_target_after_five_seconds(heard: Target | None, takes: float, seconds: float) -> None:
    counts = Counts()
    asking = Asking(AnsweringAgents(takes=takes), counts, LAST_WORDS)
    began = asyncio.get_running_loop().time()
    request = asyncio.create_task(asking.ask(TARGET, audit_round(), None))
    await asyncio.sleep(5)
    assert asking.under_way
    asking.hear(heard)
    asking.hear(heard)  # hearing it again gives it no more time
    await asyncio.wait([request])
    assert asyncio.get_running_loop().time() - began == pytest.approx(seconds, abs=0.01)
    assert isinstance(request.exception(), StreamEnded) is (seconds < takes)
    assert counts.outcomes == ["audit ok" if seconds == takes else "audit streamended"]
    assert not asking.under_way


async def test_what_is_heard_before_anything_is_asked_cuts_nothing_short() -> None:
    counts = Counts()
    asking = Asking(AnsweringAgents(takes=30.0), counts, LAST_WORDS)
    asking.hear(replace(TARGET, instance="second"))
    await asking.ask(TARGET, audit_round(), None)
    assert counts.outcomes == ["audit ok"]


async def test_what_an_agent_answers_passes_as_it_is() -> None:
    counts = Counts()
    asking = Asking(AnsweringAgents(lambda _target, _ask: Unreachable("the node is down")), counts, LAST_WORDS)
    with pytest.raises(Unreachable, match="the node is down"):
        await asking.ask(TARGET, audit_round(), None)
    assert counts.outcomes == ["audit unreachable"]
