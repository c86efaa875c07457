"""Streams against the real agent: `Ask()` asks for nothing, so most of this needs no network namespace."""

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest

from kube_vxlan_controller.agents.streams import Streams
from kube_vxlan_controller.model import ContainerName, Epoch, InterfaceName
from kube_vxlan_controller.ports import (
    Ask,
    Reading,
    Rejected,
    StreamEnded,
    StreamId,
    Target,
    Unknown,
    Unreachable,
)
from tests.agent.pod import UID, Pod, agent_pod
from tests.agents.execs import AGENT, LIMITS, A, Counting, Processes, eventually, streams, target

ADD = "link add name vxeth1 type vxlan id 101 dev eth0 dstport 8472 learning ttl 0"


async def test_a_stream_is_opened_once_and_stays() -> None:
    processes = Processes()
    async with streams(processes) as agents:
        first = await agents.ask(A, Ask())
        again = await agents.ask(A, Ask(), first.stream)
        other = await agents.ask(target("b"), Ask())
        assert first.stream == again.stream != other.stream
        assert (len(processes.started), agents.open) == (2, 2)
    assert processes.running() == 0


def test_streams_stay_open_from_one_audit_to_the_next() -> None:
    assert LIMITS.for_audits(60.0) == LIMITS
    assert LIMITS.for_audits(900.0).warm_for > 900.0


async def test_one_request_at_a_time_on_one_stream() -> None:
    processes = Processes()
    async with streams(processes) as agents:
        told = await asyncio.gather(*(agents.ask(A, Ask()) for _ in range(30)))
        assert len({it.stream for it in told}) == len(processes.started) == 1


async def test_a_request_for_a_stream_that_is_gone_is_not_sent() -> None:
    processes = Processes()
    async with streams(processes) as agents:
        with pytest.raises(Unknown, match="nothing was sent"):
            await agents.ask(A, Ask(), StreamId(1))
        assert processes.started == []
        first = await agents.ask(A, Ask())
        processes.started[0].process.kill()
        await eventually(lambda: agents.open == 0)
        with pytest.raises(Unknown, match="nothing was sent"):
            await agents.ask(A, Ask(), first.stream)
        second = await agents.ask(A, Ask())
        assert second.stream != first.stream
        with pytest.raises(Unknown, match="nothing was sent"):
            await agents.ask(A, Ask(), first.stream)


async def test_another_container_is_asked_on_a_stream_of_its_own() -> None:
    processes = Processes()
    async with streams(processes) as agents:
        first = await agents.ask(replace(A, instance="1"), Ask())
        with pytest.raises(Unknown, match="nothing was sent"):
            await agents.ask(replace(A, instance="2"), Ask(), first.stream)
        second = await agents.ask(replace(A, instance="2"), Ask())
        assert second.stream != first.stream
        assert (await agents.ask(replace(A, instance="2"), Ask())).stream == second.stream
        await eventually(lambda: (agents.open, processes.running()) == (1, 1))


async def test_another_pod_of_that_name_is_rejected() -> None:
    processes = Processes(lambda _: ("env", "POD_UID=uid-of-another", str(AGENT), "serve"))
    async with streams(processes) as agents:
        with pytest.raises(Rejected, match="another pod") as rejected:
            await agents.ask(A, Ask())
        assert (rejected.value.code, agents.open, processes.running()) == ("uid", 0, 0)


async def test_a_refusal_keeps_the_stream() -> None:
    async with streams(Processes()) as agents:
        first = await agents.ask(A, Ask())
        with pytest.raises(Rejected, match="not allowed") as rejected:
            await agents.ask(A, Ask(entries=("fdb flush",)))
        assert rejected.value.code == "line"
        assert (await agents.ask(A, Ask(), first.stream)).stream == first.stream


async def test_a_silent_node_is_left_alone_until_it_answers_again() -> None:
    silent = True
    processes = Processes(lambda target: ("sleep", "60") if silent and target.node == A.node else (str(AGENT), "serve"))
    async with streams(processes, replace(LIMITS, open_within=1.0, silences=2, rest=0.5)) as agents:
        for outcome in await asyncio.gather(*(agents.ask(target(name), Ask()) for name in "ab"), return_exceptions=True):
            assert isinstance(outcome, Unreachable)
            assert "not greeted" in str(outcome)
        with pytest.raises(Unreachable, match="left alone") as left:
            await agents.ask(A, Ask())
        assert 0 < (left.value.retry_after or 0) <= 0.5
        assert (len(processes.started), processes.running()) == (2, 0)
        assert await agents.ask(target("c", "node2"), Ask())
        silent = False
        async with asyncio.timeout(20):
            while not await answers(agents):  # noqa: ASYNC110 (trying is what finds out)
                await asyncio.sleep(0.01)


async def test_a_silent_agent_does_not_wait_for_another_one() -> None:
    processes = Processes(lambda _: ("sleep", "60"))
    async with streams(processes, replace(LIMITS, open_within=1.0)) as agents:
        await asyncio.gather(*(agents.ask(target(name), Ask()) for name in "ab"), return_exceptions=True)
        trying = asyncio.create_task(agents.ask(target("a"), Ask()))
        await eventually(lambda: len(processes.started) == 3)
        with pytest.raises(Unreachable, match="another agent there is being tried first"):
            await agents.ask(target("b"), Ask())
        assert not trying.done()
        with pytest.raises(Unreachable, match="not greeted"):
            await trying


async def test_a_node_that_stays_silent_is_left_alone_again_and_again() -> None:
    processes = Processes(lambda _: ("sleep", "60"))
    async with streams(processes, replace(LIMITS, open_within=0.3, silences=1, rest=0.3)) as agents:
        for round_ in (1, 2):
            with pytest.raises(Unreachable, match="not greeted"):
                await agents.ask(A, Ask())
            with pytest.raises(Unreachable, match="left alone"):
                await agents.ask(A, Ask())
            assert len(processes.started) == round_
            await asyncio.sleep(0.4)


async def test_nodes_of_which_nothing_is_heard_any_more_are_forgotten() -> None:
    processes = Processes(lambda _: ("sleep", "60"))
    async with streams(processes, replace(LIMITS, open_within=0.05, rest=0.01)) as agents:
        for number in range(10):
            one = target(f"pod-{number}", f"node-{number}")
            with pytest.raises(Unreachable, match="not greeted"):
                await agents.ask(one, Ask())
            await agents.forget(one.place)
            await asyncio.sleep(0.05)
        assert agents.nodes <= 2


async def test_the_newest_stream_of_a_pod_is_its_only_one() -> None:
    """Agents carry out no changes on any other one."""
    processes = Processes()
    init = replace(A, container=ContainerName("vxlan-controller-agent-init"))
    async with streams(processes) as agents:
        first = await agents.ask(A, Ask())
        await agents.ask(init, Ask())
        await eventually(lambda: (agents.open, processes.running()) == (1, 1))
        with pytest.raises(StreamEnded):
            await agents.ask(A, Ask(), first.stream)
        assert (await agents.ask(A, Ask())).stream != first.stream
        await eventually(lambda: (agents.open, processes.running()) == (1, 1))


async def test_a_pod_that_is_dropped_at_the_moment_of_its_greeting_leaves_nothing() -> None:
    processes = Processes()
    async with streams(processes) as agents:
        for _ in range(20):
            asking = asyncio.create_task(agents.ask(A, Ask()))
            while not agents.open:  # noqa: ASYNC110  the moment is what it is about
                await asyncio.sleep(0)
            asking.cancel()
            await agents.forget(A.place)
            await eventually(lambda: (agents.open, processes.running()) == (0, 0))


async def test_silent_agents_take_neither_the_turns_of_their_neighbours_nor_their_node() -> None:
    processes = Processes(lambda target: ("sleep", "60") if target.place.name in "ab" else (str(AGENT), "serve"))
    async with streams(processes, replace(LIMITS, open_within=2.0, opening_per_node=2, silences=3)) as agents:

        async def try_both() -> list[BaseException | object]:
            return await asyncio.gather(*(agents.ask(target(name), Ask()) for name in "ab"), return_exceptions=True)

        await try_both()
        for _ in range(2):
            again = asyncio.create_task(try_both())
            await eventually(lambda: processes.running() == 1)
            assert await agents.ask(target("c"), Ask())
            assert not again.done()
            first, second = map(str, await again)
            assert "not greeted" in first
            assert "another agent there is being tried first" in second
            await agents.forget(target("c").place)
            await eventually(lambda: agents.open == 0)


async def answers(agents: Streams) -> bool:
    try:
        await agents.ask(A, Ask())
    except Unreachable:
        return False
    return True


async def test_forgetting_closes_also_in_the_middle() -> None:
    processes = Processes()
    async with streams(processes) as agents:
        await agents.ask(A, Ask())
        await agents.forget(A.place)
        await agents.forget(target("never seen").place)
        await eventually(lambda: agents.open == 0)
        await agents.ask(A, Ask())
        os.kill(processes.started[1].process.pid, signal.SIGSTOP)
        asking = asyncio.create_task(agents.ask(A, Ask()))
        await asyncio.sleep(0)
        await agents.forget(A.place)
        with pytest.raises(Unknown, match="closed"):
            await asking
    assert processes.running() == 0


async def test_leaving_closes_everything_also_in_the_middle() -> None:
    processes = Processes()
    async with streams(processes) as agents:
        await asyncio.gather(*(agents.ask(target(name), Ask()) for name in "abcdef"))
        os.kill(processes.started[0].process.pid, signal.SIGSTOP)
        asking = asyncio.create_task(agents.ask(A, Ask()))
        await asyncio.sleep(0)
    with pytest.raises((Unknown, Unreachable)):
        await asking
    with pytest.raises(Unreachable, match="stopping"):
        await agents.ask(A, Ask())
    assert (processes.running(), agents.open) == (0, 0)


async def test_openings_are_bounded_per_node_and_in_all() -> None:
    counting = Counting(Processes())
    async with streams(counting, replace(LIMITS, opening_per_node=2, opening=5)) as agents:
        await asyncio.gather(*(agents.ask(target(f"{node}-{number}", node), Ask()) for number in range(4) for node in "xyzw"))
        assert (counting.most.pop("all"), max(counting.most.values())) == (5, 2)


async def test_more_streams_than_may_be_warm_are_closed_again() -> None:
    processes = Processes()
    async with streams(processes, replace(LIMITS, warm=3)) as agents:
        for name in "abcdefgh":
            await agents.ask(target(name), Ask())
        await eventually(lambda: agents.open == 3)
        await eventually(lambda: processes.running() == 3)
        assert (await agents.ask(target("h"), Ask())).complaints == ()


async def test_an_idle_stream_is_closed_after_a_while() -> None:
    processes = Processes()
    async with streams(processes, replace(LIMITS, warm_for=0.05)) as agents:
        first = await agents.ask(A, Ask())
        await eventually(lambda: agents.open == 0)
        assert (await agents.ask(A, Ask())).stream != first.stream


async def test_nothing_is_kept_of_those_who_left() -> None:
    async with streams(Processes()) as agents:
        for name in "abc":
            await agents.ask(target(name, f"node-{name}"), Ask())
            await agents.forget(target(name).place)
        await eventually(lambda: agents.open == 0)
        assert (agents._seats, agents._nodes, agents._warm) == ({}, {}, {})


async def test_any_cancelling_leaves_every_agent_to_be_asked() -> None:
    processes, chance = Processes(), random.Random(7)
    async with streams(processes, replace(LIMITS, warm=4)) as agents:
        targets = [target(name, f"node{number % 2}") for number, name in enumerate("abcdef")]
        for _ in range(25):
            asking = [asyncio.create_task(agents.ask(chance.choice(targets), Ask())) for _ in range(6)]
            await asyncio.sleep(chance.choice([0, 0, 0.002, 0.01]))
            for task in chance.sample(asking, 3):
                task.cancel()
            for outcome in await asyncio.gather(*asking, return_exceptions=True):
                assert not isinstance(outcome, Exception) or isinstance(outcome, Unknown), outcome
        assert [(await agents.ask(one, Ask())).complaints for one in targets] == [()] * 6
    assert (processes.running(), agents.open) == (0, 0)


@pytest.fixture
def pod() -> Iterator[Pod]:
    with agent_pod() as pod:
        yield pod


def here(pod: Pod) -> Processes:
    return Processes(lambda _: pod.command("env", f"POD_UID={UID}", str(AGENT), "serve"))


P = Target(replace(A.place, uid=UID), A.node, A.container)


@pytest.mark.kernel
async def test_requests_are_carried_out_with_the_epoch_of_the_moment(pod: Pod) -> None:
    epoch = 5
    async with Streams(here(pod), lambda: Epoch(epoch), LIMITS) as agents:
        told = await agents.ask(P, Ask(batch=(ADD,), read=((Reading.DIGEST, (InterfaceName("vxeth1"),)),)))
        assert (told.complaints, told.readings) == ((), {Reading.DIGEST: "vxeth1 d41d8cd98f00b204e9800998ecf8427e\n"})
        again = await agents.ask(P, Ask(batch=(ADD,)), told.stream)
        assert any("File exists" in line for line in again.complaints)
        epoch = 4
        with pytest.raises(Rejected) as rejected:
            await agents.ask(P, Ask(batch=("link set dev vxeth1 up",)), told.stream)
        assert rejected.value.code == "epoch"
        assert "refuses the request (epoch): a controller that was started" in str(rejected.value)
        assert "its epoch is 5" in str(rejected.value)
        assert (await agents.ask(P, Ask(read=((Reading.LINKS, ()),)), told.stream)).readings[Reading.LINKS].startswith("[")


@pytest.mark.kernel
async def test_a_stream_that_is_superseded_is_given_up_and_the_next_one_is_the_newest(pod: Pod) -> None:
    async with streams(here(pod)) as agents, streams(here(pod)) as others:
        first = await agents.ask(P, Ask())
        await others.ask(P, Ask())
        with pytest.raises(Unknown, match=r"refuses the request \(superseded\): a later stream with the epoch"):
            await agents.ask(P, Ask(batch=(ADD,)), first.stream)
        again = await agents.ask(P, Ask())
        assert again.stream != first.stream
        assert (await agents.ask(P, Ask(batch=(ADD,)), again.stream)).complaints == ()


@pytest.mark.kernel
async def test_a_busy_namespace_may_be_tried_again(pod: Pod) -> None:
    holder = await asyncio.create_subprocess_exec(
        *pod.command("sh", "-c", "exec 9</proc/self/ns/net && flock 9 && echo locked && exec sleep 60"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"locked\n"
    async with streams(here(pod)) as agents:
        with pytest.raises(Unreachable, match="another writer"):
            await agents.ask(P, Ask(batch=(ADD,)))
        holder.kill()
        await holder.communicate()
        assert (await agents.ask(P, Ask(batch=(ADD,)))).complaints == ()
