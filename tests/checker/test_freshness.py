"""L6: silence is noticed, in hand-made histories."""

from dataclasses import replace

from tests.checker.facts import Closed, Controller, Ended, Fault, Heard
from tests.checker.judge import check
from tests.checker.telling import Told, calm, laws


def words(*times: float, opened: float = 21.0) -> Told:
    """The calm run, and a watch on which something was said at these times."""
    told = calm().at(21.0, "", Heard("/pods", 21.0))
    for time in times:
        told.at(time, "", Heard("/pods", opened))
    return told.at(200, "", Ended())


def test_a_silent_watch_is_given_up_and_another_one_is_opened() -> None:
    assert laws(words(80, 140)) == set()
    assert laws(words(80, 170, opened=80.0).at(100, "", Closed("/pods", 21.0))) == set()
    kept = words(80, 140, opened=80.0)
    assert [(one.law, one.time) for one in check(kept.sorted())] == [("L6", 111.0)]
    given_up = words().at(80, "", Closed("/pods", 21.0))
    assert "heard nothing of /pods" in str(check(given_up.sorted()))
    assert laws(given_up.at(120, "", Heard("/configmaps", 120.0))) == {"L6"}


def test_while_the_api_server_is_away_there_is_nothing_to_hear() -> None:
    away = Fault("the API server is away", blind=True)
    silent = words(190).at(60, "", away, Closed("/pods", 21.0))
    assert laws(silent.at(185, "", replace(away, over=True))) == set()
    assert laws(words(190).at(60, "", Fault("the watches are silent"))) == {"L6"}


def test_a_controller_that_has_ended_need_not_hear_anything() -> None:
    ended = words().at(60, "", Controller(False), Closed("/pods", 21.0))
    assert laws(ended) == set()
    again = ended.at(150, "", Controller(True), Heard("/pods", 151.0))
    assert laws(again) == set()
    assert laws(again.at(251, "", Ended())) == {"L6"}
