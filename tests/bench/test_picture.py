"""Since when a kernel is right, by the facts that the observer tells."""

from tests.bench.picture import ZERO_MAC, Picture, Right
from tests.checker.facts import Fact, Gone, Is
from tests.checker.items import Address, Entry, Item, Link

LINK = Link(7, "vx", up=True, vni=101)
RIGHT = Right("vx", 101, "10.0.0.1/16", frozenset({"10.1.0.1", "10.1.0.2"}))


def told(time: float, item: Item, gone: bool = False, source: str = "told") -> Fact:
    return Fact(time, "u", Gone(item) if gone else Is(item), source)


def entry(number: int) -> Entry:
    return Entry(7, ZERO_MAC, f"10.1.0.{number}")


def picture(*facts: Fact) -> Picture:
    made = Picture()
    made.expect({"u": RIGHT})
    for fact in facts:
        made.take(fact)
    return made


SETUP = (told(1, LINK), told(2, Address(7, "10.0.0.1/16")), told(3, entry(1)), told(4, entry(2)))


def test_right_since_the_last_thing_came() -> None:
    assert not picture(*SETUP[:3]).complete
    assert picture(*SETUP).since == {"u": 4}
    assert picture(*SETUP, told(5, LINK)).since == {"u": 4}, "said once more"


def test_wrong_again_and_right_again() -> None:
    assert not picture(*SETUP, told(5, entry(3))).complete
    assert picture(*SETUP, told(5, entry(3)), told(6, entry(3), gone=True)).since == {"u": 6}
    assert not picture(*SETUP, told(5, LINK._replace(up=False))).complete
    assert not picture(*SETUP, told(5, Address(7, "10.0.0.9/16"))).complete
    assert not picture(*SETUP, told(5, Link(8, "vx2", vni=102))).complete


def test_a_link_takes_what_is_on_it_along() -> None:
    assert not picture(*SETUP, told(5, LINK, gone=True), told(6, LINK)).complete


def test_what_is_not_ours_to_judge_is_no_write() -> None:
    learned = Entry(7, "02:00:00:00:00:01", "10.1.0.1", permanent=False)
    found = picture(*SETUP, told(5, learned), told(6, Address(7, "fe80::1/64")), told(7, Link(2, "eth0", up=True)))
    assert found.complete
    assert len(found.writes(0)) == 4
    assert [fact.time for fact in found.writes(2)] == [3, 4]
    assert len(picture(*SETUP, told(5, entry(1), source="read")).writes(0)) == 4


def test_other_expectations_are_judged_at_once() -> None:
    found = picture(*SETUP)
    found.expect({"u": Right("vx", 101, "10.0.0.1/16", frozenset({"10.1.0.1"}))})
    assert list(found.wrong()) == ["u should have vx with 1 peers; it has {'vx': 2}"]
    found.take(told(9, entry(2), gone=True))
    assert found.since == {"u": 9}
