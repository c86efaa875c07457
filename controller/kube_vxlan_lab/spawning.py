"""I/O. Processes with pipes, for an event loop that starts many.

A lab starts five processes and more for each pod and one for each exec. asyncio's own way is a fork of all that the lab holds,
in which uvloop makes itself anew before the program begins: 11 to 15 ms of CPU each (measured, in a process that holds 100,000
objects and 150 pipes). A `posix_spawn` takes about one. Law: whoever is started is reaped when it ends, also where nobody
waits for it.
"""

import asyncio
import os
import signal
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from enum import Enum, auto
from io import FileIO
from typing import Literal

_IGNORABLE = tuple(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})
"""What a program may find ignored because this one does (Python ignores SIGPIPE)."""


class Outputs(Enum):
    """Where a process writes to."""

    APART = auto()
    """Its stdout and its stderr are read here."""
    TOGETHER = auto()
    """Both are read here as one, its `stdout`."""
    NOWHERE = auto()


class Process:
    """A process that was started here. `returncode` is None until it has ended; minus a signal's number if that ended it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.stdin: StreamWriter | None = None
        self.stdout: StreamReader | None = None
        self.stderr: StreamReader | None = None
        self.returncode: int | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self._watch = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(self._watch, self._reap)

    def connect(self, into: FileIO | None, out: FileIO | None, err: FileIO | None) -> asyncio.Task[None]:
        """Take our ends of its pipes; done when they are in the loop's hands."""

        async def connected() -> None:
            self.stdin = await _writer(into) if into else None
            self.stdout = await _reader(out) if out else None
            self.stderr = await _reader(err) if err else None

        self._connecting = asyncio.create_task(connected())
        return self._connecting

    async def wait(self) -> int:
        """Its exit code, when it has ended."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    async def read(self) -> bytes:
        """What it still writes, stdout and then stderr, when it has ended."""
        outputs = [one.read() for one in (self.stdout, self.stderr) if one is not None]
        *said, _ = await asyncio.gather(*outputs, self.wait())
        return b"".join(one for one in said if isinstance(one, bytes))

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._watch)
        os.close(self._watch)
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._ended.set()


async def spawn(
    argv: Sequence[str], outputs: Outputs, *, stdin: bool = False, environment: Mapping[str, str] | None = None
) -> Process:
    """Start a program, found in our PATH; without `stdin` it has nothing to read. Raises `OSError` if it cannot be started.

    No signal is ignored or blocked in it, and it has no descriptor of ours but its three (those that we were started with may
    be inheritable). Where this is cancelled, it ends.
    """
    with ExitStack() as ours:
        with ExitStack() as theirs:
            into = _pipe(theirs, ours, "wb") if stdin else None
            out = _pipe(theirs, ours, "rb") if outputs is not Outputs.NOWHERE else None
            err = _pipe(theirs, ours, "rb") if outputs is Outputs.APART else None
            null = os.open(os.devnull, os.O_RDWR)
            theirs.callback(os.close, null)
            ends = (into, out, out if outputs is Outputs.TOGETHER else err)
            pid = os.posix_spawnp(  # noqa: ASYNC221 - it returns when the program has begun, after a millisecond
                argv[0],
                [*argv],
                os.environ if environment is None else environment,
                file_actions=[(os.POSIX_SPAWN_DUP2, end[0] if end else null, number) for number, end in enumerate(ends)],
                setsigmask=(),
                setsigdef=_IGNORABLE,
            )
        ours.pop_all()
    process = _watched(pid)
    try:
        # To its end in any case: of a pipe that is half handed over nobody knows who closes it.
        await asyncio.shield(process.connect(into and into[1], out and out[1], err and err[1]))
    except BaseException:
        process.kill()
        if process.stdin is not None:
            process.stdin.close()
        raise
    return process


def _watched(pid: int) -> Process:
    try:
        return Process(pid)
    except OSError:  # no descriptor is left to watch it by
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def _pipe(theirs: ExitStack, ours: ExitStack, mode: Literal["rb", "wb"]) -> tuple[int, FileIO]:
    """A pipe that we use in this mode: the process's end, and ours."""
    reading, writing = os.pipe()
    their, our = (writing, reading) if mode == "rb" else (reading, writing)
    theirs.callback(os.close, their)
    return their, ours.enter_context(open(our, mode, buffering=0))


class _Input(StreamWriter):
    """To a pipe of which only `drain` tells that nobody reads it any more: in uvloop `write` raises a nameless error then."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self.is_closing():
            super().write(data)


class _Output(asyncio.StreamReaderProtocol):
    """Of a pipe that is closed at its end, which uvloop leaves to whoever reads."""

    def eof_received(self) -> bool:
        super().eof_received()
        return False


async def _reader(end: FileIO) -> StreamReader:
    reader = StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: _Output(reader), end)
    return reader


async def _writer(end: FileIO) -> StreamWriter:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, end)
    return _Input(transport, protocol, None, loop)
