"""That `run` becomes a controller and ends when told to; what the controller does is tested elsewhere."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from kube_vxlan_controller import cli
from tests.cli.cluster import Cluster

SOURCE = "import sys; from kube_vxlan_controller.cli import main; sys.exit(main())"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextlib.asynccontextmanager
async def running(cluster: Cluster, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SOURCE, "run", *words, *cluster.options), stderr=asyncio.subprocess.PIPE, env=environment
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def test_it_gets_ready_and_ends_when_told_to(cluster: Cluster) -> None:
    port = free_port()
    async with (
        running(cluster, f"--listen=127.0.0.1:{port}") as process,
        asyncio.timeout(30),
        aiohttp.ClientSession() as session,
    ):
        while not await ready(session, port):
            assert process.returncode is None
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, err = await process.communicate()
    assert process.returncode == 0
    assert " INFO started " in err.decode()
    assert "Traceback" not in err.decode()


async def test_a_port_in_use_is_one_line_and_1(cluster: Cluster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with running(cluster, f"--listen=127.0.0.1:{taken.getsockname()[1]}") as process, asyncio.timeout(30):
            _, err = await process.communicate()
    assert process.returncode == 1
    (line,) = err.decode().splitlines()
    assert " ERROR " in line
    assert "cannot be listened on" in line


async def ready(session: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False
