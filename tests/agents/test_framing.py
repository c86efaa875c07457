"""Requests and answers as bytes: the text of a request, and that no cutting and no garbage confuses who reads an answer."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_vxlan_controller.agents.framing import (
    ANSWER_LIMIT,
    LINE_LIMIT,
    Answer,
    Decoder,
    Event,
    Garbled,
    Header,
    Hello,
    Refusal,
    encode,
)
from kube_vxlan_controller.model import Epoch, InterfaceName, PodUid
from kube_vxlan_controller.ports import Ask, Finally, Reading

HEADER = Header(7, PodUid("u-1"), Epoch(1_763_000_000_000_000), 30, 606)
V1, V2 = InterfaceName("vxeth1"), InterfaceName("vxeth2")
GREETING = b"kube-vxlan-agent 1 digest,show u-1\n"


def decoded(*pieces: bytes) -> tuple[list[Event], str | None]:
    """All events that the pieces complete, and what was said of the garbage after them."""
    decoder = Decoder()
    events: list[Event] = []
    try:
        for piece in pieces:
            for event in decoder.feed(piece):
                events.append(event)  # noqa: PERF402 (`extend` would say nothing of what came before a failure)
    except Garbled as error:
        return events, str(error)
    return events, None


def test_an_empty_request() -> None:
    assert encode(HEADER, Ask()) == b"ask 1 7 u-1 1763000000000000 30 606\nend 7\n"


def test_a_full_request_has_its_sections_in_order() -> None:
    ask = Ask(
        batch=("link set dev vxeth1 up", "link set dev vxeth2 up"),
        neighbours=("neigh del 10.0.0.1 dev vxeth1",),
        entries=("fdb del 02:00:00:00:00:01 dst 10.0.0.1 dev vxeth1 self",),
        read=((Reading.LINKS, (V1,)), (Reading.DIGEST, (V1, V2)), (Reading.SHOW_FDB, (V1, V2)), (Reading.ENTRIES, ())),
        finally_=Finally.RELEASE,
    )
    assert encode(HEADER, ask).decode().splitlines()[1:] == [
        "batch 2 46",
        "link set dev vxeth1 up",
        "link set dev vxeth2 up",
        "neighbours 1 30",
        "neigh del 10.0.0.1 dev vxeth1",
        "entries 1 55",
        "fdb del 02:00:00:00:00:01 dst 10.0.0.1 dev vxeth1 self",
        "read links",
        "read digest vxeth1",
        "read digest vxeth2",
        "read show-fdb vxeth1",
        "read show-fdb vxeth2",
        "read entries",
        "release",
        "end 7",
    ]


@pytest.mark.parametrize("line", ["link set\ndev lo down", "link set dev vxéth1 up"])
def test_what_would_not_stay_one_line_is_our_mistake(line: str) -> None:
    with pytest.raises(ValueError, match="batch"):
        encode(HEADER, Ask(batch=(line,)))


def test_the_greeting() -> None:
    assert decoded(GREETING) == ([Hello(1, frozenset({"digest", "show"}), PodUid("u-1"))], None)
    assert decoded(b"kube-vxlan-agent 2 - -\n") == ([Hello(2, frozenset(), None)], None)


def test_answers_and_refusals() -> None:
    said = (
        b"batch 0 0\n\nend 1\n"
        b"refused line batch 3 is not allowed: link del dev eth0\nend 2\n"
        b"entries 2 16\nno device\nline 1\nread-digest 0 8\nvxeth1 0\nread-links 1 6\nbroken\nready 0 0\n\nend 3\n"
        b"batch 255 0\n\nread-entries 0 0\n\nend 4\n"
        b"read-show-fdb 0 3\none\nread-show-fdb 0 3\ntwo\nend 5\n"
        b"end 6\n"
    )
    events, trouble = decoded(GREETING + said)
    assert trouble is None
    assert events[1:] == [
        Answer(1),
        Refusal(2, "line", "batch 3 is not allowed: link del dev eth0"),
        Answer(3, ("no device", "line 1", "broken"), {Reading.DIGEST: "vxeth1 0\n"}),
        Answer(4, ("batch ended with status 255 and said nothing",), {Reading.ENTRIES: ""}),
        Answer(5, (), {Reading.SHOW_FDB: "one\ntwo\n"}),
        Answer(6),
    ]


@pytest.mark.parametrize(
    "said",
    [
        b"hello\n",
        b"kube-vxlan-agent one - u\n",
        b"kube-vxlan-agent 1 - \n",
        b"kube-vxlan-agent 1 -\n",
        b"\n",
        b"x" * LINE_LIMIT,
        GREETING + b"x" * LINE_LIMIT,
        GREETING + b"nonsense 0 0\n",
        GREETING + b"batch 0\n",
        GREETING + b"batch zero 0\n",
        GREETING + b"batch 0 -1\n",
        GREETING + b"batch 0 " + "²".encode() + b"\n",
        GREETING + b"batch 0 3\nabcd\n",
        GREETING + b"read-nothing 0 0\n\n",
        GREETING + b"end\n",
        GREETING + b"end one\n",
        GREETING + b"end 1 2\n",
        GREETING + b"refused line\nend 1\n",
        GREETING + b"refused line no\nmore 1\n",
        GREETING + GREETING,
    ],
)
def test_garbage_is_told(said: bytes) -> None:
    assert decoded(said)[1] is not None


def test_after_garbage_there_is_only_garbage() -> None:
    decoder = Decoder()
    for piece in (b"hello\n", GREETING, b""):
        with pytest.raises(Garbled):
            list(decoder.feed(piece))


def test_an_answer_may_be_large_but_not_too_large() -> None:
    half = ANSWER_LIMIT // 2 - LINE_LIMIT
    section = b"read-links 0 %d\n%s\n" % (half, b"x" * half)
    events, trouble = decoded(GREETING, section, section, b"end 1\n", section, b"end 2\n")
    assert trouble is None
    assert [len(event.readings[Reading.LINKS]) for event in events if isinstance(event, Answer)] == [2 * half + 2, half + 1]
    assert "longer than" in (decoded(GREETING, section, section, b"read-links 0 1\nx\n")[1] or "")
    assert "longer than" in (decoded(GREETING, b"read-links 0 999999999999\n")[1] or "")


WORDS = ("batch", "neighbours", "entries", "ready", "release", *(f"read-{reading}" for reading in Reading))
SECTIONS = st.tuples(st.sampled_from(WORDS), st.integers(0, 255), st.text(max_size=40).map(str.encode))
ANSWERS = st.tuples(st.lists(SECTIONS, max_size=4), st.integers(0, 10**9)).map(
    lambda it: (
        b"".join(b"%s %d %d\n%s\n" % (name.encode(), status, len(text), text) for name, status, text in it[0])
        + b"end %d\n" % it[1]
    )
)
SAID = st.lists(ANSWERS | st.just(b"refused epoch no\xc3\xa9\nend 4\n"), max_size=5).map(
    lambda answers: GREETING + b"".join(answers)
)
NOISE = st.binary(max_size=60) | st.lists(st.sampled_from([b"end", b"batch", b" ", b"0", b"1", b"\n", b"read-links"])).map(
    b"".join
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@settings(deadline=None)
@given(said=SAID, noise=NOISE, places=st.lists(st.integers(0, 10**6), max_size=8))
def test_the_events_do_not_depend_on_where_the_stream_was_cut(said: bytes, noise: bytes, places: list[int]) -> None:
    whole = decoded(said + noise)
    assert decoded(*cut(said + noise, places)) == whole
    assert decoded(*(bytes([byte]) for byte in said + noise)) == whole


@settings(deadline=None)
@given(said=SAID)
def test_every_whole_answer_is_an_event(said: bytes) -> None:
    events, trouble = decoded(said)
    assert trouble is None
    assert isinstance(events[0], Hello)
    assert all(isinstance(event, Answer | Refusal) for event in events[1:])
    ids = [event.id for event in events[1:] if isinstance(event, Answer | Refusal)]
    assert said.endswith(b"end %d\n" % ids[-1] if ids else GREETING)


@settings(deadline=None)
@given(said=SAID, place=st.integers(0, 10**6), byte=st.integers(0, 255), noise=NOISE)
def test_whatever_arrives_nothing_but_garbled_is_raised(said: bytes, place: int, byte: int, noise: bytes) -> None:
    broken = bytearray(said)
    broken[place % len(said)] = byte
    decoded(bytes(broken) + noise)
    decoded(noise)
