"""Pure. A stream of bytes as lines, and lines of a watch as events.

Laws: a line that is too long costs no memory and is told, never silently lost; a line that is no event makes the whole stream
untrustworthy, an object that cannot be read does not.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

LONGEST = 4 << 20
"""Bytes of one line; etcd refuses objects above 1.5 MiB."""


class TooLong:
    """Stands for a line that was dropped."""


TOO_LONG = TooLong()


class Event(msgspec.Struct, frozen=True, gc=False):
    """One line of a watch, its object not yet decoded."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]
    object: msgspec.Raw = msgspec.Raw()


class _MarkMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    annotations: dict[str, str] | None = None


class Bookmark(msgspec.Struct, frozen=True):
    """The object of a BOOKMARK event: how far the stream is."""

    metadata: _MarkMeta

    @property
    def ends_list(self) -> bool:
        """Whether everything that there was has been sent by now."""
        return (self.metadata.annotations or {}).get("k8s.io/initial-events-end") == "true"


class Lines:
    """Cuts what arrives into lines; keeps at most one unfinished line."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._pieces: list[bytes] = []
        self._length = 0

    def feed(self, data: bytes) -> Iterator[bytes | TooLong]:
        """The lines that `data` completes, without their ends; empty ones are left out."""
        *ended, rest = data.split(b"\n")
        for piece in ended:
            line = self._complete(piece)
            if line:
                yield line
        self._keep(rest)

    def _complete(self, piece: bytes) -> bytes | TooLong:
        if not self._pieces and not self._length:
            return piece if len(piece) <= self._longest else TOO_LONG
        self._keep(piece)
        line = b"".join(self._pieces) if self._length <= self._longest else TOO_LONG
        self._pieces, self._length = [], 0
        return line

    def _keep(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > self._longest:
            self._pieces = []
        elif piece:
            self._pieces.append(piece)
