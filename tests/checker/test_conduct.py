"""What a controller does and when is judged by S6, S13, S14 and L5, in hand-made histories."""

from dataclasses import replace
from typing import Any

import pytest

from tests.checker.facts import (
    Controller,
    Entered,
    Fact,
    Fault,
    Gap,
    GateOpened,
    GateShut,
    Gone,
    HandedOver,
    Left,
    Pod,
    PodGone,
)
from tests.checker.items import Address
from tests.checker.telling import LINKS, Told, calm, changed, laws, pod, sends

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


def test_the_gate_opens_when_the_networks_are_there() -> None:
    def gated(fact: Fact) -> tuple[Fact, ...]:
        assert isinstance(fact.what, Pod)
        return (replace(fact, what=replace(fact.what, gate=True)),)

    with_gate = changed(calm().sorted(), lambda fact: fact.pod == "a" and isinstance(fact.what, Pod), gated)
    assert laws((*with_gate, Fact(21.5, "a", GateOpened()))) == set()
    assert laws((*with_gate, Fact(20.5, "a", GateOpened()))) == {"S14"}


@pytest.mark.parametrize(
    ("opened", "fields", "broken"),
    [
        (24.0, {}, set()),
        (28.0, {}, {"L5"}),
        (None, {}, {"L5"}),
        (None, {"wants": None}, set()),
        (None, {"wants": {"red": None}}, set()),
        (None, {"wants": {"yellow": {}}}, set()),
        (None, {"labelled": False}, set()),
        (None, {"gate": False}, set()),
    ],
)
def test_the_gate_opens_in_time_for_those_whose_networks_can_be_honoured(
    opened: float | None, fields: dict[str, Any], broken: set[str]
) -> None:
    told = calm().at(20, "d", Entered(4), HandedOver(4), replace(pod("10.0.0.4", gate=True), **fields), GateShut())
    if opened is not None:
        told.at(opened, "d", GateOpened())
    assert laws(told) == broken


def test_an_unreadable_pod_keeps_what_it_has_and_its_gate_is_shut() -> None:
    broken = calm().at(60, "a", pod("10.0.0.1", wants=None, gate=True))
    assert laws(broken) == set()
    assert laws(broken.at(61, "a", GateOpened())) == {"S14"}


def test_a_run_that_was_not_seen_whole_is_not_passed() -> None:
    assert laws(calm().at(60, "a", Gap("the socket overflowed"))) == {"GAP"}
    assert laws(calm().at(60, "d", pod("10.0.0.4", "yellow", "blue"))) >= {"GAP"}
