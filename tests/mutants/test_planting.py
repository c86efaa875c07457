"""Every mutant applies to the code as it is today: a refactoring keeps them alive, or is told."""

from pathlib import Path

import pytest

from tests.mutants.planting import PACKAGE, DoesNotApply, Edit, plant
from tests.mutants.scenarios import SCENARIOS
from tests.mutants.table import MUTANTS, OURS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS + OURS, ids=lambda mutant: mutant.id)
def test_a_mutant_applies(mutant: Mutant, tmp_path: Path) -> None:
    plant((*SCENARIOS[mutant.scenario].hastened, *mutant.edits), tmp_path / "controller")


def test_there_is_one_for_each_defect_that_shows() -> None:
    defects = list(dict.fromkeys(mutant.defect for mutant in MUTANTS))
    assert defects == [f"A{number}" for number in range(1, 26) if number not in (10, 11)]
    assert {mutant.scenario for mutant in MUTANTS + OURS} == SCENARIOS.keys()
    ids = [mutant.id for mutant in MUTANTS + OURS]
    assert len(set(ids)) == len(ids)


def test_only_the_copy_is_another(tmp_path: Path) -> None:
    tree = plant([Edit("tempo.py", "burst: float = 0.004", "burst: float = 4.0")], tmp_path / "controller")
    assert "burst: float = 4.0" in (tree / PACKAGE / "tempo.py").read_text()
    plant([Edit("tempo.py", "burst: float = 0.004", "burst: float = 4.0")], tmp_path / "another")


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (Edit("tempo.py", "burst: int", "burst: float"), "tempo.py has this 0 times"),
        (Edit("tempo.py", "float", "int"), "and not once"),
        (Edit("nothing.py", "a", "b"), "there is no nothing.py"),
        (Edit("tempo.py", "burst: float = 0.004", "burst: float ="), "is no Python"),
    ],
)
def test_an_edit_that_does_not_apply_says_so(edit: Edit, why: str, tmp_path: Path) -> None:
    with pytest.raises(DoesNotApply, match=why):
        plant([edit], tmp_path / "controller")
