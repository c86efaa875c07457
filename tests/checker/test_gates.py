"""When pods are let go on is judged by S14 and L5, in hand-made histories."""

from dataclasses import replace
from typing import Any

import pytest

from tests.checker.facts import Entered, Fact, GateOpened, GateShut, HandedOver, Left, Pod, Runs
from tests.checker.telling import Told, calm, changed, laws, pod

AGENT = "vxlan-controller-agent"


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


def native(*runs: Runs, **fields: Any) -> Told:
    """A pod whose agent is a native sidecar, which is in no network; these of its containers run."""
    wants = replace(pod("10.0.0.4", held_back=("prepare", "app")), **fields)
    told = calm().at(20, "d", Entered(4), HandedOver(4), wants)
    for one in runs:
        told.at(one.began + 0.1, "d", one)
    return told


@pytest.mark.parametrize(
    ("opened", "fields", "broken"),
    [
        (24.0, {}, set()),
        (28.0, {}, {"L5"}),
        (None, {}, {"L5"}),
        (None, {"wants": None}, set()),
        (None, {"held_back": ()}, set()),
        (24.0, {"wants": None}, {"S14"}),
        (24.0, {"wants": {"red": None}}, {"S14"}),
        (24.0, {"wants": {"red": None}, "held_back": ()}, set()),
    ],
)
@pytest.mark.parametrize("first", ["prepare", "app"])
def test_a_native_agents_gate_is_judged_as_an_init_agents(
    opened: float | None, fields: dict[str, Any], broken: set[str], first: str
) -> None:
    runs = [Runs(AGENT, 20.5), *([Runs(first, opened), Runs("app", opened + 30)] if opened else [])]
    assert laws(native(*runs, **fields)) == broken


def test_a_pod_that_is_mended_has_as_long_as_one_that_comes() -> None:
    def mended(opened: float) -> Told:
        told = native(Runs(AGENT, 20.5), Runs("app", opened), wants=None)
        return told.at(50, "d", pod("10.0.0.4", held_back=("prepare", "app")))

    assert laws(mended(54.0)) == set()
    assert laws(mended(56.0)) == {"L5"}


def test_a_native_agents_gate_opens_when_the_networks_are_there() -> None:
    def gated(fact: Fact) -> tuple[Fact, ...]:
        assert isinstance(fact.what, Pod)
        return (replace(fact, what=replace(fact.what, held_back=("app",))),)

    with_gate = changed(calm().sorted(), lambda fact: fact.pod == "a" and isinstance(fact.what, Pod), gated)
    assert laws((*with_gate, Fact(30.0, "a", Runs("app", 21.5)))) == set()
    assert laws((*with_gate, Fact(30.0, "a", Runs("app", 20.5)))) == {"S14"}


def test_a_native_agent_that_is_started_again_shuts_no_gate() -> None:
    told = native(Runs(AGENT, 20.5), Runs("app", 22.0), Runs(AGENT, 40.0))
    assert laws(told) == set()
    # In another sandbox everything begins anew.
    anew = native(Runs(AGENT, 20.5), Runs("app", 22.0)).at(40, "d", Left(4)).at(41, "d", Entered(5), HandedOver(5))
    assert laws(anew.at(41, "d", Runs(AGENT, 41.0))) == {"L5"}
