"""Time. The hand: drains changes, finds the places whose wish changed, and has one worker each make it so.

A burst of changes becomes one snapshot; each place whose wish is another one than before has its worker started or told.
Laws: before every kind has been listed nothing is sent, and while one is stale nothing is removed; one worker per place; a
mistake of ours ends one worker, loudly, and the next news starts it anew; stopping leaves the kernels as they are.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable

from kube_vxlan_controller.desired import Desired, Policy, Wish, desire
from kube_vxlan_controller.model import Fault, Place
from kube_vxlan_controller.ports import Agents, Meter
from kube_vxlan_controller.snapshot import Change, Elapsed, Snapshot, fold
from kube_vxlan_controller.telling import News, State, tell_networks
from kube_vxlan_controller.tempo import Tempo
from kube_vxlan_controller.turns import Turns
from kube_vxlan_controller.worker import Shared, Worker

log = logging.getLogger(__name__)


class Reconciler:
    """The hand. `accept` takes changes, from anywhere in the loop's thread; `stand_by` and `run` last until `stop`."""

    def __init__(self, agents: Agents, policy: Policy, meter: Meter, tell: Callable[[News], None], tempo: Tempo) -> None:
        self._tempo = tempo
        self._agents = agents
        self._meter = meter
        self._inbox: list[Change] = []
        self._arrived = asyncio.Event()
        self._stopping = asyncio.Event()
        self._snapshot = Snapshot()
        self._desired = Desired(policy)
        self._workers: dict[Place, Worker] = {}
        self._running: dict[Place, asyncio.Task[None]] = {}
        self._turns: OrderedDict[Place, None] = OrderedDict()
        """All that have a worker, each once; the first is audited next."""
        self._begun = asyncio.Event()
        self._faults = 0
        self._tell = tell
        self._told_networks_at = 0.0
        """When mistakes in the ConfigMap were told last, by the loop's clock."""
        self._shared = Shared(
            agents=agents,
            meter=meter,
            tell=tell,
            tempo=self._tempo,
            retrying=Turns(self._tempo.retries_at_once, self._tempo.retry_turn),
            blind=lambda: bool(self._snapshot.stale),
            peers=self._peers,
            stopping=self._stopping,
        )

    @property
    def snapshot(self) -> Snapshot:
        """What the API server holds, as far as we know."""
        return self._snapshot

    def accept(self, change: Change) -> None:
        """Take one change; a burst of them is folded at once."""
        self._inbox.append(change)
        self._arrived.set()

    def stop(self) -> None:
        """Take no more work; `run` returns when what is on its way has ended, or when patience has."""
        self._stopping.set()

    async def stand_by(self) -> None:
        """Take changes in and do nothing about them, until `stop` is called: `run` then begins with all that is known."""
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch())
            await self._stopping.wait()
            watching.cancel()

    async def run(self) -> None:
        """Work until `stop` is called."""
        self._arrived.set()  # there may be all that we wait for
        async with asyncio.TaskGroup() as tasks:
            loops = [tasks.create_task(loop) for loop in (self._fold(tasks), self._audit(tasks), self._first_look())]
            await self._stopping.wait()
            for task in loops:
                task.cancel()
            asking = [task for place, task in self._running.items() if self._workers[place].asking.under_way]
            if asking:
                await asyncio.wait(asking, timeout=self._tempo.stop_patience)
            for task in self._running.values():
                task.cancel()

    async def _watch(self) -> None:
        """Burst by burst: changes to a snapshot."""
        while True:
            await self._burst()
            self._take_in()

    def _take_in(self) -> int:
        """Fold what has come into the snapshot; how many changes it was."""
        changes, self._inbox = self._inbox, []
        self._arrived.clear()
        self._snapshot = fold(self._snapshot, [*changes, Elapsed(time.time())])
        return len(changes)

    async def _fold(self, tasks: asyncio.TaskGroup) -> None:
        """Burst by burst: changes to a snapshot, to wishes, to workers."""
        while True:
            await self._burst()
            started = time.perf_counter()
            was_stale = self._snapshot.stale
            changes = self._take_in()
            if not self._snapshot.complete:
                continue
            before, self._desired = self._desired, desire(self._snapshot, self._desired)
            self._meter.folded(changes, time.perf_counter() - started)
            self._tell_faults(before)
            await self._hand_out(self._desired.changed, tasks)
            self._begun.set()
            if was_stale and not self._snapshot.stale:
                for place in self._desired.wishes:
                    self._wake(place, tasks)  # what may be removed again

    def _tell_faults(self, before: Desired) -> None:
        """Count what users wrote that cannot be honoured, and tell of those in the ConfigMap; the workers tell theirs."""
        after = self._desired
        for place in after.changed:
            self._faults += _faults(after.wishes.get(place)) - _faults(before.wishes.get(place))
        self._meter.faults(self._faults + len(after.networks.faults))
        if after.networks is not before.networks:
            self._tell_networks(before.networks.faults)

    def _tell_networks(self, known: Iterable[Fault] = ()) -> None:
        """Tell of the mistakes in the ConfigMap that are not known already."""
        config = self._snapshot.config
        self._told_networks_at = asyncio.get_running_loop().time()
        if config is not None and config.ref is not None:
            for tale in tell_networks(config.ref, known, self._desired.networks.faults):
                self._tell(tale)

    async def _first_look(self) -> None:
        """Say once, in one line, how everything was that was there when we started."""
        await self._begun.wait()
        workers = list(self._workers.values())
        for worker in workers:
            await worker.idle.wait()
        found = [worker for worker in workers if worker.story.standing.state is State.WIRED and worker.story.untouched]
        states = Counter(worker.story.standing.state for worker in workers)
        pods = "1 pod" if len(found) == 1 else f"{len(found)} pods"
        log.info("%s found as wished", pods, extra={state: states[state] for state in State})

    async def _burst(self) -> None:
        """Return when a burst of changes is complete, or when the next terminating pod is over."""
        at = self._snapshot.next_departure
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if at is None else max(0.0, at - time.time())):
                await self._arrived.wait()
                await asyncio.sleep(self._tempo.burst)

    async def _hand_out(self, changed: Iterable[Place], tasks: asyncio.TaskGroup) -> None:
        for place in changed:
            wish = self._desired.wishes.get(place)
            if wish is None:
                await self._drop(place)
                continue
            worker = self._workers.get(place)
            if worker is None:
                worker = self._workers[place] = Worker(wish, self._shared)
                self._turns[place] = None
            worker.want(wish)
            self._wake(place, tasks)

    async def _drop(self, place: Place) -> None:
        worker = self._workers.pop(place, None)
        self._turns.pop(place, None)
        if worker is not None:
            worker.leave()
        task = self._running.pop(place, None)
        if task is not None:
            task.cancel()
        await self._agents.forget(place)

    def _wake(self, place: Place, tasks: asyncio.TaskGroup) -> None:
        worker = self._workers[place]
        worker.rouse()
        running = self._running.get(place)
        if (running is None or running.done()) and not self._stopping.is_set():
            task = tasks.create_task(self._guard(worker))
            self._running[place] = task
            task.add_done_callback(lambda done: self._running.pop(place) if self._running.get(place) is done else None)

    async def _guard(self, worker: Worker) -> None:
        """A mistake of ours ends one worker, not all: the one place where everything is caught."""
        try:
            await worker.run()
        except Exception:
            log.exception("a mistake of ours ended the worker of %s; its next change or audit starts it anew", worker.place)
            worker.idle.set()

    async def _audit(self, tasks: asyncio.TaskGroup) -> None:
        """In turn, compare every place with its kernel."""
        while True:
            await asyncio.sleep(self._tempo.audit_gap(len(self._workers)))
            if asyncio.get_running_loop().time() - self._told_networks_at >= self._tempo.told_again:
                self._tell_networks()
            if not self._turns:
                continue
            place = next(iter(self._turns))
            self._turns.move_to_end(place)
            self._workers[place].audit()
            self._wake(place, tasks)

    def _peers(self, wish: Wish) -> Iterable[Worker]:
        groups = self._desired.membership.groups
        places = {place for member in wish.reading.members for place in groups[member.key].members} - {wish.place}
        return [self._workers[place] for place in places if place in self._workers]


def _faults(wish: Wish | None) -> int:
    return len(wish.reading.faults) if wish is not None else 0
