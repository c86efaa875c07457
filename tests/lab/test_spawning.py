"""Processes as the lab starts them."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
import uvloop

from kube_vxlan_lab.spawning import Outputs, spawn

LIBRARYS = 1 << 31 | 1 << 32
"""Signals 32 and 33, which the C library keeps for itself."""


def on_uvloop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Runs a test as the lab runs."""

    @wraps(test)
    def run(*given: Any, **more: Any) -> None:
        uvloop.run(test(*given, **more))

    return run


@on_uvloop
async def test_outputs_are_read_apart_or_together() -> None:
    script = ("sh", "-c", "echo out; echo err >&2; exit 3")
    process = await spawn(script, Outputs.APART)
    assert process.stdout is not None
    assert process.stderr is not None
    assert (await process.stdout.read(), await process.stderr.read(), await process.wait()) == (b"out\n", b"err\n", 3)
    process = await spawn(script, Outputs.TOGETHER)
    assert process.stderr is None
    assert (await process.read(), process.returncode) == (b"out\nerr\n", 3)
    process = await spawn(script, Outputs.NOWHERE)
    assert (process.stdout, process.stderr, await process.wait()) == (None, None, 3)


@on_uvloop
async def test_much_goes_through_it_until_its_input_is_closed() -> None:
    process = await spawn(("cat",), Outputs.APART, stdin=True)
    assert process.stdin is not None
    much = bytes(range(256)) * 4096

    async def feed(stdin: asyncio.StreamWriter) -> None:
        for at in range(0, len(much), 65536):
            stdin.write(much[at : at + 65536])
            await stdin.drain()
        stdin.close()

    said, _ = await asyncio.gather(process.read(), feed(process.stdin))
    assert said == much
    assert process.returncode == 0


@on_uvloop
async def test_without_an_input_there_is_nothing_to_read() -> None:
    process = await spawn(("cat",), Outputs.APART)
    assert process.stdin is None
    assert (await process.read(), process.returncode) == (b"", 0)


@on_uvloop
async def test_one_that_reads_no_more_is_told_by_a_broken_pipe() -> None:
    process = await spawn(("sh", "-c", "exec <&-; echo closed; exec sleep 60"), Outputs.APART, stdin=True)
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdout.readline()
    with pytest.raises(ConnectionError):  # noqa: PT012
        while True:
            process.stdin.write(bytes(65536))
            await process.stdin.drain()
            await asyncio.sleep(0.01)
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    process.kill()  # no harm


@on_uvloop
async def test_it_has_its_environment_no_strange_descriptors_and_no_ignored_signals() -> None:
    kept = os.open(os.devnull, os.O_RDONLY)
    strays = _inheritable()
    script = 'echo "$A/$B"; ls /proc/self/fd; grep -E "^Sig(Ign|Blk)" /proc/self/status'
    process = await spawn(("sh", "-c", script), Outputs.APART, environment={"A": "1", "PATH": os.environ["PATH"]})
    words, *signals = (await process.read()).decode().split("Sig")
    os.close(kept)
    assert [int(one.split()[1], 16) & ~LIBRARYS for one in signals] == [0, 0]
    assert set(words.split()) - strays == {"1/", "0", "1", "2", "3"} - strays  # 3 is where ls reads


@on_uvloop
async def test_what_cannot_be_started_leaves_nothing() -> None:
    before = os.listdir("/proc/self/fd")
    with pytest.raises(FileNotFoundError):
        await spawn(("no-such-program",), Outputs.APART, stdin=True)
    assert os.listdir("/proc/self/fd") == before


@on_uvloop
async def test_nothing_is_left_of_one_that_has_ended() -> None:
    before = await _descriptors()
    process = await spawn(("true",), Outputs.APART)
    await process.read()
    await _until(lambda: os.listdir("/proc/self/fd") == before)


@on_uvloop
async def test_one_that_nobody_waits_for_is_reaped() -> None:
    async def abandoned() -> int:
        return (await spawn(("true",), Outputs.NOWHERE)).pid

    pid = await abandoned()
    await _until(lambda: not Path(f"/proc/{pid}").exists())


@on_uvloop
async def test_one_whose_start_is_cancelled_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    starting: list[asyncio.Task[object]] = []
    real = os.posix_spawnp

    def spawnp(*given: Any, **more: Any) -> int:
        begun.append(real(*given, **more))
        starting[0].cancel()
        return begun[0]

    before = await _descriptors()
    monkeypatch.setattr(os, "posix_spawnp", spawnp)
    starting.append(asyncio.create_task(spawn(("sleep", "3600"), Outputs.APART, stdin=True)))
    with pytest.raises(asyncio.CancelledError):
        await starting[0]
    await _until(lambda: not Path(f"/proc/{begun[0]}").exists())
    await _until(lambda: os.listdir("/proc/self/fd") == before)


@on_uvloop
async def test_many_at_once() -> None:
    async def one(number: int) -> bytes:
        return await (await spawn(("sh", "-c", f"sleep 0.0{number % 10}; echo {number}"), Outputs.APART)).read()

    assert await asyncio.gather(*map(one, range(100))) == [f"{number}\n".encode() for number in range(100)]


async def _descriptors() -> list[str]:
    """What is open when the loop has opened all that it needs for processes."""
    pipes = _pipes()
    process = await spawn(("true",), Outputs.APART, stdin=True)
    await process.read()
    assert process.stdin is not None
    process.stdin.close()
    await _until(lambda: _pipes() == pipes)
    return os.listdir("/proc/self/fd")


def _pipes() -> set[str]:
    found = set()
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # that of the directory itself
            found.add(os.readlink(f"/proc/self/fd/{descriptor}"))
    return {one for one in found if one.startswith("pipe:")}


def _inheritable() -> set[str]:
    found = set()
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # that of the directory itself
            if os.get_inheritable(int(descriptor)):
                found.add(descriptor)
    return found


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
