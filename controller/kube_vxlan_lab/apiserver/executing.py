"""I/O. One exec over WebSocket: five channels on one connection, in protocol v5 or v4.

The first byte of a frame is its channel: 0 stdin, 1 stdout, 2 stderr, 3 the status, 4 the terminal's size (read and ignored);
in v5 `255, n` closes channel n. The server says that it is ready by one empty frame, and ends with one `Status` on channel 3
and close code 1000.

Laws: closing the connection closes the command's stdin and nothing else, the command is not killed and what it still writes is
read and dropped. Whatever fails behind the API server is a Status on channel 3 in v5, after the upgrade, as on 1.30 to 1.35;
in v4 the node's refusal comes as plain HTTP 500, since the real API server then only passes bytes.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from aiohttp import WSMsgType, web
from multidict import MultiMapping

from kube_vxlan_lab.apiserver.failures import Refusal, bad_request
from kube_vxlan_lab.apiserver.resources import Json, name_of, namespace_of
from kube_vxlan_lab.apiserver.runtime import CannotStart, Container, Input, NotThere, Output, Process, Runtime, Unreachable
from kube_vxlan_lab.apiserver.shapes import named_container
from kube_vxlan_lab.apiserver.troubles import Troubles

V5 = "v5.channel.k8s.io"
V4 = "v4.channel.k8s.io"
STDIN, STDOUT, STDERR, STATUS = range(4)
CLOSE = 255
_FRAME = 32 * 1024
"""Bytes of an output frame at most, the channel included, as on the real server."""
_GOODBYE = 1.0
"""Seconds that a client has to answer the closing of the connection."""


@dataclass(frozen=True, slots=True)
class ExecWish:
    """What a client wants to run, and which of its streams it wants."""

    argv: tuple[str, ...]
    stdin: bool
    stdout: bool
    stderr: bool


def container_of(pod: Json, wished: str) -> Container:
    """The container that a request for exec or logs means. Raises a 400 Refusal."""
    name = named_container(pod, wished)
    if not pod["spec"].get("nodeName"):
        raise bad_request(f"pod {name_of(pod)} does not have a host assigned")
    return Container(namespace_of(pod), name_of(pod), pod["metadata"]["uid"], name)


def parse_wish(query: MultiMapping[str]) -> ExecWish:
    """The wish in a request's query. Raises a 400 Refusal."""
    stdin, stdout, stderr = (query.get(key, "").lower() in ("1", "true") for key in ("stdin", "stdout", "stderr"))
    if not (stdin or stdout or stderr):
        raise bad_request("you must specify at least 1 of stdin, stdout, stderr")
    return ExecWish(tuple(query.getall("command", ())), stdin, stdout, stderr)


@dataclass(frozen=True, slots=True)
class Backend:
    """What an exec goes through to its container."""

    runtime: Runtime
    troubles: Troubles


async def execute(request: web.BaseRequest, backend: Backend, container: Container, wish: ExecWish) -> web.StreamResponse:
    """Answer a request for an exec; returns when the command has ended, which may be after the client has left."""
    backend.troubles.refuse(container.uid, container.pod)
    offered = [text.strip() for text in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise bad_request("Upgrade request required: this server speaks WebSocket (v5.channel.k8s.io, v4.channel.k8s.io)")
    chosen = next((protocol for protocol in (V5, V4) if protocol in offered), None)
    if chosen is None:
        raise Refusal(403, "Forbidden", "the client offers neither v5.channel.k8s.io nor v4.channel.k8s.io")
    socket = web.WebSocketResponse(protocols=(chosen,), compress=False, max_msg_size=0, timeout=_GOODBYE)
    session = _Session(socket, wish, container.uid, backend.troubles)
    if chosen == V5:
        await session.open(request)
    try:
        if not wish.argv:
            raise CannotStart("args must not be empty")  # the API server lets it pass
        process = await backend.runtime.exec(container, wish.argv, wish.stdin)
    except NotThere as error:
        if chosen == V4:
            return web.Response(status=500, text=str(error))
        what = "error dialing backend" if isinstance(error, Unreachable) else "unable to upgrade connection"
        await session.end(_internal_error(f"{what}: {error}"))
    except CannotStart as error:
        if chosen == V4:
            await session.open(request)
        failed = f"error executing command in container: {error}"
        await session.end(_internal_error(f"Internal error occurred: {failed}" if chosen == V5 else failed))
    else:
        if chosen == V4:
            await session.open(request)
        await session.carry(process, half_close=chosen == V5)
    return socket


class _Session:
    """One connection and its wish."""

    def __init__(self, socket: web.WebSocketResponse, wish: ExecWish, uid: str, troubles: Troubles) -> None:
        self._socket = socket
        self._wish = wish
        self._uid = uid
        self._troubles = troubles
        self._transport: asyncio.Transport | None = None
        self._fed = False

    async def open(self, request: web.BaseRequest) -> None:
        """Upgrade, and say so on the lowest channel that the client reads."""
        await self._socket.prepare(request)
        self._transport = request.transport
        await self._send(bytes((STDOUT if self._wish.stdout else STDERR if self._wish.stderr else STATUS,)))

    async def carry(self, process: Process, *, half_close: bool) -> None:
        """Pass bytes both ways until the command has ended and its outputs are closed; then tell how it ended."""
        async with asyncio.TaskGroup() as tasks:
            feeding = tasks.create_task(self._feed(process.stdin, half_close))
            complaining = tasks.create_task(self._drain(process.stderr, STDERR, self._wish.stderr))
            await self._drain(process.stdout, STDOUT, self._wish.stdout)
            await complaining
            code = await process.wait()
            feeding.cancel()
        await self.end(_exit_status(code, self._wish.argv, at_node=not half_close))

    async def end(self, status: Json) -> None:
        """The last frame, and goodbye."""
        await self._send(bytes((STATUS,)) + msgspec.json.encode(status))
        await self._socket.close()

    async def _send(self, frame: bytes) -> None:
        if self._socket.closed:
            return
        with suppress(ConnectionError):  # The client has left; the command goes on without it.
            await self._socket.send_bytes(frame)

    async def _drain(self, output: Output | None, channel: int, wanted: bool) -> None:
        head = bytes((channel,))
        while output is not None and (data := await output.read(_FRAME - 1)):
            if not await self._troubles.output(self._uid, self._fed):
                self._cut()
            elif wanted:
                await self._send(head + data)

    def _cut(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def _feed(self, stdin: Input | None, half_close: bool) -> None:
        """Frames into stdin, as fast as the command reads; its end when the client closes it or leaves."""
        try:
            async for message in self._socket:
                if message.type is not WSMsgType.BINARY or not message.data:
                    continue
                if not await self._troubles.input(self._uid):
                    return
                if half_close and message.data[0] == CLOSE and message.data[1:2] == bytes((STDIN,)):
                    if stdin is not None:
                        stdin.close()
                        stdin = None
                elif message.data[0] == STDIN and stdin is not None:
                    self._fed = True
                    stdin = await _written(stdin, memoryview(message.data)[1:])
        finally:
            if stdin is not None:
                stdin.close()


async def _written(stdin: Input, data: memoryview) -> Input | None:
    """The stdin, or None if the command reads no more, which concerns nobody but the command."""
    stdin.write(data)
    try:
        await stdin.drain()
    except ConnectionError:
        stdin.close()
        return None
    return stdin


def _exit_status(code: int, argv: tuple[str, ...], *, at_node: bool) -> Json:
    """How a command ended, in the words of the node's runtime or of the API server."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    shown = code if code > 0 else 128 - code
    at = f"error executing command [{' '.join(argv)}], exit code {shown}"
    said = at if at_node else f"command terminated with exit code {shown}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: {said}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(shown)}]},
    }


def _internal_error(message: str) -> Json:
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {message}",
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    }
