"""Pure. Requests and answers as bytes: the controller's side of the agents' protocol (`docs/protocol.md`).

Laws: what is encoded depends on its arguments alone; the events that a stream decodes to do not depend on where it was
cut; whatever arrives, nothing but `Garbled` is raised; nobody can make us hold more than `ANSWER_LIMIT` bytes and what one
`feed` brought; an answer without its end line is no event.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from kube_vxlan_controller.agents import VERSION as VERSION
from kube_vxlan_controller.model import Epoch, PodUid
from kube_vxlan_controller.ports import Ask, Finally, Reading

VERSIONS = frozenset({VERSION})
"""What is spoken at all: the newest and, once there is one, the version before it."""
ANSWER_LIMIT = 8 << 20
"""Bytes of one answer, sections and all."""
LINE_LIMIT = 4096
"""Bytes of a line that is not part of a section."""

_WRITES = frozenset({"batch", "neighbours", "entries", "ready", "release"})
_READS = {f"read-{reading}": reading for reading in Reading}
_WHOLE = frozenset({Reading.LINKS, Reading.ROUTES})


class Garbled(ValueError):
    """What arrived is not the agents' protocol; the message says what it was instead. The stream is of no more use."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a request says before its sections."""

    id: int
    uid: PodUid
    epoch: Epoch
    deadline: int
    """Seconds after which the agent gives the request up."""
    idle: int
    """Seconds after which the agent ends if no other request comes."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The first line of an agent. `uid` is None if the agent cannot tell its pod."""

    version: int
    features: frozenset[str]
    uid: PodUid | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A request was carried out: what was complained of, a line each, and what was read.

    A reading that failed is not among the readings; what it printed is a complaint.
    """

    id: int
    complaints: tuple[str, ...] = ()
    readings: dict[Reading, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing of a request was done; `code` is one of the table in `docs/protocol.md`."""

    id: int
    code: str
    sentence: str


Event = Hello | Answer | Refusal


def encode(header: Header, ask: Ask) -> bytes:
    """One request. Raises ValueError for a line that would not stay one line (a mistake of ours)."""
    parts = [f"ask {VERSION} {header.id} {header.uid} {header.epoch} {header.deadline} {header.idle}\n"]
    for name, lines in (("batch", ask.batch), ("neighbours", ask.neighbours), ("entries", ask.entries)):
        if lines:
            text = "\n".join(lines) + "\n"
            if text.count("\n") != len(lines) or not text.isascii():
                raise ValueError(f"a line of {name} holds a line end, or a character that is not ASCII")
            parts.append(f"{name} {len(lines)} {len(text)}\n{text}")
    parts.extend(_reads(ask))
    if ask.finally_ is not Finally.NOTHING:
        parts.append(f"{ask.finally_}\n")
    parts.append(f"end {header.id}\n")
    return "".join(parts).encode()


def _reads(ask: Ask) -> Iterator[str]:
    for reading, links in ask.read:
        if reading in _WHOLE or not links:
            yield f"read {reading}\n"
        else:
            yield from (f"read {reading} {link}\n" for link in links)


class Decoder:
    """What an agent says, from its first line on: bytes in, events out."""

    __slots__ = ("_buffer", "_events")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._events = self._read()

    def feed(self, data: bytes) -> Iterator[Event]:
        """Give the events that these bytes complete, then raise `Garbled` if what follows is; afterwards, always.

        The bytes are taken in by iterating; iterate to the end.
        """
        self._buffer += data
        while True:
            try:
                event = next(self._events)
            except StopIteration:
                raise Garbled("what follows something garbled cannot be read") from None
            if event is None:
                return
            yield event

    # The three below are one coroutine: it gives None when it needs more bytes, and then goes on where it was.

    def _read(self) -> Generator[Event | None, None, None]:
        yield _hello((yield from self._line()))
        while True:
            yield (yield from self._answer())

    def _answer(self) -> Generator[None, None, Answer | Refusal]:
        words = (yield from self._line()).split(" ", 2)
        if words[0] == "refused" and len(words) == 3:
            return Refusal(_end((yield from self._line()).split(" ")), words[1], words[2])
        complaints: list[str] = []
        readings: dict[Reading, str] = {}
        size = 0
        while words[0] != "end":
            if len(words) != 3 or not (words[0] in _WRITES or words[0] in _READS):
                raise Garbled(f"no section of an answer begins with {_shown(' '.join(words))}")
            name, status, length = words[0], _number(words[1]), _number(words[2])
            size += length + LINE_LIMIT
            if size > ANSWER_LIMIT:
                raise Garbled(f"an answer is longer than {ANSWER_LIMIT} bytes")
            text = yield from self._text(length)
            reading = _READS.get(name)
            if reading is not None and status == 0:
                readings[reading] = readings.get(reading, "") + (text and text + "\n")
            elif text:
                complaints.extend(text.split("\n"))
            elif status:
                complaints.append(f"{name} ended with status {status} and said nothing")
            words = (yield from self._line()).split(" ", 2)
        return Answer(_end(words), tuple(complaints), readings)

    def _line(self) -> Generator[None, None, str]:
        while (end := self._buffer.find(b"\n", 0, LINE_LIMIT)) < 0:
            if len(self._buffer) >= LINE_LIMIT:
                raise Garbled(f"a line is longer than {LINE_LIMIT} bytes: {_shown(self._buffer[:80].decode(errors='replace'))}")
            yield None
        line = self._buffer[:end].decode(errors="replace")
        del self._buffer[: end + 1]
        return line

    def _text(self, length: int) -> Generator[None, None, str]:
        while len(self._buffer) <= length:
            yield None
        if self._buffer[length] != ord("\n"):
            raise Garbled(f"a section is not {length} bytes long, as it says")
        text = self._buffer[:length].decode(errors="replace")
        del self._buffer[: length + 1]
        return text


def _hello(line: str) -> Hello:
    match line.split(" "):
        case ["kube-vxlan-agent", version, features, uid] if uid:
            return Hello(_number(version), frozenset(features.split(",")) - {"-"}, None if uid == "-" else PodUid(uid))
    raise Garbled(f"an agent does not begin with {_shown(line)}")


def _end(words: list[str]) -> int:
    if len(words) != 2 or words[0] != "end":
        raise Garbled(f"an answer does not end with {_shown(' '.join(words))}")
    return _number(words[1])


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 18):
        raise Garbled(f"{_shown(word)} is not a number")
    return int(word)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "...")
