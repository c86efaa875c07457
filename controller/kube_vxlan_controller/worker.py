"""Time. One place's worker: carries out the newest wish, round by round, until nothing is left to do.

Which round comes next and what an answer means is decided in `rounds`; here are only waiting, failing and trying again. Each
failure of the world is a policy (`ports`). Laws: the newest wish counts, also in the middle of the one before; whatever is
not certain is forgotten, so that the next round reads it; a worker that fails waits on its own, in nobody's way.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from kube_vxlan_controller.desired import Wish
from kube_vxlan_controller.kernel.iproute import ParseError, render
from kube_vxlan_controller.kernel.netns import ZERO_MAC
from kube_vxlan_controller.kernel.steps import AppendDestination, DeleteEntry
from kube_vxlan_controller.model import Fault, Place
from kube_vxlan_controller.ports import Agents, Forbidden, Gone, Meter, Rejected, Unreachable, WorldError
from kube_vxlan_controller.rounds import NOTHING_KNOWN, Known, Phase, Round, Settled, audit_round, learn, next_round
from kube_vxlan_controller.telling import NEW, Standing, State, Tale, Wire, peers, repaired, tell, untold
from kube_vxlan_controller.tempo import Tempo


class NotSettled(Exception):
    """The kernel was told, and still is not as wished; `str()` says what it answered."""


class _Stopped(Exception):
    """We are to stop: nothing more is asked."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all workers have in common."""

    agents: Agents
    meter: Meter
    tell: Callable[[Tale], None]
    tempo: Tempo
    retrying: asyncio.Semaphore
    blind: Callable[[], bool]
    """Whether some kind of object is stale at this moment."""
    peers: Callable[[Wish], Iterable["Worker"]]
    """The workers of a wish's peers."""
    stopping: asyncio.Event


class Worker:
    """Carries out the wishes for one place, one at a time."""

    def __init__(self, wish: Wish, shared: Shared) -> None:
        self.place: Place = wish.place
        self.wish = wish
        self.idle = asyncio.Event()
        """Set while the kernel is as wished (whether or not the gate is open yet), or has failed at least once."""
        self._shared = shared
        self._news = asyncio.Event()
        self._superseded = asyncio.Event()
        """Set while there is a newer wish than the one being carried out."""
        self._known: Known = NOTHING_KNOWN
        self._settled: Wish | None = None
        self.standing: Standing = NEW
        self._told_at = 0.0
        self.untouched = True
        """Nothing but forwarding entries has had to be changed here, nor a gate opened."""
        self._changed = self._opened = False
        self._undone: dict[str, None] = {}
        """What was done to put back what somebody else changed, in order; told when it has had its effect."""
        self._failures = 0
        self._audit_due = False
        self.asking = False
        """A request is on its way: better waited for than cut off."""
        shared.meter.standing(None, NEW.state)

    def want(self, wish: Wish) -> None:
        """Take another wish for this place; what is being done for the one before is finished first."""
        self.wish = wish
        self.idle.clear()
        self._superseded.set()
        self._news.set()

    def audit(self) -> None:
        """Compare with the kernel soon; forgotten while nothing is known of it, since a read-back comes first anyway."""
        self._audit_due = True
        self._news.set()

    def leave(self) -> None:
        """The place is gone: let go of everybody who waits for it."""
        self.idle.set()
        self._shared.meter.standing(self.standing.state, None)

    def rouse(self) -> None:
        """Look again whether something is to be done."""
        self._news.set()

    async def run(self) -> None:
        """Work until nothing is left to do, or until we are to stop."""
        with contextlib.suppress(_Stopped):
            while self._news.is_set():
                self._news.clear()
                delay = await self._try()
                self.idle.set()
                if delay is not None:
                    await self._pause(delay)

    async def _pause(self, delay: float) -> None:
        """Wait for news, or for as long as told, and then try again."""
        try:
            async with asyncio.timeout(delay):
                await self._news.wait()
        except TimeoutError:
            self._news.set()

    async def _try(self) -> float | None:
        """One try; returns how long to wait before the next, None when nothing is left to do."""
        async with AsyncExitStack() as turn:
            if self._failures:
                await turn.enter_async_context(self._shared.retrying)
            try:
                faults = await self._settle()
            except Gone:
                self._known = NOTHING_KNOWN
                return None  # the watch will tell
            except (WorldError, ParseError, NotSettled) as error:
                return self._fail(error)
        self._failures = 0
        self._stand(State.WAITING if self.wish.target is None else State.WIRED, faults)
        return None

    def _fail(self, error: WorldError | ParseError | NotSettled) -> float:
        if not isinstance(error, Unreachable | NotSettled):
            self._known = NOTHING_KNOWN
        self._failures += 1
        refused = isinstance(error, Forbidden | Rejected)
        if (
            refused
            or isinstance(error, NotSettled)
            or (self._failures >= self._shared.tempo.told_after and not self.wish.leaving)
        ):
            self._stand(State.DEGRADED, trouble=str(error))
        else:
            self._stand(State.WIRING)
        tempo = self._shared.tempo
        most = tempo.retry_refused if refused else tempo.retry_within(self._failures)
        least = error.retry_after or 0.0 if isinstance(error, Unreachable) else 0.0
        return least + random.uniform(most / 2 if refused else 0.0, most)

    async def _settle(self) -> tuple[Fault, ...]:
        """Round by round to the newest wish; returns what stands in its way in the kernel itself."""
        wish, last, number = self.wish, None, 0
        while True:
            self._superseded.clear()
            if self.wish is not wish:
                wish, last, number = self.wish, None, 0
            if self._shared.stopping.is_set():
                raise _Stopped
            due = self._next(wish)
            if isinstance(due, Settled):
                # What was held back while blind and is done afterwards undoes nobody's change.
                self._settled = None if self._shared.blind() else wish
                return due.faults
            number += 1
            if number > self._shared.tempo.rounds_at_most or (due.plan.steps and due.plan == last):
                raise NotSettled(_unsettled(due, self._known))
            if due.phase is Phase.OPEN:
                self.idle.set()  # our own part is done: pods that start together do not wait for each other's gates
                if not await self._peers_ready(wish):
                    continue
            await self._ask(wish, due)
            last = due.plan

    def _next(self, wish: Wish) -> Round | Settled:
        if self._audit_due and self._known.netns is not None and wish.target == self._known.target:
            return audit_round()
        return next_round(wish, self._known, self._shared.blind())

    async def _ask(self, wish: Wish, due: Round) -> None:
        """One request and what it teaches."""
        assert wish.target is not None, "a round has somebody to ask"
        if due.phase in (Phase.READ, Phase.AUDIT):
            self._audit_due = False
        stream = None if due.phase is Phase.READ else self._known.stream
        started = asyncio.get_running_loop().time()
        outcome = "cancelled"
        self.asking = True
        try:
            told = await self._shared.agents.ask(wish.target, due.ask, stream)
            outcome = "ok"
        except WorldError as error:
            outcome = type(error).__name__.lower()
            raise
        finally:
            self.asking = False
            self._shared.meter.asked(due.phase, outcome, asyncio.get_running_loop().time() - started)
        self._known = learn(wish, self._known, due, told)
        self._count(wish, due)

    def _count(self, wish: Wish, done: Round) -> None:
        """Steps that had to be done for a wish that had been carried out undid what somebody else did."""
        kinds = Counter(type(step).__name__ for step in done.plan.steps)
        undone = self._settled is wish and done.phase in (Phase.CHANGE, Phase.FORWARD)
        for kind, number in kinds.items():
            self._shared.meter.stepped(kind, number)
            if undone:
                self._shared.meter.repaired(kind, number)
        self._changed |= done.phase is Phase.CHANGE and not undone
        self._opened |= done.phase is Phase.OPEN
        self.untouched &= done.phase not in (Phase.CHANGE, Phase.OPEN)
        if undone:
            self._undone |= dict.fromkeys(done.ask.batch + done.ask.entries)
        elif done.phase is Phase.FORWARD:
            self._tell_peers(done)

    def _tell_peers(self, done: Round) -> None:
        joined = Counter(step.link for step in done.plan.steps if isinstance(step, AppendDestination))
        deleted = [step for step in done.plan.steps if isinstance(step, DeleteEntry)]
        left = Counter(step.link for step in deleted if step.entry.mac == ZERO_MAC)
        for link in sorted(joined.keys() | left.keys()):
            self._shared.tell(peers(self.place, link, joined[link], left[link]))

    async def _peers_ready(self, wish: Wish) -> bool:
        """Wait a little for the peers to be programmed; whether the wish is still the one to carry out."""
        pending = [peer.idle for peer in self._shared.peers(wish) if not peer.idle.is_set()]
        try:
            async with asyncio.timeout(self._shared.tempo.gate_patience):
                for idle in pending:
                    await _either(idle, self._superseded)
        except TimeoutError:
            pass  # peers that fail never hold a gate longer
        return self.wish is wish

    def _stand(self, state: State, faults: tuple[Fault, ...] = (), trouble: str = "") -> None:
        after = Standing(
            state,
            _wires(self.wish),
            self.wish.reading.faults + faults,
            self.wish.warnings,
            trouble if trouble or state is State.WIRED else self.standing.trouble,
            self._changed,
            self._opened,
        )
        if state is State.WIRED and self._undone:
            self._shared.tell(repaired(self.place, tuple(self._undone)))
            self._undone = {}
        self._tell(after)
        if after.state is not self.standing.state:
            self._shared.meter.standing(self.standing.state, after.state)
        self.standing = after
        if state is State.WIRED:
            self._changed = self._opened = False

    def _tell(self, after: Standing) -> None:
        now = asyncio.get_running_loop().time()
        tales = tell(self.place, self.standing, after)
        if not tales and now - self._told_at >= self._shared.tempo.told_again:
            tales = tell(self.place, untold(after), after)
        for tale in tales:
            self._told_at = now
            self._shared.tell(tale)


async def _either(one: asyncio.Event, other: asyncio.Event) -> None:
    """Return when either is set."""
    async with asyncio.TaskGroup() as tasks:
        waits = [tasks.create_task(event.wait()) for event in (one, other)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()


def _unsettled(due: Round, known: Known) -> str:
    """What to say of a place whose kernel was told and still is not as wished."""
    said = "; ".join(known.complaints) or "nothing"
    left = render(due.plan.steps)
    return f"the pod's kernel refuses: {said} (still to do: {', '.join((left.batch + left.entries)[:3])})"


def _wires(wish: Wish) -> tuple[Wire, ...]:
    return tuple(Wire(link.name, tuple(sorted(map(str, link.addresses))), len(link.destinations)) for link in wish.netns.links)
