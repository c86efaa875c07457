import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube_vxlan_controller.kube.lines import TOO_LONG, Bookmark, Event, Lines, TooLong

LONGEST = 10


@given(st.lists(st.binary(max_size=14).map(lambda line: line.replace(b"\n", b"")), max_size=8), st.data())
def test_lines_are_found_however_they_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(line + b"\n" for line in lines) + b"unfinished and never told"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    reader, found = Lines(LONGEST), list[bytes | TooLong]()
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        found += reader.feed(whole[start:end])
    assert found == [line if len(line) <= LONGEST else TOO_LONG for line in lines if line]


def test_a_long_line_costs_no_memory_and_the_next_is_whole() -> None:
    reader = Lines(LONGEST)
    for _ in range(1000):
        assert not list(reader.feed(b"x" * 100))
    assert sum(map(len, reader._pieces)) == 0
    assert list(reader.feed(b"\nnext\n")) == [TOO_LONG, b"next"]


@pytest.mark.parametrize("line", [b"", b"{}", b"502 bad gateway", b'{"type":"NEWS","object":{}}', b'{"type":null}', b"[]"])
def test_what_is_no_event(line: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        msgspec.json.decode(line, type=Event)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (b'{"metadata":{"resourceVersion":"7"}}', False),
        (b'{"metadata":{"annotations":null}}', False),
        (b'{"metadata":{"annotations":{"k8s.io/initial-events-end":"true"}}}', True),
    ],
)
def test_bookmarks(text: bytes, ends: bool) -> None:
    assert msgspec.json.decode(text, type=Bookmark).ends_list is ends
