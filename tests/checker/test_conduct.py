"""What a controller does and when is judged by S6 and S13, in hand-made histories."""

from dataclasses import replace

import pytest

from tests.checker.facts import ByHand, Config, Controller, Fact, Fault, Gap, Gone, Left, PodGone
from tests.checker.items import Address, Item, Link, Route
from tests.checker.telling import LINKS, NETWORKS, Told, calm, laws, pod, sends

RED, BLUE = LINKS["red"], LINKS["blue"]


def test_a_restart_with_everything_in_place_writes_nothing() -> None:
    restarted = calm().at(60, "", Controller(False)).at(61, "", Controller(True))
    assert laws(restarted) == set()
    for item in (sends("red", "10.0.0.2"), RED._replace(alias="kvc1/red/up/192.168.1.1-24"), Address(7, "192.168.1.1/24")):
        assert laws(calm().at(60, "", Controller(False)).at(61, "", Controller(True)).at(62, "a", item)) == {"S6"}
    assert laws(restarted.at(62, "a", sends("red", "10.0.0.2", permanent=False))) <= {"S5", "L3", "L1"}


def test_what_goes_with_a_kernel_after_a_restart_is_nobodys_write() -> None:
    def history(left: bool) -> Told:
        told = calm().at(60, "", Controller(False)).at(61, "", Controller(True))
        told.at(62, "b", Gone(sends("red", "10.0.0.1")), Gone(RED), *([Left(2)] if left else []))
        return told.at(63, "b", PodGone()).at(64, "a", Gone(sends("red", "10.0.0.2")))

    assert laws(history(True)) == set()
    assert "S6" in laws(history(False))


def test_a_pod_whose_time_is_over_after_a_restart_is_forgotten() -> None:
    told = calm().at(59, "b", pod("10.0.0.2", "red", leaves_at=75.0)).at(60, "", Controller(False), Controller(True))
    assert laws(told.at(76, "a", Gone(sends("red", "10.0.0.2")))) == set()


def test_what_somebody_did_about_the_time_of_a_restart_is_no_reason_to_blame_that() -> None:
    told = calm().at(60, "", Controller(False), Controller(True)).at(60.2, "a", RED._replace(mtu=1400))
    assert "S6" in laws(told)
    late = Fact(60.5, "c", pod("10.0.0.3", "red"), since=59.9)
    assert "S6" not in laws(tuple(sorted((*told.facts, late), key=lambda fact: fact.time)))


def test_who_is_blind_removes_nothing() -> None:
    blind = Fault("the API server is away", blind=True)

    def history(time: float) -> Told:
        told = calm().at(35, "", blind).at(60, "", replace(blind, over=True))
        told.facts = [fact for fact in told.facts if fact.what != Gone(sends("blue", "10.0.0.3"))]
        return told.at(time, "a", Gone(sends("blue", "10.0.0.3")))

    assert laws(history(42)) == {"S13"}
    assert laws(history(62)) == set()
    assert laws(history(80)) == {"S1"}


def test_a_run_that_was_not_seen_whole_is_not_passed() -> None:
    assert laws(calm().at(60, "a", Gap("the socket overflowed"))) == {"GAP"}
    assert laws(calm().at(60, "d", pod("10.0.0.4", "yellow", "blue"))) >= {"GAP"}


RED_OF_A = RED._replace(alias="kvc1/red/up/192.168.1.1-24")
ON_A = (RED_OF_A, BLUE, sends("red", "10.0.0.2"), Address(7, "192.168.1.1/24"), Route(7, "192.168.9.0/24", "192.168.1.2", 86))


@pytest.mark.parametrize("item", ON_A, ids=str)
def test_what_is_settled_is_not_written_again(item: Item) -> None:
    assert laws(calm().at(60, "a", item)) == {"S6"}
    assert laws(calm().at(60, "a", item, source="read")) == set()
    assert laws(calm().at(25, "a", item)) == laws(calm().at(43, "a", item)) == set(), "something has happened just before"


@pytest.mark.parametrize(
    "why",
    [
        Fact(58, "", Config(NETWORKS)),
        Fact(58, "b", pod("10.0.0.2", "red", answers=False)),
        Fact(40, "a", ByHand()),
        Fact(58, "a", Fault("its agent hangs")),
        Fact(58, "a", Gone(Address(7, "192.168.1.1/24"))),
    ],
    ids=str,
)
def test_what_has_happened_may_be_a_reason_to_write_again(why: Fact) -> None:
    told = calm().at(60, "a", RED_OF_A)
    assert "S6" not in laws(tuple(sorted((*told.facts, why), key=lambda fact: fact.time)))


def test_what_is_not_ours_may_be_written_again() -> None:
    assert laws(calm().at(60, "a", Link(2, "eth0", up=True), Route(2, "0.0.0.0/0", "10.0.0.254", 3))) == set()
