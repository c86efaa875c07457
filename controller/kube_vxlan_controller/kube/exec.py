"""I/O. Pod Exec over a WebSocket: `ports.Exec` for the agents' streams, and `run` for a command that ends.

A command ends in exactly one of four ways: a status frame tells how; the server refuses the upgrade, with a body that says
why; the connection is lost without a status, and nobody knows; our deadline passes, and nobody knows either. Laws: no status
frame, no success. stdout and stderr stay apart, as bytes. Closing does not kill the remote command: one that reads its input
sees it end. No task is made here; who reads slowly slows the remote down.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import assert_never

import aiohttp

from kube_vxlan_controller.kube import answers
from kube_vxlan_controller.kube.channels import (
    END_OF_INPUT,
    PROTOCOLS,
    STDERR_KEPT,
    V5,
    Channel,
    End,
    Exited,
    Failed,
    end,
    input_frames,
    not_started,
)
from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.wire import WebSocket
from kube_vxlan_controller.ports import NotRunning, Target, Unknown, Unreachable

CLOSING = 0.25
"""Seconds for a polite close; then the connection is cut."""
STDOUT_KEPT = 1 << 20
"""Bytes of stdout that `run` keeps."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended. `cut` tells that stdout was longer than what is kept of it."""

    code: int
    stdout: bytes
    stderr: bytes
    cut: bool = False


class PodExec:
    """Implements `ports.Exec`."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def open(self, target: Target, argv: tuple[str, ...]) -> "PodStream":
        """See `ports.Exec`. That the server accepts does not mean that the node did: the first `receive` may tell."""
        return await self._start(target, argv, stdin=True)

    async def run(self, target: Target, argv: tuple[str, ...], stdin: bytes | None = None, deadline: float = 30.0) -> Result:
        """Run a command to its end, within `deadline` seconds.

        Raises what `open` raises when it was not started, `Unknown` when nobody can tell how it went. With `stdin` over
        v4 the command must know by itself where its input ends: that version cannot say so.
        """
        try:
            async with asyncio.timeout(deadline):
                stream = await self._start(target, argv, stdin=stdin is not None, writes=True)
                try:
                    return await _converse(stream, stdin)
                finally:
                    await stream.close()
        except TimeoutError as error:
            raise Unknown(f"exec in {target.place}: no end within {deadline:g} s; it may still be running") from error

    async def _start(self, target: Target, argv: tuple[str, ...], stdin: bool, writes: bool = False) -> "PodStream":
        place = target.place
        what = f"exec in {place} ({target.container})"
        params = [("container", target.container), *(("command", word) for word in argv)]
        params += [("stdin", str(stdin).lower()), ("stdout", "true"), ("stderr", "true"), ("tty", "false")]
        path = f"/api/v1/namespaces/{place.namespace}/pods/{place.name}/exec"
        try:
            socket = await self._api.websocket(path, params, PROTOCOLS, writes)
        except answers.Invalid as error:
            # 400: the pod has no node yet, or no container of that name.
            raise (NotRunning(str(error)) if error.status == 400 else error) from error
        except answers.Failing as error:
            failure = not_started(Failed(error.answer.message, error.answer.code), what)
            raise (error if isinstance(failure, Unreachable) else failure) from error
        if socket.protocol is None:
            await PodStream(socket, what).close()
            raise Unreachable(f"{what}: the server speaks neither of {', '.join(PROTOCOLS)}")
        return PodStream(socket, what)


class PodStream:
    """Implements `ports.ExecStream`. `send` and `receive` may be awaited at the same time, each by one task."""

    def __init__(self, socket: WebSocket, what: str) -> None:
        self._socket = socket
        self._transport = socket.transport()
        self._what = what
        self._heard = False
        self.stderr = bytearray()
        self.end: End | None = None
        """What the status frame said, once it was there."""

    @property
    def half_closes(self) -> bool:
        """Whether `end_input` means anything to the remote."""
        return self._socket.protocol == V5

    async def send(self, data: bytes) -> None:
        """See `ports.ExecStream`."""
        for frame in input_frames(data):
            await self._send(frame)

    async def end_input(self) -> None:
        """Tell the remote that its stdin has ended; only where `half_closes`. Raises `Unknown`."""
        await self._send(END_OF_INPUT)

    async def receive(self) -> bytes:
        """See `ports.ExecStream`."""
        piece = await self.next()
        if piece is not None:
            return piece
        raise NotRunning(f"{self._what}: the command ended with {self.exit_code()}{self._complaint()}")

    async def next(self) -> bytes | None:
        """The next piece of stdout; None when there will be no more, then `exit_code` tells why."""
        while self.end is None:
            message = await self._socket.receive()
            if message.type is not aiohttp.WSMsgType.BINARY:
                # Text is not part of the protocol; everything else means that the connection is over.
                return None
            data: bytes = message.data
            channel, content = data[:1], data[1:]
            if not content:
                continue
            if channel[0] == Channel.STDOUT:
                self._heard = True
                return content
            if channel[0] == Channel.STDERR:
                self.stderr += content[: STDERR_KEPT - len(self.stderr)]
            elif channel[0] == Channel.STATUS:
                self.end = end(content)
        return None

    def exit_code(self) -> int:
        """How the command ended. Raises `Unknown` when nobody can tell, else what kept it from being started."""
        match self.end:
            case None:
                raise Unknown(f"{self._what}: the connection ended without a status; nobody can tell how the command did")
            case Exited(code):
                return code
            case Failed(text) if self._heard:
                raise Unknown(f"{self._what}: {text}{self._complaint()}")
            case Failed() as failed:
                raise not_started(failed, self._what)
            case _ as never:
                assert_never(never)

    async def close(self) -> None:
        """See `ports.ExecStream`."""
        try:
            async with asyncio.timeout(CLOSING):
                await self._socket.close()
        except (TimeoutError, aiohttp.ClientError, OSError):
            pass
        finally:
            if self._transport is not None:
                self._transport.abort()

    async def _send(self, frame: bytes) -> None:
        try:
            await self._socket.send_bytes(frame)
        except (aiohttp.ClientError, OSError) as error:
            raise Unknown(f"{self._what}: the connection was lost while sending ({error})") from error

    def _complaint(self) -> str:
        return f": {answers.excerpt(bytes(self.stderr))}" if self.stderr else ""


async def _converse(stream: PodStream, stdin: bytes | None) -> Result:
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(_feed(stream, stdin)) if stdin is not None else None
        stdout, cut = bytearray(), False
        while (piece := await stream.next()) is not None:
            cut = cut or len(stdout) + len(piece) > STDOUT_KEPT
            stdout += piece[: STDOUT_KEPT - len(stdout)]
        if sending is not None:
            sending.cancel()
    return Result(stream.exit_code(), bytes(stdout), bytes(stream.stderr), cut)


async def _feed(stream: PodStream, stdin: bytes) -> None:
    # When the command has ended without reading all of its input, its status says how; the broken pipe says less.
    with contextlib.suppress(Unknown):
        await stream.send(stdin)
        if stream.half_closes:
            await stream.end_input()
