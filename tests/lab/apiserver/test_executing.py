import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import msgspec
import pytest

from kube_vxlan_lab.apiserver.resources import Json
from tests.lab.apiserver.hosted import Hosted, a_pod

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
BOTH = (V5, V4)


@pytest.fixture
def pod(server: Hosted) -> str:
    containers = [{"name": "app", "image": "x"}, {"name": "stopped", "image": "x"}]
    server.store.create(a_pod(nodeName="n", containers=containers))
    return "/api/v1/namespaces/default/pods/a/exec"


def opened(
    server: Hosted, path: str, *argv: str, protocols: tuple[str, ...] = BOTH, container: str = "app"
) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
    query = [("command", word) for word in argv]
    query += [("container", container), ("stdin", "true"), ("stdout", "true"), ("stderr", "true")]
    return server.session.ws_connect(f"{server.url}{path}?{urlencode(query)}", protocols=protocols, compress=0, max_msg_size=0)


async def frames(socket: aiohttp.ClientWebSocketResponse) -> dict[int, bytes]:
    """What each channel carried until the server closed."""
    heard: dict[int, bytes] = {}
    async with asyncio.timeout(10):
        async for message in socket:
            assert message.type is aiohttp.WSMsgType.BINARY
            heard[message.data[0]] = heard.get(message.data[0], b"") + message.data[1:]
    assert socket.close_code == 1000
    return heard


async def started(socket: aiohttp.ClientWebSocketResponse, word: bytes) -> None:
    """Waits until the command has said its first word."""
    assert (await socket.receive(timeout=5)).data == b"\x01"
    assert (await socket.receive(timeout=5)).data == b"\x01" + word


def status(heard: dict[int, bytes]) -> Json:
    decoded: Json = msgspec.json.decode(heard[3])
    return decoded


@pytest.mark.parametrize("protocol", [V5, V4])
async def test_an_exec_says_ready_then_what_the_command_says_then_how_it_ended(server: Hosted, pod: str, protocol: str) -> None:
    async with opened(server, pod, "sh", "-c", "echo out; echo err >&2", protocols=(protocol,)) as socket:
        assert socket.protocol == protocol
        first = await socket.receive(timeout=5)
        assert first.data == b"\x01"
        heard = await frames(socket)
    assert heard == {1: b"out\n", 2: b"err\n", 3: b'{"metadata":{},"status":"Success"}'}


async def test_v5_is_preferred(server: Hosted, pod: str) -> None:
    async with opened(server, pod, "true", protocols=(V4, V5)) as socket:
        assert socket.protocol == V5


@pytest.mark.parametrize(("command", "code"), [("exit 3", "3"), ("kill -9 $$", "137"), ("kill -15 $$", "143")])
async def test_exit_codes(server: Hosted, pod: str, command: str, code: str) -> None:
    async with opened(server, pod, "sh", "-c", command) as socket:
        said = status(await frames(socket))
    assert (said["status"], said["reason"]) == ("Failure", "NonZeroExitCode")
    assert said["details"]["causes"] == [{"reason": "ExitCode", "message": code}]


async def test_stdin_ends_in_v5_when_the_client_says_so(server: Hosted, pod: str) -> None:
    async with opened(server, pod, "cat") as socket:
        await socket.send_bytes(b"\x00hello ")
        await socket.send_bytes(b'\x04{"Width":80}')
        await socket.send_bytes(b"\x00world")
        await socket.send_bytes(bytes((255, 0)))
        heard = await frames(socket)
    assert heard[1] == b"hello world"
    assert status(heard)["status"] == "Success"


async def test_stdin_does_not_end_in_v4(server: Hosted, pod: str) -> None:
    async with opened(server, pod, "cat", protocols=(V4,)) as socket:
        await socket.receive(timeout=5)
        await socket.send_bytes(bytes((255, 0)))
        await socket.send_bytes(b"\x00still open")
        assert (await socket.receive(timeout=5)).data == b"\x01still open"


async def test_much_goes_through_both_ways_at_once(server: Hosted, pod: str) -> None:
    piece, count = b"\x00" + bytes(range(256)) * 256, 64
    async with opened(server, pod, "cat") as socket, asyncio.timeout(20):

        async def feed() -> None:
            for _ in range(count):
                await socket.send_bytes(piece)
            await socket.send_bytes(bytes((255, 0)))

        heard, _ = await asyncio.gather(frames(socket), feed())
    assert heard[1] == piece[1:] * count


async def test_a_command_that_does_not_read_holds_the_client_back(server: Hosted, pod: str) -> None:
    async def flood(socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await socket.send_bytes(b"\x00" + b"x" * 65536)

    async with opened(server, pod, "sh", "-c", "echo up; exec sleep 60") as socket:
        await started(socket, b"up\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(flood(socket), 0.5)
        server.runtime.started[0].kill()


async def test_a_command_that_reads_no_more_is_not_disturbed(server: Hosted, pod: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = f"exec <&-; echo closed; while [ ! -e {mark} ]; do sleep 0.01; done; echo done"
    async with opened(server, pod, "sh", "-c", script) as socket:
        await started(socket, b"closed\n")
        for _ in range(20):
            await socket.send_bytes(b"\x00" + b"x" * 8192)
        mark.touch()
        assert (await frames(socket))[1] == b"done\n"


async def test_leaving_closes_stdin_and_kills_nobody(server: Hosted, pod: str) -> None:
    """What the command still writes is read, so it gets to its own end."""
    async with opened(server, pod, "sh", "-c", "echo up; cat; head -c 1000000 /dev/zero; exit 7") as socket:
        await started(socket, b"up\n")
    [process] = server.runtime.started
    assert await asyncio.wait_for(process.wait(), 5) == 7


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_command_that_reads_ends_when_the_client_leaves(server: Hosted, pod: str, how: str) -> None:
    async with opened(server, pod, "sh", "-c", "echo up; exec cat") as socket:
        await started(socket, b"up\n")
        if how == "abort":
            await server.session.close()
        else:
            await socket.close()
        [process] = server.runtime.started
        assert await asyncio.wait_for(process.wait(), 5) == 0


async def test_a_child_that_holds_stdout_holds_the_exec(server: Hosted, pod: str) -> None:
    async with opened(server, pod, "sh", "-c", "(read -r x; echo child) <&0 & exit 0") as socket:
        assert (await socket.receive(timeout=5)).data == b"\x01"
        await socket.send_bytes(b"\x00go\n")
        heard = await frames(socket)
    assert heard[1] == b"child\n"


async def test_a_container_that_does_not_run_is_told_after_the_upgrade_in_v5(server: Hosted, pod: str) -> None:
    async with opened(server, pod, "true", container="stopped") as socket:
        said = status(await frames(socket))
    assert said["message"] == 'Internal error occurred: unable to upgrade connection: container not found ("stopped")'
    assert (said["reason"], said["code"]) == ("InternalError", 500)


async def test_a_container_that_does_not_run_is_plain_http_in_v4(server: Hosted, pod: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with opened(server, pod, "true", protocols=(V4,), container="stopped"):
            pass
    assert caught.value.status == 500


@pytest.mark.parametrize("protocol", [V5, V4])
async def test_a_command_that_cannot_start(server: Hosted, pod: str, protocol: str) -> None:
    async with opened(server, pod, "no-such-command", protocols=(protocol,)) as socket:
        said = status(await frames(socket))
    assert said["reason"] == "InternalError"
    assert 'error executing command in container: exec: "no-such-command"' in said["message"]


@pytest.mark.parametrize(
    ("path", "query", "code", "message"),
    [
        ("absent/exec", "command=true&stdout=1", 404, 'pods "absent" not found'),
        ("a/exec", "command=true&stdout=1", 400, "a container name must be specified for pod a, choose one of: [app stopped]"),
        ("a/exec", "command=true&stdout=1&container=odd", 400, "container odd is not valid for pod a"),
        ("a/exec", "command=true&container=app", 400, "you must specify at least 1 of stdin, stdout, stderr"),
        ("b/exec", "command=true&stdout=1", 400, "pod b does not have a host assigned"),
    ],
)
async def test_what_is_refused_before_the_upgrade(
    server: Hosted, pod: str, path: str, query: str, code: int, message: str
) -> None:
    server.store.create(a_pod("b"))
    got, said = await server.ask("GET", f"/api/v1/namespaces/default/pods/{path}?{query}")
    assert (got, said["message"]) == (code, message)


async def test_what_is_no_upgrade_to_a_known_protocol_is_refused(server: Hosted, pod: str) -> None:
    code, said = await server.ask("GET", f"{pod}?command=true&stdout=1&container=app")
    assert (code, said["message"][:24]) == (400, "Upgrade request required")
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with opened(server, pod, "true", protocols=("v3.channel.k8s.io",)):
            pass
    assert caught.value.status == 403


async def test_argv_round_trips(server: Hosted, pod: str) -> None:
    words = ["a b", "+", "&", "=", "%41", ";", "#", "'", '"', "\n", "ü", "", "*"]
    async with opened(server, pod, "printf", "%s|", *words) as socket:
        heard = await frames(socket)
    assert heard[1].decode() == "".join(f"{word}|" for word in words)
