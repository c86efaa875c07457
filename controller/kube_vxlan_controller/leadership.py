"""Time. When we may act, and with which epoch: of several controllers the one that holds the Lease leads, the others watch.

    stand by ──the Lease is free──▶ lead ──told to stop, or not renewed in time──▶ give the Lease up, if it is ours
                                     └──it is somebody else's──▶ end, the Lease left alone

Laws. The work of a leader runs under a deadline of our own monotonic clock: the start of the last renewal that succeeded, plus
the renew deadline. It has ended before the Lease is given up. A Lease that is somebody else's is never written by us: each
write replaces the version that we stored, or one that we read with our name in it, and where somebody was faster nothing is
done. So it is safe to give up a Lease that was not renewed in time; it saves the next leader the wait. What the server stored
for us is given up as well when the end comes before its answer. A loop that does not react to the deadline is ended, with its
process, before anybody else can have the Lease. An agent that has seen a newer leader makes us look at the Lease, and at
nothing else: what an agent says may have been planted in its pod. A process leads at most once.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator

from kube_vxlan_controller.election import Candidate, Record, Sight, Timing, free_at, released, renewed, resumed, seen, taken
from kube_vxlan_controller.model import Epoch
from kube_vxlan_controller.ports import LeaseMeter, Leases, Unknown, Unreachable, WorldError
from kube_vxlan_controller.watchdog import Watchdog

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]


class LeaseLost(WorldError):
    """We may not act any more."""


class Leadership:
    """One candidate for the Lease. `run` stands by, leads, and gives the Lease up."""

    def __init__(self, leases: Leases, us: Candidate, timing: Timing, meter: LeaseMeter) -> None:
        self._leases = leases
        self._us = us
        self._timing = timing
        self._meter = meter
        self._record: Record | None = None
        """Ours, as it was last stored, from when we take it until we give it up."""
        self._renewed_at = 0.0
        self._unsure = False
        """Whether the Lease may be ours without our knowing: nobody told how the write ended by which we would take it."""
        self._doubt = asyncio.Event()
        self._lost = ""
        """Why the Lease is somebody else's; empty while it is not."""
        self._said = ""

    @property
    def epoch(self) -> Epoch:
        """What our requests carry; only a leader has one."""
        assert self._record is not None, "who stands by asks nobody"
        return self._record.epoch

    @property
    def trouble(self) -> str:
        """Why a leader should be restarted, as one sentence; empty while all is well."""
        if self._record is None:
            return ""
        age = asyncio.get_running_loop().time() - self._renewed_at
        return f"the Lease was renewed {age:.0f} s ago, and we still lead" if age > self._timing.duration else ""

    def doubt(self) -> None:
        """Somebody has heard of a newer leader: look at the Lease now."""
        self._doubt.set()

    async def run(self, stand_by: Work, lead: Work) -> None:
        """`stand_by` while another one leads, then `lead`; returns when the one under way does.

        Raises `LeaseLost` when `lead` was cancelled because we may not act any more.
        """
        try:
            if await self._taken_during(stand_by):
                with self._leading():
                    await self._under_deadline(lead)
        finally:
            await self._give_up()

    async def _taken_during(self, stand_by: Work) -> bool:
        """Whether the Lease is ours before `stand_by` returns."""
        async with asyncio.TaskGroup() as tasks:
            standing, taking = (tasks.create_task(_done(work)) for work in (stand_by, self._take))
            await asyncio.wait((standing, taking), return_when=asyncio.FIRST_COMPLETED)
            stopped = standing.done()
            standing.cancel()
            taking.cancel()
        return not stopped

    async def _take(self) -> None:
        """Return when the Lease is ours."""
        clock, sight = asyncio.get_running_loop().time, None
        while self._record is None:
            with self._told():
                started, record = clock(), await self._leases.read()
                sight = self._look(sight, record, clock())
                if free_at(sight, self._us) <= clock():
                    await _to_its_end(self._write_taken(taken(sight, self._us, _wall()), started))
            if self._record is None:
                await asyncio.sleep(random.uniform(self._timing.look / 2, self._timing.look))

    async def _write_taken(self, record: Record, started: float) -> None:
        """Have the Lease, if nobody was faster."""
        self._unsure = False
        try:
            self._record = await self._leases.write(record)
        except Unknown:
            self._unsure = True
            raise
        self._renewed_at = started

    def _look(self, before: Sight | None, record: Record, now: float) -> Sight:
        self._meter.transitions(record.transitions)
        if record.holder and (before is None or before.record.holder != record.holder):
            log.info("standing by: the Lease %s is held by %s", self._leases, record.holder)
        return seen(before, record, now)

    @contextlib.contextmanager
    def _leading(self) -> Iterator[None]:
        assert self._record is not None, "it was taken"
        self._meter.leading(True)
        self._meter.transitions(self._record.transitions)
        log.info("leading: the Lease %s is ours", self._leases, extra={"holder": self._us.name, "epoch": self._record.epoch})
        try:
            yield
        finally:
            self._meter.leading(False)

    async def _under_deadline(self, lead: Work) -> None:
        """Lead for as long as the Lease is renewed in time. Raises `LeaseLost`."""
        with Watchdog() as watchdog, contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None) as scope, asyncio.TaskGroup() as tasks:
                renewing = tasks.create_task(self._renew_on(scope, watchdog))
                await lead()
                renewing.cancel()
        if scope.expired():
            why = self._lost or f"the Lease {self._leases} could not be renewed for {self._timing.renew} s"
            raise LeaseLost(f"{why}; another controller may act now, so this one ends")

    async def _renew_on(self, scope: asyncio.Timeout, watchdog: Watchdog) -> None:
        """Renew until the Lease is lost, and move the deadline with every success."""
        clock = asyncio.get_running_loop().time
        while not (self._lost or scope.expired()):
            scope.reschedule(self._renewed_at + self._timing.renew)
            watchdog.allow(self._renewed_at + self._timing.duration - clock())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.retry):
                    await self._doubt.wait()
            self._doubt.clear()
            with self._told():
                started = clock()
                self._lost = await self._rewrite(renewed)
                self._renewed_at = started
        if not scope.expired():
            scope.reschedule(clock())

    async def _rewrite(self, change: Callable[[Record, int], Record]) -> str:
        """Write what the change makes of our record; why we have lost the Lease, empty if we have not. Raises `WorldError`."""
        assert self._record is not None, "it was taken"
        stored = await self._leases.write(change(self._record, _wall()))
        if stored is None:
            there = await self._leases.read()
            ours = resumed(self._record, there)
            if ours is None:
                return f"the Lease {self._leases} is held by {there.holder or 'nobody'} now"
            stored = await self._leases.write(change(ours, _wall()))
            if stored is None:
                raise Unreachable(f"the Lease {self._leases} was changed by somebody else, twice in a row")
        self._record = stored
        return ""

    async def _give_up(self) -> None:
        """Give the Lease up, if it is ours; where that fails, or takes too long, it ends by itself."""
        with contextlib.suppress(WorldError, TimeoutError):
            async with asyncio.timeout(self._timing.giving_up):
                if self._record is None and self._unsure:
                    there = await self._leases.read()
                    self._record = there if there.holder == self._us.name else None
                if self._record is not None and not self._lost and not await self._rewrite(released):
                    log.info("the Lease %s is given up", self._leases)
        self._record = None

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """A failure of the world is logged, once for each that is another one; the next try comes soon enough."""
        try:
            yield
        except WorldError as error:
            if str(error) != self._said:
                log.warning("the Lease %s: %s", self._leases, error)
            self._said = str(error)
        else:
            self._said = ""


class Alone:
    """Leads without asking anybody, from the start to the end of the process; its epoch is its start."""

    trouble = ""

    def __init__(self, meter: LeaseMeter) -> None:
        self.epoch = Epoch(_wall())
        meter.leading(True)

    def doubt(self) -> None:
        """There is no Lease that could tell: the place that refuses us is told of, and tried again."""

    async def run(self, stand_by: Work, lead: Work) -> None:
        """As `Leadership.run`, without ever standing by."""
        log.info("leading without a Lease", extra={"epoch": self.epoch})
        await lead()


async def _done(work: Work) -> None:
    await work()


async def _to_its_end(call: Coroutine[None, None, None]) -> None:
    """Await a call that is not cut: who is cancelled meanwhile is so when it has ended, and all that it learned is known."""
    task = asyncio.ensure_future(call)  # in no group, since a group that is cancelled cuts what is in it
    try:
        await asyncio.wait((task,))  # which cuts nothing either
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        task.exception()  # Python complains of one that nobody looks at
        raise
    await task


def _wall() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000
