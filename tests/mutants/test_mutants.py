"""A few of the mutants, and their stories with the controller as it is; `make mutants` plays all of them."""

from pathlib import Path

import pytest

from tests.mutants.judging import doubts
from tests.mutants.playing import play
from tests.mutants.scenarios import SCENARIOS
from tests.mutants.table import MUTANTS, Mutant

pytestmark = pytest.mark.kernel
FEW = [mutant for mutant in MUTANTS if mutant.id in ("A13", "A19")]


@pytest.mark.parametrize("name", [mutant.scenario for mutant in FEW])
def test_the_controller_as_it_is_breaks_no_law(name: str, tmp_path: Path) -> None:
    played = play(SCENARIOS[name], (), frozenset(), tmp_path)
    assert doubts(None, played) == ()


@pytest.mark.parametrize("mutant", FEW, ids=lambda mutant: mutant.id)
def test_a_mutant_is_caught(mutant: Mutant, tmp_path: Path) -> None:
    played = play(SCENARIOS[mutant.scenario], mutant.edits, mutant.laws, tmp_path)
    assert doubts(mutant, played) == ()
