"""Pure. The exec protocol inside a WebSocket: which byte means what, and how a command's end is told.

A message's first byte names its channel, the rest belongs to it. Laws: only a status frame ends a command; what it says is
read tolerantly, since API server, kubelet and runtime each word it their own way; nothing is decoded before it is whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import msgspec

from kube_vxlan_controller.kube import answers
from kube_vxlan_controller.ports import Forbidden, Gone, NotRunning, Unreachable, WorldError

V5 = "v5.channel.k8s.io"
V4 = "v4.channel.k8s.io"
PROTOCOLS = (V5, V4)
"""In the order of our liking; v4 cannot tell the remote that its input has ended, v5 can."""
LARGEST_FRAME = 128 << 10
"""Bytes of stdin in one message."""
STDERR_KEPT = 1 << 20
"""Bytes of stderr that are kept of one command; a runtime repeats a whole argv there."""
END_OF_INPUT = b"\xff\x00"
"""v5: the stdin channel is closed."""


class Channel(IntEnum):
    """What travels in a message."""

    STDIN = 0
    STDOUT = 1
    STDERR = 2
    STATUS = 3
    RESIZE = 4


@dataclass(frozen=True, slots=True)
class Exited:
    """The command ran and ended."""

    code: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The command was not started, or nobody knows how it ended; the text is the server's."""

    text: str
    status: int = 500


End = Exited | Failed


class _Cause(msgspec.Struct, frozen=True):
    reason: str | None = None
    message: str | None = None


class _Details(msgspec.Struct, frozen=True):
    causes: list[_Cause] | None = None


def input_frames(data: bytes) -> Iterator[bytes]:
    """The messages that carry `data` to the remote's stdin."""
    view = memoryview(data)
    for start in range(0, len(view), LARGEST_FRAME):
        yield b"".join((b"\x00", view[start : start + LARGEST_FRAME]))


def end(frame: bytes) -> End:
    """What a status frame (without its channel byte) says. Never raises: what it does not understand is `Failed`."""
    try:
        status = msgspec.json.decode(frame, type=answers.Status)
    except msgspec.MsgspecError:
        return Failed(answers.excerpt(frame) or "an empty status")
    if status.status == "Success":
        return Exited(0)
    code = _exit_code(status)
    if code is not None:
        return Exited(code)
    text = answers.excerpt((status.message or status.reason or "").encode()) or answers.excerpt(frame)
    return Failed(text, status.code or 500)


def _exit_code(status: answers.Status) -> int | None:
    if status.reason != "NonZeroExitCode":
        return None
    try:
        causes = msgspec.convert(status.details, type=_Details).causes or ()
    except msgspec.ValidationError:
        causes = ()
    texts = [cause.message or "" for cause in causes if cause.reason == "ExitCode"]
    # Without details the number is still in the sentence that every runtime writes.
    texts += re.findall(r"exit code (\d+)", status.message or "")
    return next((int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10), None)


_NOBODY_THERE = re.compile(
    r"container not found|CONTAINER_EXITED|CONTAINER_CREATED|is not running|not in running state|container .* is not created"
    r"|cannot exec in a (?:stopped|paused) (?:container|state)|unable to find a running|ContainerCreating|no running task"
    r"|sandbox .* not found"
    # A kubelet's words: after a restart it knows none of its pods for a second or two, and nothing is told when it does again.
    r"|pod does not exist",
    re.IGNORECASE,
)
_POD_GONE = re.compile(r"pods? \"[^\"]*\" not found", re.IGNORECASE)


def not_started(failed: Failed, what: str) -> WorldError:
    """What follows when a command did not start: by the text, since servers put any of these into a 500."""
    said = f"{what}: {failed.status}: {failed.text}"
    if _POD_GONE.search(failed.text):
        return Gone(said)
    if _NOBODY_THERE.search(failed.text):
        return NotRunning(said)
    if failed.status == 403:
        return Forbidden(said)
    return Unreachable(f"{said}. The node or its runtime could not start the command.")
