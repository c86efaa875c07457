"""How a candidate ends: what it holds of the Lease it gives up, whenever it is stopped, and another's it never writes."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from kube_vxlan_controller.leadership import LeaseLost
from kube_vxlan_controller.ports import Unknown, Unreachable
from tests.seat import TIMING, Seat, running
from tests.shelf import Shelf

pytestmark = pytest.mark.looptime(start=0)


def told_to_stop(seat: Seat, task: asyncio.Task[None]) -> None:
    seat.over.set()


def cancelled(seat: Seat, task: asyncio.Task[None]) -> None:
    task.cancel()


@pytest.mark.parametrize("end", [told_to_stop, cancelled])
async def test_a_lease_that_is_being_taken_when_the_end_comes_is_given_up(
    end: Callable[[Seat, asyncio.Task[None]], None],
) -> None:
    shelf = Shelf(slow=1.0)
    one, other = Seat(shelf, "one"), Seat(shelf, "other")
    async with running(one) as (first,):
        await asyncio.sleep(0.5)
        assert shelf.record.holder == "one", "the server has it, and its answer is on its way"
        end(one, first)
        await asyncio.wait([first])
        assert one.began is None
        assert (shelf.record.holder, shelf.record.duration) == ("", 1)
    async with running(other):
        await asyncio.sleep(TIMING.look + 2 * shelf.slow)
        assert other.began is not None


@pytest.mark.parametrize("end", [told_to_stop, cancelled])
@pytest.mark.parametrize("at", [0.1, 0.3], ids=["before the answer is lost", "after it"])
async def test_a_lease_that_may_have_been_taken_is_looked_at_in_the_end(
    end: Callable[[Seat, asyncio.Task[None]], None], at: float
) -> None:
    shelf = Shelf(slow=0.2, loses=Unknown("who knows"))
    one = Seat(shelf, "one")
    async with running(one) as (first,):
        await asyncio.sleep(at)
        assert shelf.record.holder == "one"
        end(one, first)
        await asyncio.wait([first])
        assert one.began is None
        assert shelf.record.holder == ""


async def test_a_lease_that_another_one_took_meanwhile_is_not_written_in_the_end() -> None:
    shelf = Shelf(slow=0.2, loses=Unknown("who knows"))
    one = Seat(shelf, "one")
    async with running(one) as (first,):
        await asyncio.sleep(0.3)
        shelf.record = replace(shelf.record, holder="two", version="77")
        asked = len(shelf.asked)
        one.over.set()
        await first
        assert (shelf.record.holder, shelf.record.version, len(shelf.asked)) == ("two", "77", asked)


async def test_who_was_too_late_to_take_it_asks_for_nothing_in_the_end() -> None:
    shelf = Shelf()
    one, other = Seat(shelf, "one"), Seat(shelf, "other")
    async with running(one, other) as (_, second):
        await asyncio.sleep(0.1)
        assert [record.holder for record in shelf.asked] == ["one", "other"], "both found it free"
        other.over.set()
        await second
        assert shelf.record.holder == "one"
        assert len(shelf.asked) == 2


async def test_a_lease_that_is_known_to_be_another_s_is_not_asked_for_again() -> None:
    shelf = Shelf()
    one = Seat(shelf, "one")
    async with running(one) as (first,):
        await asyncio.sleep(21)
        shelf.record = replace(shelf.record, holder="two", version="77")
        asked = len(shelf.asked)
        with pytest.raises(LeaseLost):
            await first
        assert len(shelf.asked) == asked + 1, "the renewal, by which it learned that"
        assert (shelf.record.holder, shelf.record.version) == ("two", "77")


@dataclass
class Cut(Seat):
    """Cannot reach the server while it leads, from the 21st second on, and then `after` is done."""

    after: Callable[[Shelf], None] = lambda shelf: None

    async def lead(self) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self.after, self.shelf)
            await asyncio.sleep(21)
            self.shelf.failure = Unreachable("nobody answers")
            await super().lead()


def reachable(shelf: Shelf) -> None:
    shelf.failure = None


def taken_by_two(shelf: Shelf) -> None:
    shelf.failure = None
    shelf.record = replace(shelf.record, holder="two", version="77")


async def test_a_lease_that_was_not_renewed_in_time_is_given_up_if_it_still_is_ours() -> None:
    one = Cut(Shelf(), "one", after=reachable)
    with pytest.raises(LeaseLost, match="could not be renewed for 10 s"):
        await one.run()
    assert one.ended == 20 + TIMING.renew
    assert not one.released_before_end
    assert (one.shelf.record.holder, one.shelf.record.duration) == ("", 1)


async def test_a_lease_that_was_not_renewed_in_time_and_is_another_s_is_left_alone() -> None:
    one = Cut(Shelf(), "one", after=taken_by_two)
    with pytest.raises(LeaseLost, match="could not be renewed for 10 s"):
        await one.run()
    assert (one.shelf.record.holder, one.shelf.record.version) == ("two", "77")


async def test_a_lease_that_cannot_be_given_up_ends_by_itself() -> None:
    one = Cut(Shelf(), "one")
    with pytest.raises(LeaseLost, match="could not be renewed for 10 s"):
        await one.run()
    assert one.shelf.record.holder == "one"


async def test_nobody_waits_long_for_a_server_that_does_not_answer_in_the_end() -> None:
    shelf = Shelf()
    one = Seat(shelf, "one")
    async with running(one) as (first,):
        await asyncio.sleep(21)
        shelf.slow = 1000.0
        one.over.set()
        await first
        assert asyncio.get_running_loop().time() == pytest.approx(21 + TIMING.giving_up)
