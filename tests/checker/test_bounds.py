"""S12: what a controller takes is bounded, in hand-made histories."""

from pathlib import Path

import pytest

from tests.checker.constants import FIRST_RELEASE
from tests.checker.facts import Controller, Ended, Fault, Reported, Said, Serving, Stray, Used, What
from tests.checker.telling import Told, calm, laws


def test_a_second_exec_in_a_pod_is_one_too_many() -> None:
    assert laws(calm().at(60, "a", Serving(2)).at(60.5, "a", Serving(1))) == set()
    assert laws(calm().at(60, "a", Serving(2)).at(65, "a", Serving(1))) == laws(calm().at(60, "a", Serving(2))) == {"S12"}


def test_each_controller_may_have_one_of_its_own() -> None:
    two = calm().at(55, "", Controller(True)).at(60, "a", Serving(2))
    assert laws(two) == set()
    assert laws(calm().at(55, "", Controller(True)).at(60, "a", Serving(3))) == {"S12"}
    assert laws(two.at(70, "", Controller(False)).at(70.5, "a", Serving(1))) == set()
    assert laws(two.at(75, "a", Serving(2))) == {"S12"}


def test_an_exec_that_nobody_can_end_is_not_one_too_many() -> None:
    hangs = calm().at(55, "a", Fault("exec")).at(60, "a", Serving(2)).at(75, "a", Serving(1))
    assert laws(hangs.at(76, "a", Fault("exec", over=True))) == set()
    assert laws(hangs.at(90, "a", Serving(2))) == {"S12"}


@pytest.mark.parametrize(("kind", "most", "apart"), [(Said(), 62, 0.9), (Reported(), 25, 11.0)], ids=["lines", "Events"])
def test_a_pod_that_makes_a_controller_talk_all_the_time_is_one_too_many(kind: What, most: int, apart: float) -> None:
    def history(times: list[float]) -> Told:
        told = calm()
        for time in times:
            told.at(time, "a", kind)
        return told.at(400, "", Ended())

    burst = [40 + apart * number for number in range(most + 1)]
    assert laws(history(burst[:-1])) == set()
    assert laws(history(burst)) == {"S12"}
    assert laws(history([time * 1.2 for time in burst])) == set()
    assert laws(history(burst).at(40 + apart * 10.5, "", Controller(False), Controller(True))) == set()


def test_a_line_of_the_log_that_is_no_record_is_one_too_many() -> None:
    assert laws(calm().at(60, "", Stray("vxeth1 ip=10.0.0.1/24"))) == {"S12"}


@pytest.mark.parametrize(
    ("uses", "broken"),
    [
        ([Used(100.7, 53), Used(100.7, 52), Used(101.0, 40)], {"S12"}),
        ([Used(100.7, 52)], set()),
        ([Used(100.7, 53), Used(100.7, 54)], {"S12"}),
    ],
)
def test_memory_and_open_files_are_bounded_by_the_pods_that_there_are(uses: list[What], broken: set[str]) -> None:
    """Three pods, of which one is gone at 40 s: for open files it counts a minute longer, for memory for ever."""
    told = calm().at(99, "", Used(100.7, 53))
    assert laws(told) == set()
    assert laws(told.at(101, "", *uses)) == broken


def test_the_bounds_of_memory_and_files_are_those_that_operators_are_told() -> None:
    told = " ".join((Path(__file__).parents[2] / "docs" / "operations.md").read_text().split())
    bounds = FIRST_RELEASE
    assert f"{bounds.memory:g} MB of memory and {bounds.memory_per_pod:g} MB for each pod that it ever knew at once" in told
    assert f"{bounds.files} open files and {bounds.files_per_pod} for each pod" in told
