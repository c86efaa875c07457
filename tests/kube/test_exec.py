import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from aiohttp import WSMsgType, web

from kube_vxlan_controller.kube import answers
from kube_vxlan_controller.kube.channels import STDERR_KEPT, V4, V5
from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.connection import Token
from kube_vxlan_controller.kube.exec import STDOUT_KEPT, PodExec, PodStream, Result
from kube_vxlan_controller.model import ContainerName, Namespace, NodeName, Place, PodName, PodUid
from kube_vxlan_controller.ports import Exec, ExecStream, Forbidden, Gone, NotRunning, Target, Unknown, Unreachable, WorldError
from tests.kube.scripted import Part, Scripted, refuses, says, text

TARGET = Target(Place(Namespace("n"), PodName("a"), PodUid("u")), NodeName("node"), ContainerName("agent"))
ARGV = ("kube-vxlan-agent", "serve")

SUCCESS = b"\x03" + msgspec.json.encode({"metadata": {}, "status": "Success"})
OUT, ERR, STATUS = b"\x01", b"\x02", b"\x03"


def exits(code: int) -> bytes:
    causes = [{"reason": "ExitCode", "message": str(code)}]
    status = {"status": "Failure", "reason": "NonZeroExitCode", "message": f"command terminated with exit code {code}"}
    return STATUS + msgspec.json.encode(status | {"details": {"causes": causes}})


def fails(message: str, code: int = 500) -> bytes:
    return STATUS + msgspec.json.encode({"status": "Failure", "reason": "InternalError", "message": message, "code": code})


def upgrades(talk: Callable[[web.WebSocketResponse], Awaitable[None]], *protocols: str) -> Part:
    """An exec that is accepted: sends the empty frame of a real server, talks, closes."""

    async def part(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=protocols or (V5, V4), autoclose=False)
        await socket.prepare(request)
        await socket.send_bytes(OUT)
        await talk(socket)
        await socket.close()
        return socket

    return part


def sends(*frames: bytes) -> Part:
    async def talk(socket: web.WebSocketResponse) -> None:
        for frame in frames:
            await socket.send_bytes(frame)

    return upgrades(talk)


async def echo(socket: web.WebSocketResponse) -> None:
    """`cat` with v5."""
    async for message in socket:
        assert message.type is WSMsgType.BINARY
        if message.data == b"\xff\x00":
            return await socket.send_bytes(SUCCESS)
        for start in range(1, len(message.data), 32 << 10):
            await socket.send_bytes(OUT + message.data[start : start + (32 << 10)])
    return None


@pytest.fixture
def pods(api: ApiClient) -> PodExec:
    return PodExec(api)


async def everything(stream: PodStream) -> tuple[bytes, WorldError]:
    """All of stdout and how it ended."""
    found = b""
    try:
        while True:
            found += await stream.receive()
    except WorldError as error:
        return found, error
    finally:
        await stream.close()


def test_the_ports(pods: PodExec) -> None:
    asked: Exec = pods
    kind: type[ExecStream] = PodStream
    assert asked
    assert kind


async def test_what_is_asked(server: Scripted, pods: PodExec) -> None:
    server.play(sends(SUCCESS))
    argv = ("sh", "-c", "a b+c&d=%41;#\"'\n/é", "", "?*")
    await (await pods.open(TARGET, argv)).close()
    (request,) = server.requests
    assert request.path == "/api/v1/namespaces/n/pods/a/exec"
    assert request.query.getall("command") == list(argv)
    flags = {name: request.query[name] for name in ("container", "stdin", "stdout", "stderr", "tty")}
    assert flags == {"container": "agent", "stdin": "true", "stdout": "true", "stderr": "true", "tty": "false"}
    assert request.headers["Sec-WebSocket-Protocol"] == f"{V5},{V4}"
    assert "Sec-WebSocket-Extensions" not in request.headers
    assert request.headers["Authorization"] == "Bearer secret"


async def test_a_conversation(server: Scripted, pods: PodExec) -> None:
    server.play(upgrades(echo))
    stream = await pods.open(TARGET, ARGV)
    await stream.send(b"one")
    assert await stream.receive() == b"one"
    await stream.send(b"two\xff\x00")
    assert await stream.receive() == b"two\xff\x00"
    await stream.close()
    await stream.close()
    with pytest.raises(Unknown):
        await stream.send(b"three")
    with pytest.raises(Unknown):
        await stream.receive()


async def test_a_character_that_is_split_over_frames_and_channels_that_are_mixed(server: Scripted, pods: PodExec) -> None:
    character = "é".encode()
    server.play(sends(OUT + character[:1], ERR + b"warn", OUT, OUT + character[1:], ERR + b"ing", exits(64)))
    assert await pods.run(TARGET, ARGV) == Result(64, character, b"warning")


@pytest.mark.parametrize(
    ("frames", "error", "says_"),
    [
        ([SUCCESS], NotRunning, "ended with 0"),
        ([ERR + b"no such\nthing", exits(64)], NotRunning, "ended with 64: no such thing"),
        ([OUT + b"x", exits(137)], NotRunning, "ended with 137"),
        ([], Unknown, "without a status"),
        ([OUT + b"partial"], Unknown, "without a status"),
        ([fails('container not found ("agent")')], NotRunning, "container not found"),
        ([fails("pod does not exist", 404)], NotRunning, "pod does not exist"),
        ([fails("error dialing backend: no route to host")], Unreachable, "no route to host"),
        ([OUT + b"x", fails("error reading from backend")], Unknown, "error reading"),
        ([STATUS + b"\xff"], Unreachable, "\ufffd"),
    ],
)
async def test_how_a_stream_ends(
    server: Scripted, pods: PodExec, frames: list[bytes], error: type[WorldError], says_: str
) -> None:
    server.play(sends(*frames))
    _, told = await everything(await pods.open(TARGET, ARGV))
    assert type(told) is error
    assert says_ in str(told)
    assert "n/a" in str(told)
    assert "\n" not in str(told)


async def test_an_aborted_connection_is_unknown(server: Scripted, pods: PodExec) -> None:
    async def part(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=(V4,))
        await socket.prepare(request)
        await socket.send_bytes(OUT + b"half an ans")
        await socket.receive()
        assert request.transport is not None
        request.transport.abort()
        return socket

    server.play(part)
    stream = await pods.open(TARGET, ARGV)
    await stream.send(b"request")
    found, told = await everything(stream)
    assert found == b"half an ans"
    assert type(told) is Unknown


@pytest.mark.parametrize(
    ("part", "error", "says_"),
    [
        (refuses(400, "BadRequest", "container x is not valid for pod a"), NotRunning, "container x is not valid"),
        (refuses(403, "Forbidden", "policy denies it"), Forbidden, "policy denies it"),
        (refuses(404, "NotFound", 'pods "a" not found'), Gone, 'pods "a" not found'),
        (text("pod does not exist", 404), NotRunning, "pod does not exist"),
        (text("404 page not found", 404), Unreachable, "404 page not found"),
        (refuses(409, "Conflict", "x"), answers.Conflict, "x"),
        (text('container not found ("agent")', 500), NotRunning, "container not found"),
        (text("container is in CONTAINER_EXITED state", 500), NotRunning, "CONTAINER_EXITED"),
        (text("<html>Bad Gateway", 502, "text/html"), Unreachable, "Bad Gateway"),
        (text("", 302, headers={"Location": "https://elsewhere.example/"}), Unreachable, "Redirects are refused"),
        (says({}), Unreachable, "200 is no upgrade"),
    ],
)
async def test_a_refused_upgrade_tells_why(
    server: Scripted, pods: PodExec, part: Part, error: type[WorldError], says_: str
) -> None:
    server.play(part)
    with pytest.raises(WorldError) as caught:
        await pods.open(TARGET, ARGV)
    assert isinstance(caught.value, error)
    assert says_ in str(caught.value)
    assert len(server.requests) == 1


async def test_an_upgrade_is_tried_again_with_a_new_token(server: Scripted) -> None:
    tokens = iter("12")

    async def source() -> Token:
        return Token(f"Bearer {next(tokens)}")

    server.play(refuses(401, "Unauthorized", "expired"), sends(SUCCESS))
    async with ApiClient(server.connection(source)) as api:
        assert (await PodExec(api).run(TARGET, ARGV)).code == 0
    assert [request.headers["Authorization"] for request in server.requests] == ["Bearer 1", "Bearer 2"]


async def test_a_full_token_cache_says_when_to_come_back(server: Scripted, pods: PodExec) -> None:
    server.play(text("maximum number of in-flight requests exceeded", 429, headers={"Retry-After": "60"}))
    with pytest.raises(Unreachable) as caught:
        await pods.open(TARGET, ARGV)
    assert caught.value.retry_after == 60.0


async def test_a_connection_that_is_cut_during_the_upgrade_is_not_tried_again(server: Scripted, pods: PodExec) -> None:
    server.play(server.aborts())
    with pytest.raises(Unreachable):
        await pods.open(TARGET, ARGV)
    with pytest.raises(Unknown):
        await pods.run(TARGET, ARGV)
    assert len(server.requests) == 2


async def test_a_server_of_neither_protocol(server: Scripted, pods: PodExec) -> None:
    server.play(upgrades(echo, "v1.channel.k8s.io"))
    with pytest.raises(Unreachable, match="neither"):
        await pods.open(TARGET, ARGV)


async def test_the_older_protocol_where_there_is_no_other(server: Scripted, pods: PodExec) -> None:
    server.play(upgrades(echo, V4))
    stream = await pods.open(TARGET, ARGV)
    assert not stream.half_closes
    await stream.send(b"x")
    assert await stream.receive() == b"x"
    await stream.close()


async def test_megabytes_go_both_ways_at_once(server: Scripted, pods: PodExec) -> None:
    server.play(upgrades(echo))
    sent = bytes(range(256)) * (16 << 10)
    found = await pods.run(TARGET, ("cat",), sent)
    assert found.code == 0
    assert found.stdout == sent[:STDOUT_KEPT]
    assert found.cut


async def test_no_more_stderr_is_kept_than_promised(server: Scripted, pods: PodExec) -> None:
    server.play(sends(*[ERR + b"x" * (32 << 10)] * 40, SUCCESS))
    found = await pods.run(TARGET, ARGV)
    assert len(found.stderr) == STDERR_KEPT
    assert not found.cut


async def test_a_slow_reader_slows_the_remote_down(server: Scripted, pods: PodExec) -> None:
    sent = 0

    async def talk(socket: web.WebSocketResponse) -> None:
        nonlocal sent
        for _ in range(4096):
            await socket.send_bytes(OUT + b"x" * (32 << 10))
            sent += 1
        await socket.send_bytes(SUCCESS)

    server.play(upgrades(talk))
    stream = await pods.open(TARGET, ARGV)
    before = -1
    while before != sent:
        # Blocked sockets show as a number that no longer grows while everybody else had their turns.
        before = sent
        await turns(200)
    assert sent < 4096
    found = 0
    while (piece := await stream.next()) is not None:
        found += len(piece)
    assert found == 4096 * (32 << 10)
    assert stream.exit_code() == 0
    await stream.close()


async def turns(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0.0005)


async def test_a_command_that_leaves_its_input_unread(server: Scripted, pods: PodExec) -> None:
    server.play(sends(exits(1)))
    assert (await pods.run(TARGET, ("false",), b"x" * (8 << 20))).code == 1


async def test_run_without_input_says_so(server: Scripted, pods: PodExec) -> None:
    server.play(sends(SUCCESS))
    assert await pods.run(TARGET, ("true",)) == Result(0, b"", b"")
    assert server.requests[0].query["stdin"] == "false"


async def test_run_that_does_not_end_is_unknown(server: Scripted, pods: PodExec) -> None:
    async def silent(socket: web.WebSocketResponse) -> None:
        await server.over.wait()

    server.play(upgrades(silent))
    with pytest.raises(Unknown, match=r"no end within 0\.2 s"):
        await pods.run(TARGET, ("sleep", "9"), deadline=0.2)


async def test_run_whose_connection_is_lost_is_unknown(server: Scripted, pods: PodExec) -> None:
    server.play(sends(OUT + b"all good, but who knows"))
    with pytest.raises(Unknown):
        await pods.run(TARGET, ("true",))


async def test_letting_go_of_a_peer_that_does_not_answer_is_quick(server: Scripted, pods: PodExec) -> None:
    async def deaf(socket: web.WebSocketResponse) -> None:
        await server.over.wait()

    server.play(upgrades(deaf))
    streams = await asyncio.gather(*[pods.open(TARGET, ARGV) for _ in range(16)])
    began = time.monotonic()
    await asyncio.gather(*[stream.close() for stream in streams])
    assert time.monotonic() - began < 3, "one after the other would take four seconds"
    assert all(transport.is_closing() for stream in streams if (transport := stream._transport) is not None)


async def test_cancelling_a_reader_leaves_nothing_behind(server: Scripted, pods: PodExec) -> None:
    server.play(upgrades(echo))
    stream = await pods.open(TARGET, ARGV)
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(stream.receive())
        await turns(1)
        reading.cancel()
    # A cancelled reader spoils nothing: the stream can be used again.
    await stream.send(b"again")
    assert await stream.receive() == b"again"
    await stream.close()
