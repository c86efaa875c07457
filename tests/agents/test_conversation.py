"""What can go wrong on one stream, and that nobody takes an answer for one to another request."""

import asyncio
import os
import signal
from dataclasses import replace

import pytest

from kube_vxlan_controller.ports import Ask, NotRunning, Rejected, Unknown, Unreachable, WorldError
from tests.agents.execs import LIMITS, A, Cut, Processes, eventually, streams


@pytest.mark.parametrize(
    ("command", "error", "told"),
    [
        (("sh", "-c", "exit 3"), NotRunning, "ended with 3"),
        (("echo", "hello"), Rejected, "begin with 'hello'"),
        (("echo", "kube-vxlan-agent 9 - uid-a"), Rejected, "protocol 9"),
        (("echo", "kube-vxlan-agent 1 - -"), Rejected, "POD_UID"),
        (("printf", r"kube-vxlan-agent 1 - uid-a\nend 1\n"), Rejected, "nothing that was asked"),
    ],
)
async def test_what_does_not_greet_as_an_agent(command: tuple[str, ...], error: type[WorldError], told: str) -> None:
    processes = Processes(lambda _: command)
    async with streams(processes) as agents:
        with pytest.raises(error, match=told):
            await agents.ask(A, Ask())
        assert (agents.open, processes.running()) == (0, 0)


async def test_every_cut_of_the_connection_is_unknown_and_the_next_ask_starts_anew() -> None:
    processes = Processes()
    greeting = len(f"kube-vxlan-agent 1 digest,show,ready,release {A.place.uid}\n")
    async with asyncio.TaskGroup() as tasks:

        async def cut(after: int) -> None:
            async with streams(Cut(processes, after)) as agents:
                with pytest.raises(Unreachable if after <= greeting else Unknown):
                    await agents.ask(A, Ask())
                assert (await agents.ask(A, Ask())).complaints == ()

        for after in (0, 1, greeting - 1, greeting, greeting + 1, greeting + len("end 1")):
            tasks.create_task(cut(after))
    assert processes.running() == 0


async def test_an_agent_that_does_not_answer_is_given_up() -> None:
    processes = Processes()
    async with streams(processes, replace(LIMITS, answer_within=1, grace=0.0)) as agents:
        first = await agents.ask(A, Ask())
        os.kill(processes.started[-1].process.pid, signal.SIGSTOP)
        with pytest.raises(Unknown, match="not answered within 1 s"):
            await agents.ask(A, Ask(), first.stream)
        assert (await agents.ask(A, Ask())).stream != first.stream
    assert processes.running() == 0


async def test_a_cancelled_request_closes_its_stream() -> None:
    processes = Processes()
    async with streams(processes) as agents:
        first = await agents.ask(A, Ask())
        os.kill(processes.started[0].process.pid, signal.SIGSTOP)
        asking = asyncio.create_task(agents.ask(A, Ask(), first.stream))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        second = await agents.ask(A, Ask())
        assert second.stream != first.stream


async def test_what_was_not_asked_for_closes_the_stream() -> None:
    script = 'echo "kube-vxlan-agent 1 - $POD_UID"; read -r go; read -r go; echo end 1; echo end 1; exec sleep 60'
    processes = Processes(lambda _: ("sh", "-c", script))
    async with streams(processes) as agents:
        told = await agents.ask(A, Ask())
        await eventually(lambda: agents.open == 0)
        with pytest.raises(Unknown):
            await agents.ask(A, Ask(), told.stream)
