"""Hand-made histories: a correct one breaks no law, and every change of it that matters breaks one."""

import ast
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest

from tests.checker.facts import (
    Config,
    Controller,
    Ended,
    Entered,
    Fact,
    Fault,
    Gone,
    HandedOver,
    History,
    Is,
    Left,
    PodGone,
    Started,
)
from tests.checker.items import Link
from tests.checker.judge import check, isolation, settled_after
from tests.checker.telling import LINKS, NETWORKS, calm, changed, laws, pod, sends


def made(fact: Fact) -> bool:
    """Whether a fact is something that a controller made."""
    return isinstance(fact.what, Is) and fact.time > 20


MADE = [fact for fact in calm().sorted() if made(fact)]
NAMES = [
    f"{fact.pod}-{type(fact.what.item).__name__}-{number}" for number, fact in enumerate(MADE) if isinstance(fact.what, Is)
]


def test_a_run_in_which_nothing_is_wrong_breaks_no_law() -> None:
    assert check(calm().sorted()) == ()
    assert check(()) == ()


@pytest.mark.parametrize("made", MADE, ids=NAMES)
def test_what_is_never_made_is_missed(made: Fact) -> None:
    assert laws(changed(calm().sorted(), lambda fact: fact == made, lambda _: ())) & {"L3", "S4"}


@pytest.mark.parametrize("made", MADE, ids=NAMES)
def test_what_is_made_too_late_is_missed(made: Fact) -> None:
    late = changed(calm().sorted(), lambda fact: fact == made, lambda fact: (replace(fact, time=fact.time + 12),))
    assert laws(late) & {"L3", "S4"}


@pytest.mark.parametrize("made", [one for one in MADE if isinstance(one.what, Is) and not isinstance(one.what.item, Link)])
def test_what_is_made_in_another_pod_is_seen(made: Fact) -> None:
    other = {"a": "b", "b": "a", "c": "a"}[made.pod]
    assert laws(changed(calm().sorted(), lambda fact: fact == made, lambda fact: (replace(fact, pod=other),)))


@pytest.mark.parametrize("made", MADE, ids=NAMES)
def test_telling_a_thing_twice_changes_nothing(made: Fact) -> None:
    assert laws(changed(calm().sorted(), lambda fact: fact == made, lambda fact: (fact, fact))) == set()


def test_faults_excuse_those_that_have_them_and_nobody_else() -> None:
    late = changed(calm().sorted(), lambda f: f.time == 22, lambda f: (replace(f, time=40.0),))
    late = changed(late, lambda f: f.what == PodGone() or isinstance(f.what, Gone), lambda f: (replace(f, time=f.time + 20),))
    assert laws(late) == {"L3"}
    everybody = (Fact(19, "", Fault("x")), Fact(35, "", Fault("x", over=True)))
    assert laws(tuple(sorted((*late, *everybody), key=lambda f: f.time))) == set()
    one = (Fact(19, "a", Fault("x")), Fact(35, "a", Fault("x", over=True)))
    found = check(tuple(sorted((*late, *one), key=lambda f: f.time)))
    assert {violation.pod for violation in found} == {"b", "c"}


def test_a_pod_whose_agents_do_not_run_cannot_be_asked() -> None:
    """As while it ends: its kernel may outlast that of another one that it sends to, whose object is gone."""
    gone = calm().at(70, "b", Left(2), PodGone())
    assert laws(gone) == {"S1"}
    ends = pod("10.0.0.1", wants={"red": {}, "blue": {}}, leaves_at=100.0, answers=False)
    assert laws(gone.at(69, "a", ends).at(85, "a", Left(1), PodGone())) == set()


def test_a_controller_that_does_not_run_is_an_excuse() -> None:
    away = changed(calm().sorted(), lambda f: isinstance(f.what, Controller), lambda _: ())
    assert laws((Fact(0, "", Controller(False)), *(f for f in away if f.time < 22))) == set()


def test_how_long_a_program_takes_to_load_is_an_excuse() -> None:
    late = changed(calm().sorted(), lambda f: isinstance(f.what, Controller), lambda f: (replace(f, time=11.0),))
    late = tuple(fact for fact in late if fact.time < 23)
    slow = changed(late, lambda f: 21 <= f.time < 23, lambda f: (replace(f, time=f.time + 8),))
    end = Fact(40, "", Ended())
    assert "L3" in laws((*slow, end))
    assert laws((*slow, Fact(21.0, "", Started()), end)) == set()


def test_of_several_controllers_one_that_starts_or_ends_excuses_little() -> None:
    def late(*facts: Fact) -> History:
        """d comes at 80 s, and has its link at 90 s."""
        told = calm().at(80, "d", Entered(4), HandedOver(4), pod("10.0.0.4", "blue")).at(90, "d", LINKS["blue"])
        told.at(90, "d", sends("blue", "10.0.0.1")).at(81, "a", sends("blue", "10.0.0.4"))
        return tuple(sorted((*told.facts, *facts), key=lambda fact: fact.time))

    second = Fact(60, "", Controller(True))
    assert laws(late()) == laws(late(second)) == laws(late(second, Fact(79, "", Started()))) == {"L3"}
    assert laws(late(second, Fact(79, "", Controller(False)))) == set()
    assert laws(late(second, Fact(61, "", Controller(False)), Fact(119, "", Ended()))) == {"L3"}
    assert laws(late(Fact(50, "", Controller(False)), Fact(82, "", Controller(True)))) == set()


def test_others_take_no_longer_beside_broken_ones() -> None:
    assert isolation(10.0, 12.0) == ()
    assert [violation.law for violation in isolation(10.0, 13.0)] == ["L4"]


def test_where_nothing_was_ever_wrong_it_took_no_time() -> None:
    assert settled_after((Fact(0.0, "", Config(NETWORKS)),), 20.0) == 0.0


def test_how_long_it_took_is_told() -> None:
    assert settled_after(calm().sorted(), 20.0) == settled_after(calm().sorted(), 40.0) + 20.0 == 21.0
    assert settled_after(calm().sorted(), 60.0) == 0.0
    assert settled_after(tuple(fact for fact in calm().sorted() if fact.time < 22), 20.0) == inf


def test_nothing_here_imports_the_controller() -> None:
    for path in Path(__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.startswith("kube_vxlan_controller") for name in names), path.name


def test_the_naive_implementation_is_small() -> None:
    assert len((Path(__file__).parent / "desire.py").read_text().splitlines()) < 120
