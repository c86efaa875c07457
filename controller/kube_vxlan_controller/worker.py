"""Time. One place's worker: carries out the newest wish, round by round, until nothing is left to do.

Which round comes next and what an answer means is decided in `rounds`; here are only waiting, failing and trying again. Each
failure of the world is a policy (`ports`). Laws: the newest wish counts, also in the middle of the one before; whatever is
not certain is forgotten, so that the next round reads it; a worker that fails waits on its own, in nobody's way.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NoReturn

from kube_vxlan_controller.asking import Asking
from kube_vxlan_controller.desired import Wish
from kube_vxlan_controller.gate import Gate
from kube_vxlan_controller.kernel.plan import Plan
from kube_vxlan_controller.kernel.readings import ParseError
from kube_vxlan_controller.model import Fault, Place
from kube_vxlan_controller.ports import Agents, Forbidden, Gone, Meter, Rejected, StreamEnded, Unreachable, WorldError
from kube_vxlan_controller.rounds import (
    NOTHING_KNOWN,
    Known,
    Phase,
    Round,
    Settled,
    audit_round,
    gate_left,
    has_gone,
    is_fresh,
    is_same_pod,
    learn,
    next_round,
    opening,
    refusal,
)
from kube_vxlan_controller.sources.pods import Waiting
from kube_vxlan_controller.story import Story
from kube_vxlan_controller.telling import News, State
from kube_vxlan_controller.tempo import Tempo
from kube_vxlan_controller.turns import Turns


class NotSettled(Exception):
    """The kernel was told, and still is not as wished; `str()` says what it answered."""


class _Stopped(Exception):
    """We are to stop: nothing more is asked."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all workers have in common."""

    agents: Agents
    meter: Meter
    tell: Callable[[News], None]
    tempo: Tempo
    retrying: Turns
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
        self._other = asyncio.Event()
        """Set when the pod itself is another one than at the last try: its text or its agent, not only its peers."""
        self._superseded = asyncio.Event()
        """Set while there is a newer wish than the one being carried out."""
        self._known: Known = NOTHING_KNOWN
        self.story = Story(wish.place, shared.meter, shared.tell, shared.tempo.told_again)
        self._gate = Gate(shared.tempo.gate_patience)
        self._failures = 0
        self._forbidden = 0
        """Failures in a row that were refusals of the API server."""
        self._answers = True
        """The last failure, if any, was not the agent's."""
        self._audit_due = False
        self.asking = Asking(shared.agents, shared.meter, shared.tempo.last_words)

    def want(self, wish: Wish) -> None:
        """Take another wish for this place; what its agent is doing for the one before is finished first."""
        if (wish.target, wish.reading) != (self.wish.target, self.wish.reading):
            self._other.set()
        self.wish = wish
        self.asking.hear(wish.target)
        if self._answers:
            self.idle.clear()  # nobody waits for an agent that has failed, until it answers again
        self._superseded.set()
        self._news.set()

    def audit(self) -> None:
        """Compare with the kernel soon; forgotten while nothing is known of it, since a read-back comes first anyway."""
        self._audit_due = True
        self._news.set()

    def leave(self) -> None:
        """The place is gone: let go of everybody who waits for it."""
        self.idle.set()
        self.story.ends()

    def rouse(self) -> None:
        """Look again whether something is to be done."""
        self._news.set()

    async def run(self) -> None:
        """Work until nothing is left to do, or until we are to stop."""
        with contextlib.suppress(_Stopped):
            while self._news.is_set():
                self._news.clear()
                self._other.clear()
                delay = await self._try()
                self.idle.set()
                if delay is not None:
                    await self._pause(delay)

    async def _pause(self, delay: float) -> None:
        """Wait as long as told, or for news. What peers do is no news for an agent that does not answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await (self._news if self._answers else self._other).wait()
        self._news.set()

    async def _try(self) -> float | None:
        """One try; returns how long to wait before the next, None when nothing is left to do."""
        if self._failures:
            async with self._shared.retrying.turn():
                return await self._try_now()
        return await self._try_now()

    async def _try_now(self) -> float | None:
        try:
            faults = await self._settle()
        except Gone:
            self._known = NOTHING_KNOWN
            return None  # the watch will tell
        except (WorldError, ParseError, NotSettled) as error:
            return self._fail(error)
        self._failures = self._forbidden = 0
        self._answers = True
        self._stand(State.WAITING if self.wish.target is None else State.WIRED, faults)
        return None

    def _fail(self, error: WorldError | ParseError | NotSettled) -> float:
        if not isinstance(error, Unreachable | NotSettled):
            self._known = NOTHING_KNOWN
        self._failures += 1
        self._answers = isinstance(error, NotSettled)
        self._forbidden = self._forbidden + 1 if isinstance(error, Forbidden) else 0
        tempo = self._shared.tempo
        refused = isinstance(error, Rejected) or self._forbidden >= tempo.forbidden_after
        lasts = self._failures >= tempo.told_after and not self.wish.leaving
        if refused or lasts or isinstance(error, NotSettled):
            self._stand(State.DEGRADED, trouble=str(error), known=isinstance(error, NotSettled))
        else:
            self._stand(State.WIRING)
        # Also after an outage an API server that forbids is asked again soon: it has only just been started.
        most = tempo.retry_refused if refused else tempo.retry_within(self._forbidden or self._failures)
        least = error.retry_after or 0.0 if isinstance(error, Unreachable) else 0.0
        return least + random.uniform(most / 2 if refused else 0.0, most)

    async def _settle(self) -> tuple[Fault, ...]:
        """Round by round to the newest wish; returns what stands in its way in the kernel itself."""
        wish, last, number = self.wish, Plan(), 0
        if self._known.read_for is not None:
            self._known = replace(self._known, read_for=None)  # it may be long ago
        while True:
            self._superseded.clear()
            if self.wish is not wish and not self._opens_first(wish):
                wish, last, number = self.wish, Plan(), 0
            if self._shared.stopping.is_set():
                raise _Stopped
            due = self._next(wish, is_first=number == 0)
            if isinstance(due, Settled):
                # What was held back while blind and is done afterwards undoes nobody's change.
                self.story.settled(None if self._shared.blind() else wish)
                self._known = replace(self._known, faults=frozenset(due.faults))
                if wish.gated and wish.target is not None and not self.story.ready and not await self._peers_ready(wish):
                    continue
                return due.faults
            number += 1
            if number > self._shared.tempo.rounds_at_most or (due.plan.steps and due.plan == last):
                await self._give_up(wish, due.plan if due.plan.steps else last)
            if due.phase is Phase.OPEN and not await self._peers_ready(wish):
                continue
            if await self._carry_out(wish, due) and due.plan.steps:
                last = due.plan

    async def _carry_out(self, wish: Wish, due: Round) -> bool:
        """One round. False where what was known is not so, or is not certain: then the next round reads."""
        try:
            await self._ask(wish, due)
        except StreamEnded:
            self._known = NOTHING_KNOWN
            return False
        except Rejected as error:
            # The agent knows which links there are: one that has gone since they were read is in none of its lines.
            if error.code != "line" or is_fresh(self._known, wish):
                raise
            self._known = NOTHING_KNOWN
            return False
        return True

    async def _give_up(self, wish: Wish, left: Plan) -> NoReturn:
        """The kernel is not as wished and will not become so; the pod may be let go on all the same."""
        if wish.opens_anyway and wish.waiting is not Waiting.NOBODY and not self._known.opened:
            await self._ask(wish, opening(wish))
        raise NotSettled(refusal(left, self._known))

    def _next(self, wish: Wish, is_first: bool) -> Round | Settled:
        """What to ask next. An audit only to begin with: where answers take longer than audits are apart, one is always due."""
        is_known = self._known.netns is not None and wish.target == self._known.target
        if self._audit_due and is_first and is_known and not has_gone(wish, self._known):
            return audit_round()
        return next_round(wish, self._known, self._shared.blind())

    async def _ask(self, wish: Wish, due: Round) -> None:
        """One request and what it teaches."""
        assert wish.target is not None, "a round has somebody to ask"
        if due.phase in (Phase.READ, Phase.AUDIT):
            self._audit_due = False
        stream = None if due.phase is Phase.READ else self._known.stream
        self.story.begins(wish, due)
        told = await self.asking.ask(wish.target, due, stream)
        self._known = learn(wish, self._known, due, told)
        self.story.did(due)
        if due.phase is Phase.OPEN:
            self._gate.opened()

    async def _peers_ready(self, wish: Wish) -> bool:
        """Wait a little for the peers to be programmed; whether the wish is still good enough to open the gate for."""
        assert wish.target is not None, "a gate has somebody who opens it"
        self.idle.set()  # our own part is done: pods that start together do not wait for each other's gates
        pending = [peer.idle for peer in self._shared.peers(wish) if not peer.idle.is_set()]
        await self._gate.wait(wish.target, pending, self._superseded)
        return self.wish is wish or (is_same_pod(wish, self.wish) and self._gate.is_over(wish.target))

    def _opens_first(self, wish: Wish) -> bool:
        """Whether a gate that has waited long enough comes before the newest wish: where peers come and go without end, that
        one is never carried out."""
        if wish.target is None or not is_same_pod(wish, self.wish):
            return False
        left = gate_left(wish, self._known, self._shared.blind(), is_ready=self.story.ready)
        return left and self._gate.is_over(wish.target)

    def _stand(self, state: State, faults: tuple[Fault, ...] = (), trouble: str = "", known: bool = True) -> None:
        self.story.stands(self.wish, state, asyncio.get_running_loop().time(), faults, trouble, known)
