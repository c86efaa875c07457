"""I/O. Events on API objects (events.k8s.io/v1), so that `kubectl describe` says what we know of them.

Best effort: an Event may be lost, and nothing else suffers by it. `tell` returns at once; `run` writes what waits, one after
the other, and when it is cancelled, what waits then, in a bounded time. Laws: repeats are counted in the Event
that is there (a series), and no new ones; what waits, what is remembered and what is written in a minute is bounded, for all
objects together and for each, so an object that changes all the time silences no other for long; of what is too much for one
object the newest is postponed, and nothing else, so the last Event says how the object stands; a failure is logged once per
kind, and counted every time.
"""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from kube_vxlan_controller.kube import notes
from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.notes import Event, Regarding
from kube_vxlan_controller.ports import Gone, Unknown, Unreachable, WorldError

log = logging.getLogger(__name__)

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is waited, remembered and written."""

    waiting: int = 1000
    """Events that wait to be written, with those that are postponed; more are dropped."""
    remembered: int = 4096
    """Series, and objects, of which something is known; the one used longest ago is forgotten first."""
    silence: float = 2700.0
    """Seconds without a repeat after which a series has ended, and the next repeat is a new Event: longer than it takes until
    what is wrong is told again (`tempo.told_again`), shorter than servers keep Events."""
    burst: int = 50
    every: float = 0.1
    """Seconds from one request to the next, when the burst is used up."""
    object_burst: int = 20
    object_every: float = 60.0
    """The same for the Events of one object; the newest one is postponed until it is allowed, older ones are dropped."""
    tries: int = 3
    """Of one Event, while the API server cannot be reached."""
    retry: float = 1.0
    """Seconds before the second try; twice as many before each later one."""
    farewell: float = 1.0
    """Seconds for what still waits when the end comes."""


@dataclass(slots=True)
class _Waiting:
    first: datetime
    last: datetime
    times: int = 1


@dataclass(slots=True)
class _Postponed:
    """The newest Event of an object that has had too many."""

    event: Event
    waiting: _Waiting
    release: asyncio.TimerHandle


@dataclass(slots=True)
class _Series:
    name: str
    count: int
    until: float
    """The loop's time at which it has ended, if nothing more comes."""


@dataclass(slots=True)
class _Allowance:
    """So many at once, and one more every so many seconds."""

    most: int
    every: float
    at: float
    left: float

    def take(self, now: float) -> float:
        """Use one, if need be of those to come; seconds until that one is allowed."""
        self.left = min(float(self.most), self.left + (now - self.at) / self.every) - 1.0
        self.at = now
        return max(0.0, -self.left * self.every)


class Events:
    """Writes Events as `instance`; `count` is told how each one ended: `ok`, `dropped`, or the name of the error."""

    def __init__(self, api: ApiClient, instance: str, count: Callable[[str], None], limits: Limits) -> None:
        self._api = api
        self._instance = instance
        self._count = count
        self._limits = limits
        self._waiting: dict[Event, _Waiting] = {}
        self._postponed: dict[Regarding, _Postponed] = {}
        self._arrived = asyncio.Event()
        self._series: OrderedDict[Event, _Series] = OrderedDict()
        self._allowances: OrderedDict[Regarding, _Allowance] = OrderedDict()
        self._said: set[str] = set()

    def tell(self, event: Event) -> None:
        """Have an Event written soon, or not at all. Never raises, never blocks."""
        now = datetime.now(UTC)
        postponed = self._postponed.get(event.regarding)
        if postponed is not None and postponed.event != event:
            self._drop(postponed.event)
            postponed.event, postponed.waiting = event, _Waiting(now, now)
        elif repeated := postponed.waiting if postponed is not None else self._waiting.get(event):
            repeated.last = now
            repeated.times += 1
        elif len(self._waiting) + len(self._postponed) >= self._limits.waiting:
            self._drop(event)
        elif delay := self._delay(event.regarding):
            release = asyncio.get_running_loop().call_later(delay, self._release, event.regarding)
            self._postponed[event.regarding] = _Postponed(event, _Waiting(now, now), release)
        else:
            self._waiting[event] = _Waiting(now, now)
            self._arrived.set()

    async def run(self) -> None:
        """Write what waits, until cancelled; and then, for a moment, what waits still."""
        try:
            await self._write_all()
        finally:
            for regarding in tuple(self._postponed):
                self._release(regarding)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.farewell):
                    while self._waiting:
                        await self._write_next()

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        pace = _Allowance(self._limits.burst, self._limits.every, loop.time(), self._limits.burst)
        while True:
            await self._arrived.wait()
            await asyncio.sleep(pace.take(loop.time()))
            await self._write_next()
            if not self._waiting:
                self._arrived.clear()

    async def _write_next(self) -> None:
        event = next(iter(self._waiting))
        await self._write(event, self._waiting.pop(event))

    def _release(self, regarding: Regarding) -> None:
        """Let what was postponed wait with the others, of which it may be one."""
        postponed = self._postponed.pop(regarding)
        postponed.release.cancel()
        waits = self._waiting.setdefault(postponed.event, postponed.waiting)
        if waits is not postponed.waiting:
            waits.last = postponed.waiting.last
            waits.times += postponed.waiting.times
        self._arrived.set()

    def _delay(self, regarding: Regarding) -> float:
        """Seconds until one more Event of this object is allowed, and that one is used up."""
        now, limits = asyncio.get_running_loop().time(), self._limits
        allowance = self._allowances.get(regarding)
        if allowance is None:
            allowance = _Allowance(limits.object_burst, limits.object_every, now, limits.object_burst)
        self._remember(self._allowances, regarding, allowance)
        return allowance.take(now)

    def _drop(self, event: Event) -> None:
        about = event.regarding
        self._count("dropped")
        first = f"{event.reason} of {about.namespace}/{about.name}"
        self._say("dropped", f"there are too many, at once or of one object; the first one dropped is {first}")

    async def _write(self, event: Event, waiting: _Waiting) -> None:
        """Write one Event, with a few tries."""
        delay = self._limits.retry
        for left in reversed(range(self._limits.tries)):
            try:
                await self._send(event, waiting)
            except Unreachable as error:
                self._fail(error)
                if left:
                    await asyncio.sleep(max(delay, error.retry_after or 0.0))
                    delay *= 2
            except WorldError as error:
                self._fail(error)
                return
            else:
                self._count("ok")
                return

    async def _send(self, event: Event, waiting: _Waiting) -> None:
        """One or two requests: a repeat counts in the Event that is there, unless that has expired."""
        now = asyncio.get_running_loop().time()
        series = self._series.get(event)
        if series is not None and series.until >= now:
            try:
                await self._repeat(event, series, waiting)
            except Gone:
                pass  # Events live for an hour
            else:
                return
        await self._create(event, waiting)

    async def _create(self, event: Event, waiting: _Waiting) -> None:
        name = notes.name_for(event.regarding.name, time.time_ns())
        ends = asyncio.get_running_loop().time() + self._limits.silence
        new = notes.body(event, name, self._instance, waiting.first)
        if waiting.times > 1:
            new["series"] = notes.series(waiting.times, waiting.last)
        try:
            await self._api.create(notes.path(event.regarding.namespace), new, _Written)
        except Unknown:
            self._remember(self._series, event, _Series(name, waiting.times, ends))
            raise
        self._remember(self._series, event, _Series(name, waiting.times, ends))

    async def _repeat(self, event: Event, series: _Series, waiting: _Waiting) -> None:
        count = series.count + waiting.times
        path = f"{notes.path(event.regarding.namespace)}/{series.name}"
        await self._api.patch(path, {"series": notes.series(count, waiting.last)}, _Written)
        series.count = count
        series.until = asyncio.get_running_loop().time() + self._limits.silence
        self._series.move_to_end(event)

    def _remember(self, memory: OrderedDict[K, V], key: K, value: V) -> None:
        memory[key] = value
        memory.move_to_end(key)
        if len(memory) > self._limits.remembered:
            memory.popitem(last=False)

    def _fail(self, error: WorldError) -> None:
        kind = type(error).__name__.lower()
        self._count(kind)
        self._say(kind, str(error))

    def _say(self, kind: str, why: str) -> None:
        if kind not in self._said:
            self._said.add(kind)
            log.warning("an Event was not written (later ones that fail alike are only counted, in kube_vxlan_events): %s", why)


class _Written(msgspec.Struct):
    """An Event that was written; nothing in it is news."""
