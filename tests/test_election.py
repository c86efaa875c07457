"""What a Lease says, by tables: `now` is a candidate's own clock, `wall` and the times of records are wall clocks."""

from dataclasses import replace

import pytest

from kube_vxlan_controller.election import (
    ABSENT,
    Candidate,
    Record,
    Sight,
    free_at,
    released,
    renewed,
    resumed,
    seen,
    taken,
)
from kube_vxlan_controller.model import Epoch

WE = Candidate("we_1", 15)
WALL = 1_800_000_000_000_000
THEIRS = Record("they_1", 20, Epoch(WALL - 5_000_000), WALL - 1_000_000, 3, "41", "uid-1")
OURS = replace(THEIRS, holder="we_1", duration=15)


@pytest.mark.parametrize(
    ("looks", "since"),
    [
        ([(THEIRS, 10.0)], 10.0),
        ([(THEIRS, 10.0), (THEIRS, 29.0)], 10.0),
        ([(THEIRS, 10.0), (replace(THEIRS, version="42"), 29.0)], 29.0),
        ([(THEIRS, 10.0), (ABSENT, 11.0), (THEIRS, 12.0)], 12.0),
        ([(ABSENT, 1.0), (ABSENT, 2.0)], 1.0),
    ],
    ids=["first", "unchanged", "renewed", "deleted and made anew", "absent"],
)
def test_a_record_is_as_old_as_it_has_not_changed(looks: list[tuple[Record, float]], since: float) -> None:
    sight: Sight | None = None
    for record, now in looks:
        sight = seen(sight, record, now)
    assert sight is not None
    assert sight.since == since


@pytest.mark.parametrize(
    ("record", "at"),
    [
        (ABSENT, 100.0),
        (replace(THEIRS, holder=""), 100.0),
        (OURS, 100.0),
        (THEIRS, 120.0),
        (replace(THEIRS, duration=None), 115.0),
        (replace(THEIRS, renewed=0, epoch=Epoch(0)), 120.0),
        (replace(THEIRS, renewed=WALL + 10**15), 120.0),
    ],
    ids=["absent", "released", "ours", "held", "says no duration", "says it is long over", "says it is in the future"],
)
def test_from_when_on_it_may_be_taken(record: Record, at: float) -> None:
    assert free_at(seen(None, record, 100.0), WE) == at


@pytest.mark.parametrize(
    ("before", "record", "written"),
    [
        ([], ABSENT, Record("we_1", 15, Epoch(WALL), WALL, 0)),
        ([], THEIRS, Record("we_1", 15, Epoch(WALL), WALL, 4, "41", "uid-1")),
        ([], replace(THEIRS, holder=""), Record("we_1", 15, Epoch(WALL), WALL, 4, "41", "uid-1")),
        ([], replace(THEIRS, epoch=Epoch(WALL + 7)), Record("we_1", 15, Epoch(WALL + 8), WALL, 4, "41", "uid-1")),
        ([], replace(THEIRS, epoch=Epoch(WALL)), Record("we_1", 15, Epoch(WALL + 1), WALL, 4, "41", "uid-1")),
        ([replace(THEIRS, epoch=Epoch(WALL + 7))], ABSENT, Record("we_1", 15, Epoch(WALL + 8), WALL, 0)),
        ([], OURS, replace(OURS, renewed=WALL)),
    ],
    ids=["absent", "over", "released", "clock went back", "same microsecond", "deleted and clock went back", "already ours"],
)
def test_what_is_written_to_take_it(before: list[Record], record: Record, written: Record) -> None:
    sight: Sight | None = None
    for now, one in enumerate([*before, record]):
        sight = seen(sight, one, now)
    assert sight is not None
    assert taken(sight, WE, WALL) == written


def test_a_renewal_and_a_release_keep_the_epoch() -> None:
    assert renewed(OURS, WALL) == replace(OURS, renewed=WALL)
    given_up = released(OURS, WALL)
    assert (given_up.holder, given_up.duration, given_up.epoch) == ("", 1, OURS.epoch)
    assert free_at(seen(None, given_up, 5.0), WE) == 5.0
    assert taken(seen(None, given_up, 5.0), WE, WALL - 10**12).epoch == OURS.epoch + 1


@pytest.mark.parametrize(
    ("there", "kept"),
    [
        (replace(OURS, version="77", renewed=WALL + 1), replace(OURS, version="77")),
        (replace(OURS, version="77", epoch=Epoch(1)), replace(OURS, version="77")),
        (ABSENT, replace(OURS, version="", uid="")),
        (replace(OURS, version="5", uid="uid-2"), replace(OURS, version="5", uid="uid-2")),
        (THEIRS, None),
        (replace(OURS, version="77", holder=""), None),
    ],
    ids=["a lost answer", "its epoch edited", "deleted", "made anew by us", "somebody else's", "emptied by hand"],
)
def test_a_lease_in_another_version_is_resumed_or_lost(there: Record, kept: Record | None) -> None:
    assert resumed(OURS, there) == kept
