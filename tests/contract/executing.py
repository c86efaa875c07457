"""Execs over WebSocket: channels, ends, refusals."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from tests.contract.server import Json, Server, eventually, pod

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
BOTH = (V5, V4)
STDIN, STDOUT, STDERR, STATUS = range(4)
CLOSE_STDIN = bytes((255, 0))


async def output_errors_and_status_have_a_channel_each(server: Server) -> None:
    await _a_pod(server)
    for protocol in BOTH:
        async with server.exec("a", "sh", "-c", "echo out; echo err >&2", protocols=(protocol,)) as socket:
            assert socket.protocol == protocol
            heard = await _all(socket)
        assert (heard[STDOUT], heard[STDERR]) == (b"out\n", b"err\n")
        assert json.loads(heard[STATUS])["status"] == "Success"


async def the_newest_protocol_is_taken(server: Server) -> None:
    await _a_pod(server)
    async with server.exec("a", "true", protocols=BOTH) as socket:
        assert socket.protocol == V5
        assert json.loads((await _all(socket))[STATUS])["status"] == "Success"


async def an_exit_code_is_in_the_status(server: Server) -> None:
    await _a_pod(server)
    for command, code in (("exit 3", "3"), ("kill -9 $$", "137"), ("kill -15 $$", "143")):
        async with server.exec("a", "sh", "-c", command, protocols=BOTH) as socket:
            status = json.loads((await _all(socket))[STATUS])
        assert (status["status"], status["reason"]) == ("Failure", "NonZeroExitCode")
        assert status["details"]["causes"] == [{"reason": "ExitCode", "message": code}]
        assert status["message"].startswith("command terminated with non-zero exit code: ")


async def arguments_arrive_as_they_are(server: Server) -> None:
    await _a_pod(server)
    odd = ("a b", "+&=%;#", "'\"", "ä€", "line\nline")
    async with server.exec("a", "sh", "-c", 'printf "<%s>" "$@"', "sh", *odd, protocols=BOTH) as socket:
        assert (await _all(socket))[STDOUT].decode() == "".join(f"<{word}>" for word in odd)


async def much_goes_both_ways_and_v5_ends_the_input(server: Server) -> None:
    await _a_pod(server)
    piece, count = bytes(range(256)) * 256, 64
    async with server.exec("a", "cat", protocols=(V5,)) as socket, asyncio.timeout(60):

        async def feed() -> None:
            for _ in range(count):
                await socket.send_bytes(b"\x00" + piece)
            await socket.send_bytes(CLOSE_STDIN)

        heard, _ = await asyncio.gather(_all(socket), feed())
    assert heard[STDOUT] == piece * count
    assert json.loads(heard[STATUS])["status"] == "Success"


async def a_command_leads_a_session_of_its_own(server: Server) -> None:
    await _a_pod(server)
    async with server.exec("a", "cat", "/proc/self/stat", protocols=BOTH) as socket:
        pid, _, _, _, group, session, *_ = (await _all(socket))[STDOUT].decode().split()
    assert pid == group == session


async def a_command_that_reads_sees_the_end_when_the_client_has_left(server: Server) -> None:
    await _a_pod(server)
    async with server.exec("a", "sh", "-c", "echo up; cat; touch /dev/shm/ended", protocols=BOTH) as socket:
        await _said(socket, b"up\n")

    async with asyncio.timeout(20):
        while True:
            async with server.exec("a", "test", "-e", "/dev/shm/ended", protocols=BOTH) as socket:
                if json.loads((await _all(socket))[STATUS])["status"] == "Success":
                    return


async def a_command_that_is_not_there_is_a_failure_without_an_exit_code_of_its_own(server: Server) -> None:
    await _a_pod(server)
    async with server.exec("a", "/no/such/program", protocols=BOTH) as socket:
        status = json.loads((await _all(socket))[STATUS])
    assert status["status"] == "Failure"
    assert "/no/such/program" in status["message"]


async def a_container_that_is_killed_ends_its_execs_with_137(server: Server) -> None:
    await _a_pod(server)
    async with server.exec("a", "sh", "-c", "echo up; cat", protocols=BOTH) as held:
        await _said(held, b"up\n")
        async with server.exec("a", "sh", "-c", "kill -TERM 1", protocols=BOTH) as socket:
            await _all(socket)
        status = json.loads((await _all(held))[STATUS])
    assert {"reason": "ExitCode", "message": "137"} in status["details"]["causes"]


async def a_container_that_the_pod_has_not_is_refused_before_anything_begins(server: Server) -> None:
    await _a_pod(server)
    assert await _refused(server, "a", "true", container="none") == 400


async def a_pod_that_is_not_there_is_404(server: Server) -> None:
    assert await _refused(server, "none", "true") == 404


async def a_pod_without_a_node_cannot_be_asked(server: Server) -> None:
    waiting = pod("a", server.image)
    waiting["spec"]["nodeSelector"] = {"no": "such-node"}
    await server.create("pods", waiting)
    assert await _refused(server, "a", "true") == 400


async def without_a_command_nothing_is_started(server: Server) -> None:
    await _a_pod(server)
    async with server.exec("a", protocols=BOTH) as socket:
        status = json.loads((await _all(socket))[STATUS])
    assert (status["status"], status["reason"]) == ("Failure", "InternalError")
    assert "args must not be empty" in status["message"]


async def a_container_that_has_ended_is_told_of_on_the_status_channel_or_at_the_door(server: Server) -> None:
    """The first in v5, which ends at the API server; the second in v4, which goes through to the node."""
    both = pod("a", server.image)
    both["spec"]["containers"].append({"name": "ended", "image": server.image, "command": ["true"]})
    both["spec"]["restartPolicy"] = "Never"
    await server.create("pods", both)
    await server.running("a")

    async def look() -> bool | None:
        there = (await server.ask("GET", server.path("pods", "a"))).body["status"]["containerStatuses"]
        return any("terminated" in one["state"] for one in there) or None

    await eventually(look, 60.0, "the container has ended")
    async with server.exec("a", "true", protocols=(V5,), container="ended") as socket:
        status = json.loads((await _all(socket))[STATUS])
    assert (status["status"], status["code"]) == ("Failure", 500)
    assert 'container not found ("ended")' in status["message"]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with server.exec("a", "true", protocols=(V4,), container="ended"):
            pass
    assert refused.value.status == 500


async def a_plain_request_is_told_to_upgrade(server: Server) -> None:
    await _a_pod(server)
    answer = await server.ask("GET", server.path("pods", "a", "exec"), command="true", stdout="true", container="app")
    assert answer.code == 400
    assert "upgrade" in json.dumps(answer.body).lower()


async def _a_pod(server: Server) -> Json:
    await server.create("pods", pod("a", server.image))
    return await server.running("a")


async def _refused(server: Server, name: str, *argv: str, container: str = "app") -> int:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with server.exec(name, *argv, protocols=BOTH, container=container):
            pass
    return refused.value.status


async def _all(socket: aiohttp.ClientWebSocketResponse) -> dict[int, bytes]:
    """What each channel carried until the server closed."""
    heard: dict[int, bytes] = {}
    async with asyncio.timeout(30):
        async for message in socket:
            assert message.type is aiohttp.WSMsgType.BINARY
            heard[message.data[0]] = heard.get(message.data[0], b"") + message.data[1:]
    return heard


async def _said(socket: aiohttp.ClientWebSocketResponse, word: bytes) -> None:
    """Wait until the command has said this."""
    heard: Any = b""
    async with asyncio.timeout(30):
        while heard != word:
            data = await socket.receive_bytes()
            heard += data[1:] if data[0] == STDOUT else b""
