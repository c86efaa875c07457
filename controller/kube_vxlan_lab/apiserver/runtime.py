"""I/O. The port through which the API server reaches what runs in containers; the lab's nodes implement it.

The server itself has judged the pod and the container's name before it asks: the pod exists, has a node, and its spec has such
a container.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class NotThere(Exception):
    """The node cannot reach the container; `str()` is the kubelet's or the runtime's sentence for it.

    `container not found ("agent")` where it does not run (yet, or any more), `pod does not exist` where the node does not know
    the pod.
    """


class Unreachable(NotThere):
    """The node itself cannot be reached; `str()` is what the API server says of the connection."""


class CannotStart(Exception):
    """The container runs, but the command could not be started in it; `str()` is the runtime's sentence for it."""


class Input(Protocol):
    """A process's stdin; `asyncio.StreamWriter` is one."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Queue bytes."""

    async def drain(self) -> None:
        """Wait until it is sensible to write more. Raises `ConnectionError` when the process reads no more."""

    def close(self) -> None:
        """End of file."""


class Output(Protocol):
    """A process's stdout or stderr; `asyncio.StreamReader` is one."""

    async def read(self, n: int = -1, /) -> bytes:
        """Up to n bytes, as soon as there are any; empty at the end."""


class Process(Protocol):
    """A command that runs in a container; the lab's is `spawning.Process`. It ends by itself: nobody here kills it."""

    @property
    def stdin(self) -> Input | None:
        """None if it was started without."""

    @property
    def stdout(self) -> Output | None:
        """Always there."""

    @property
    def stderr(self) -> Output | None:
        """Always there."""

    async def wait(self) -> int:
        """Its exit code; minus the signal's number if a signal ended it."""


@dataclass(frozen=True, slots=True)
class Container:
    """Where to go."""

    namespace: str
    pod: str
    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class LogWish:
    """What of a container's log is asked for."""

    follow: bool = False
    tail: int | None = None
    """The last lines only; None: all."""
    previous: bool = False
    """Of the instance before the present one."""
    timestamps: bool = False
    """Each line after its time in RFC 3339."""


class Runtime(Protocol):
    """All nodes of the cluster."""

    async def exec(self, container: Container, argv: Sequence[str], stdin: bool) -> Process:
        """Start a command with pipes. Raises `NotThere` or `CannotStart`."""

    def logs(self, container: Container, wish: LogWish) -> AsyncIterator[bytes]:
        """Pieces of the log, lines cut anywhere; without `follow` it ends at what there is now. Raises `NotThere`."""
