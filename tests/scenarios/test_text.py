"""The text of scenarios: what can be said, and where it is told that something cannot."""

import pytest

from tests.scenarios.holding import Holding, Seen, lacking, parse_holdings
from tests.scenarios.sentences import SENTENCES
from tests.scenarios.test_life import FILES
from tests.scenarios.text import Block, Step, Unreadable, parse

TABLE = (
    ("pod NAME", Block.LINES),
    ("scale NAME to COUNT", Block.NOTHING),
    ("in NAMES QUOTED shows QUOTED", Block.NOTHING),
    ("while NAMES sleep", Block.STEPS),
    ("within BOUND", Block.HOLDINGS),
)


def test_sentences_have_words_and_blocks() -> None:
    text = """\
Something
is seen.

# A remark.
pod a
    vxeth1
      ip=10.0.0.1/24

while a, b and ns/c sleep
    scale a to 3
    in a "ip link" shows "UP"
within join
    a: vxeth1 id 101 up
        to b
"""
    scenario = parse(text, TABLE)
    assert scenario.story == "Something is seen."
    assert scenario.steps == (
        Step(5, "pod NAME", ("a",), lines=("vxeth1", "  ip=10.0.0.1/24")),
        Step(
            9,
            "while NAMES sleep",
            ("a, b and ns/c",),
            steps=(
                Step(10, "scale NAME to COUNT", ("a", "3")),
                Step(11, "in NAMES QUOTED shows QUOTED", ("a", "ip link", "UP")),
            ),
        ),
        Step(
            12,
            "within BOUND",
            ("join",),
            holdings=(Holding(names=("a",), link="vxeth1", vni=101, up=True, to=("b",)),),
        ),
    )


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", 1, "begins with a paragraph"),
        ("Story.\n", 1, "nothing happens"),
        ("Story.\n\nscale a two 3\n", 3, "no sentence like 'scale a two 3'"),
        ("Story.\n\nscale a to 3\n  b\n", 4, "nothing can be indented"),
        ("Story.\n\npod a\nscale a to 3\n", 3, "needs lines indented"),
        ("Story.\n\n  pod a\n    x\n scale a to 3\n", 5, "indented less"),
        ("Story.\n\npod a\n\tx\n", 4, "a tab"),
        ("Story.\n\nwithin join\n  a: vxeth1 id 101 to b\n", 4, "up or down"),
        ("Story.\n\nwithin join\n  a: vxeth1 id 101 up to b\n  a\n", 5, "should be NAMES: LINK"),
        ("Story.\n\nwithin join\n  a: vxeth1 id 101 up adress 1 to b\n", 4, "'adress' is none of"),
        ("Story.\n\nwithin year\n  a: nothing\n", 3, "no sentence"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(Unreadable, match=why) as caught:
        parse(text, TABLE)
    assert caught.value.line == line


def test_a_holding_says_all_of_a_link() -> None:
    said = "a, b and c: vx id 7 port 4789 mtu 1400 down address 10.0.0.1/24 route 10.1.0.0/24 via 10.0.0.2 to a, d and e"
    assert list(parse_holdings(said)) == [
        Holding(
            names=("a", "b", "c"),
            link="vx",
            vni=7,
            port=4789,
            mtu=1400,
            addresses=frozenset({"10.0.0.1/24"}),
            routes=frozenset({"10.1.0.0/24 via 10.0.0.2"}),
            to=("a", "d", "e"),
        )
    ]
    assert list(parse_holdings("a and b: nothing")) == [Holding(names=("a", "b"))]
    assert list(parse_holdings("a: vx id 7 ttl 64 learning false dev eth1 up to nobody")) == [
        Holding(names=("a",), link="vx", vni=7, up=True, ttl=64, learning=False, dev="eth1")
    ]


WISHED = next(iter(parse_holdings("a: vx id 7 up address 10.0.0.1/24 to a and b")))
ADDRESSES = {"a": frozenset({"192.0.2.1"}), "b": frozenset({"192.0.2.2"})}


def test_all_that_is_wrong_is_named() -> None:
    right = {"vx": Seen("vx", 7, 8472, True, 1450, frozenset({"10.0.0.1/24"}), to=frozenset({"192.0.2.2"}))}
    assert lacking("a", {"192.0.2.1"}, right, [WISHED], ADDRESSES) == []
    assert lacking("a", {"192.0.2.1"}, {}, [WISHED], ADDRESSES) == ["a has no link vx"]
    assert lacking("a", {"192.0.2.1"}, right, [Holding(("a",))], ADDRESSES) == ["a has a link vx that it should not have"]
    wrong = {"vx": Seen("vx", 8, 4789, False, 1450, to=frozenset({"192.0.2.3"}), routes=frozenset({"r via g"}))}
    told = lacking("a", {"192.0.2.1"}, wrong, [WISHED], ADDRESSES)
    assert [line.split(" of ")[0] for line in told] == ["id", "port", "state", "addresses", "routes", "destinations"]


def test_what_is_not_said_of_a_link_is_not_looked_at() -> None:
    seen = {"vx": Seen("vx", 7, 8472, True, 1300, ttl=64, learning=False, dev="eth1")}

    def wrong(said: str) -> list[str]:
        wished = list(parse_holdings(f"a: vx id 7 {said} up to nobody"))
        return [line.split(" of ")[0] for line in lacking("a", {"192.0.2.1"}, seen, wished, ADDRESSES)]

    assert wrong("") == []
    assert wrong("mtu 1300 ttl 64 learning false dev eth1") == []
    assert wrong("over ipv4") == []
    assert wrong("mtu 1400 ttl 0 learning true dev eth0") == ["mtu", "ttl", "learning", "dev"]


def test_the_destinations_over_ipv6_are_the_ipv6_addresses() -> None:
    addresses = {
        "a": frozenset({"192.0.2.1", "fd00::1"}),
        "b": frozenset({"192.0.2.2", "fd00::2"}),
        "c": frozenset({"192.0.2.3"}),
    }
    (wished,) = parse_holdings("a: vx id 7 over ipv6 up to a, b and c")
    for destinations, told in (
        (["fd00::2"], []),
        (["192.0.2.2"], ["destinations"]),
        (["fd00::1", "fd00::2"], ["destinations"]),
    ):
        seen = {"vx": Seen("vx", 7, 8472, True, 1430, to=frozenset(destinations))}
        found = lacking("a", addresses["a"], seen, [wished], addresses)
        assert [line.split(" of ")[0] for line in found] == told


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_scenario_can_be_read(file) -> None:  # type: ignore[no-untyped-def]
    assert parse(file.read_text(), [(one.text, one.block) for one in SENTENCES]).story


def test_every_sentence_can_be_told_from_those_before_it() -> None:
    assert len({one.text for one in SENTENCES}) == len(SENTENCES)
