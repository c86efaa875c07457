"""How long a watch that failed waits before the next attempt."""

import pytest

from kube_vxlan_controller.kube.happenings import Timing
from kube_vxlan_controller.kube.pacing import Failure, Pace

AWAY, ANSWERED = Failure(away=True), Failure(away=False)
TIMING = Timing(first_delay=1.0, last_delay=30.0, away=3.0)


@pytest.mark.parametrize(
    ("failures", "longest"),
    [
        pytest.param([ANSWERED] * 7, [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0], id="a server that refuses"),
        pytest.param([AWAY] * 4, [2.0, 3.0, 3.0, 3.0], id="one that is away"),
        pytest.param([*[AWAY] * 9, ANSWERED, ANSWERED], [2.0, *[3.0] * 8, 2.0, 4.0], id="one that is back"),
        pytest.param([*[ANSWERED] * 5, AWAY, ANSWERED], [2.0, 4.0, 8.0, 16.0, 30.0, 2.0, 30.0], id="one of which half is away"),
        pytest.param(
            [ANSWERED, ANSWERED, Failure(away=False, healthy=True), ANSWERED],
            [2.0, 4.0, 2.0, 4.0],
            id="one that was well for long",
        ),
    ],
)
def test_the_longest_wait(failures: list[Failure], longest: list[float]) -> None:
    pace = Pace(TIMING)
    assert [pace.longest(failure) for failure in failures] == longest


def test_after_a_success_the_next_failure_is_a_first_one() -> None:
    pace = Pace(TIMING)
    waits = [pace.longest(ANSWERED), pace.longest(ANSWERED)]
    pace.succeeded()
    assert [*waits, pace.longest(ANSWERED)] == [2.0, 4.0, 2.0]


def test_no_number_of_failures_is_too_large() -> None:
    pace = Pace(TIMING)
    assert {pace.longest(ANSWERED) for _ in range(5000)} == {2.0, 4.0, 8.0, 16.0, 30.0}


@pytest.mark.parametrize("failure", [AWAY, ANSWERED])
def test_there_is_always_a_wait(failure: Failure) -> None:
    pace = Pace(TIMING)
    waits = [pace.wait(failure) for _ in range(50)]
    assert all(1.0 <= wait <= 30.0 for wait in waits)
    assert len(set(waits)) > 1, "many clients of one server must not come back all at once"


def test_a_first_delay_above_the_others_holds() -> None:
    assert Pace(Timing(first_delay=5.0, last_delay=30.0, away=3.0)).wait(AWAY) == 3.0
