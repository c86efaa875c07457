"""A law that is broken counts only where it shows the defect that was planted."""

from dataclasses import replace

from tests.checker.facts import Violation
from tests.mutants.judging import doubts
from tests.mutants.playing import Played
from tests.mutants.table import MUTANTS


def test_what_says_nothing_of_the_defect_does_not_count() -> None:
    (mutant,) = (one for one in MUTANTS if one.id == "A13")
    (deadly,) = (one for one in MUTANTS if one.id == "A16")
    stays = Violation("S1", 9.0, "a", "It sends to a stranger.")
    caught = Played((stays,), 5.0, "", "", "", 20.0, "")
    assert doubts(mutant, caught) == ()
    assert doubts(mutant, replace(caught, violations=())) == ("no law was broken",)
    assert doubts(mutant, replace(caught, stuck="the last pod")) == ()
    for other in (
        replace(caught, violations=(replace(stays, law="L3"),)),
        replace(caught, happened=10.0),
        replace(caught, unsettled="the pods are wired"),
        replace(caught, died="the controller ended with 1"),
    ):
        assert len(doubts(mutant, other)) == 1, other
    assert doubts(deadly, replace(caught, violations=(replace(stays, law="L3"),), died="the controller ended with 1")) == ()
    for other in (caught, replace(caught, violations=(), stuck="the last pod"), replace(caught, violations=(), died="it died")):
        assert doubts(None, other) != ()
