"""Who leads, for how long, and what happens when the Lease is lost: in virtual seconds, over a Lease that fails as told."""

import asyncio
from dataclasses import replace

import pytest

from kube_vxlan_controller.leadership import LeaseLost
from kube_vxlan_controller.ports import Unknown, Unreachable
from tests.seat import TIMING, Seat, running
from tests.shelf import Shelf

pytestmark = pytest.mark.looptime(start=0)


async def test_one_leads_and_the_other_stands_by() -> None:
    shelf = Shelf()
    one, other = Seat(shelf, "one"), Seat(shelf, "other")
    async with running(one, other):
        await asyncio.sleep(100)
        assert (one.leads, other.leads) == (True, None)
        assert shelf.record.holder == "one"
        assert one.leadership.epoch == shelf.writes[0].epoch == shelf.record.epoch
        assert len(shelf.writes) == 100 // TIMING.retry
        assert one.leadership.trouble == ""


async def test_a_leader_that_is_told_to_stop_gives_the_lease_up_when_its_work_has_ended() -> None:
    shelf = Shelf()
    one, other = Seat(shelf, "one"), Seat(shelf, "other")
    async with running(one, other) as (first, _):
        await asyncio.sleep(30)
        one.over.set()
        await first
        assert (one.leads, one.released_before_end) == (False, False)
        assert (shelf.record.holder, shelf.record.duration) == ("", 1)
        await asyncio.sleep(TIMING.look)
        assert other.began is not None
        assert other.leadership.epoch > shelf.writes[0].epoch
        assert other.transitions == 1


async def test_who_stands_by_and_is_told_to_stop_leaves_the_lease_alone() -> None:
    shelf = Shelf()
    one, other = Seat(shelf, "one"), Seat(shelf, "other")
    async with running(one, other) as (_, second):
        await asyncio.sleep(30)
        other.over.set()
        await second
        assert other.began is None
        assert shelf.record.holder == "one"


async def test_a_leader_that_vanished_is_followed_after_the_duration_of_its_lease() -> None:
    shelf = Shelf()
    one, other = Seat(shelf, "one"), Seat(shelf, "other")
    async with running(one):
        await asyncio.sleep(20)
        last = shelf.record
    shelf.record = replace(last, version="99")  # as if it had been killed: nothing was given up
    shelf.versions = 99
    async with running(other):
        await asyncio.sleep(TIMING.duration - 0.1)
        assert other.began is None
        await asyncio.sleep(0.1 + TIMING.look)
        assert other.began is not None
        assert shelf.record.transitions == last.transitions + 1


async def test_work_ends_at_the_deadline_counted_from_the_last_renewal_that_succeeded() -> None:
    shelf = Shelf()
    one = Seat(shelf, "one")
    async with running(one) as (first,):
        await asyncio.sleep(21)
        shelf.failure = Unreachable("nobody answers")
        with pytest.raises(LeaseLost, match="could not be renewed for 10 s; another controller may act now"):
            await first
        assert one.ended == 20 + TIMING.renew
        assert one.leads is False


async def test_failures_that_pass_are_survived() -> None:
    shelf = Shelf()
    one = Seat(shelf, "one")
    async with running(one):
        await asyncio.sleep(21)
        shelf.failure = Unreachable("nobody answers")
        await asyncio.sleep(TIMING.renew - TIMING.retry - 1)
        shelf.failure = None
        await asyncio.sleep(60)
        assert one.ended is None


async def test_answers_that_are_lost_do_not_lose_the_lease() -> None:
    shelf = Shelf(failure=Unknown("who knows"), loses_answers=True)
    one = Seat(shelf, "one")
    async with running(one):
        await asyncio.sleep(3)
        shelf.failure = None
        await asyncio.sleep(3)
        assert one.began is not None
        shelf.failure = Unknown("who knows")
        await asyncio.sleep(TIMING.retry + 1)
        shelf.failure = None
        await asyncio.sleep(60)
        assert one.ended is None
        assert len({record.epoch for record in shelf.writes}) == 1


async def test_a_lease_that_somebody_else_took_ends_the_work_at_the_next_renewal() -> None:
    shelf = Shelf()
    one = Seat(shelf, "one")
    async with running(one) as (first,):
        await asyncio.sleep(21)
        shelf.record = replace(shelf.record, holder="two", version="77")
        with pytest.raises(LeaseLost, match="the Lease kube-system/kube-vxlan-controller is held by two now"):
            await first
        assert one.ended == 22
        assert (shelf.record.holder, shelf.record.version) == ("two", "77")


async def test_a_lease_that_somebody_deleted_is_made_anew_with_the_same_epoch() -> None:
    shelf = Shelf()
    one = Seat(shelf, "one")
    async with running(one):
        await asyncio.sleep(21)
        shelf.delete()
        await asyncio.sleep(TIMING.retry)
        assert (shelf.record.holder, shelf.record.epoch) == ("one", one.leadership.epoch)
        assert one.ended is None


async def test_a_doubt_looks_at_the_lease_at_once_and_ends_nothing_else() -> None:
    shelf = Shelf()
    one = Seat(shelf, "one")
    async with running(one) as (first,):
        await asyncio.sleep(21)
        before = len(shelf.writes)
        one.leadership.doubt()
        await asyncio.sleep(0.1)
        assert len(shelf.writes) == before + 1
        assert one.ended is None
        shelf.record = replace(shelf.record, holder="two", version="77")
        one.leadership.doubt()
        with pytest.raises(LeaseLost):
            await first
        assert one.ended == pytest.approx(21.1)


async def test_work_that_crashes_gives_the_lease_up() -> None:
    shelf = Shelf()

    async def crash() -> None:
        raise ZeroDivisionError

    one = Seat(shelf, "one")
    with pytest.raises(ExceptionGroup) as caught:
        await one.leadership.run(one.stand_by, crash)
    assert caught.group_contains(ZeroDivisionError)
    assert shelf.record.holder == ""


async def test_a_clock_that_went_back_between_two_leaders_does_not_turn_the_epoch_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf = Shelf()
    one, other = Seat(shelf, "one"), Seat(shelf, "other")
    async with running(one) as (first,):
        await asyncio.sleep(5)
        epoch = one.leadership.epoch
        one.over.set()
        await first
    monkeypatch.setattr("time.time_ns", lambda: 1_000_000_000)
    async with running(other):
        await asyncio.sleep(5)
        assert other.leadership.epoch == epoch + 1


async def test_a_leader_whose_lease_is_older_than_it_lasts_is_in_trouble() -> None:
    shelf = Shelf()
    one = Seat(shelf, "one")

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(60)
                return
            except asyncio.CancelledError:
                continue

    running = asyncio.create_task(one.leadership.run(one.stand_by, stubborn))
    await asyncio.sleep(1)
    shelf.failure = Unreachable("nobody answers")
    await asyncio.sleep(TIMING.duration + 1)
    assert one.leadership.trouble == "the Lease was renewed 17 s ago, and we still lead"
    with pytest.raises(LeaseLost):
        await running
    assert one.leadership.trouble == ""
