"""I/O. The reflector: follows one resource for ever and tells one consumer what is there.

It lists (as a WatchList stream, or in pages where the server has none), then watches from the list's version on. Whatever
ends a watch, the next one resumes at the last version seen, without a list; only 410, a line that is no event or a long
silence makes it list again, and so does a clock, since a watch can lose a deletion without any error. Laws: every attempt that
did not last waits before the next, so there is no hot loop whatever the server answers. An object that cannot be read is told
and never taken as absent. One callback, no task per object; the loop gets its turn every few milliseconds.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Generic, NoReturn, assert_never

import msgspec

from kube_vxlan_controller.kube import answers
from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.happenings import (
    Changed,
    Fresh,
    Happening,
    Listed,
    Removed,
    Resource,
    Stale,
    T,
    Timing,
    Trouble,
)
from kube_vxlan_controller.kube.lines import Bookmark, Event, Lines, TooLong
from kube_vxlan_controller.kube.listing import Reader, list_all
from kube_vxlan_controller.kube.pacing import Failure, Pace
from kube_vxlan_controller.ports import Gone, Unreachable, WorldError

_GRACE = 30.0
"""Seconds that a server may be late in ending a watch as it was asked to."""
_PATIENCE = 5
"""Fruitless attempts in a row after which we list: a version that the server does not know (a restored etcd) stays so."""


class _NoWatchList(Exception):
    """The server took the request for a WatchList, and cannot give one."""


async def follow(
    api: ApiClient, resource: Resource[T], deliver: Callable[[Happening[T]], None], timing: Timing | None = None
) -> NoReturn:
    """Tell `deliver` what there is and what changes, until cancelled. No failure of the world ends it.

    `deliver` is called from the event loop and must not block; what it raises ends everything.
    """
    follower = _Follower(api, resource, deliver, timing or Timing())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(follower.tell_staleness())
        await follower.run()
    raise AssertionError("a task group with an endless body ended")


class _Follower(Generic[T]):
    def __init__(self, api: ApiClient, resource: Resource[T], deliver: Callable[[Happening[T]], None], timing: Timing) -> None:
        self._api = api
        self._resource = resource
        self._deliver = deliver
        self._timing = timing
        self._loop = asyncio.get_running_loop()
        self._reader = Reader(resource)
        self._event = msgspec.json.Decoder(Event)
        self._bookmark = msgspec.json.Decoder(Bookmark)
        self._view = _View(self._loop.time())
        self._version: str | None = None
        """Where to resume; None: list first."""
        self._relist_at = float("-inf")
        self._watch_list = True
        self._initial: dict[tuple[str, str], T] | None = None
        """What a WatchList has sent so far, while it is not complete."""
        self._skipped = False
        self._fruitless = 0
        self._pace = Pace(timing)

    async def run(self) -> NoReturn:
        """Attempt after attempt."""
        while True:
            began, wait, away, why = self._loop.time(), 0.0, False, ""
            try:
                lasted = await self._attempt()
                why = "" if lasted else f"watching {self._resource.path}: the server ended the watch early"
            except (Gone, answers.Invalid) as error:
                self._version, why = None, str(error)
            except WorldError as error:
                why = str(error)
                if isinstance(error, Unreachable):
                    wait, away = error.retry_after or 0.0, error.away
            if not why:
                self._pace.succeeded()
                continue
            self._view.why = why
            self._deliver(Trouble(why))
            healthy = self._view.confirmed - began >= self._timing.healthy
            if not away:  # which says nothing about a version
                self._fruitless = self._fruitless + 1 if self._view.confirmed < began else 0
            if self._fruitless >= _PATIENCE:
                self._version = None
            await asyncio.sleep(max(wait, self._pace.wait(Failure(away, healthy))))

    async def tell_staleness(self) -> NoReturn:
        """Say so when nothing has confirmed the view for too long."""
        while True:
            left = self._view.confirmed + self._timing.stale - self._loop.time()
            if left > 0:
                await asyncio.sleep(left)
                continue
            if not self._view.stale:
                self._view.stale = True
                self._deliver(Stale(self._view.confirmed, self._view.why))
            # A confirmation after this moment cannot be too old before the end of this sleep.
            await asyncio.sleep(self._timing.stale)

    async def _attempt(self) -> bool:
        """One list where one is due, then one watch. Whether it lasted: only then the next may begin at once."""
        # A view that is unconfirmed for long waits for no bookmark, which may be a minute away: a list confirms it at once.
        silent = self._loop.time() - self._view.confirmed >= self._timing.silence
        if self._version is None or silent or self._view.stale or self._loop.time() >= self._relist_at:
            if self._watch_list:
                try:
                    return await self._watch(initial=True)
                except (answers.Invalid, _NoWatchList):
                    # The feature gate is off, or etcd too old. Every later list of this process comes in pages.
                    self._watch_list = False
            listing = await list_all(self._api, self._resource)
            self._skipped = listing.skipped > 0
            if listing.skipped:
                self._deliver(Trouble(f"listing {self._resource.path}: {listing.skipped} objects cannot be read"))
            self._listed(listing.objects, listing.version)
        return await self._watch(initial=False)

    async def _watch(self, initial: bool) -> bool:
        """One watch to its end; true when it lasted as long as it should, or long enough."""
        began = self._loop.time()
        seconds = random.randint(self._timing.shortest_watch, self._timing.longest_watch)
        end = began + seconds + _GRACE
        self._initial, self._skipped = ({} if initial else None), False
        try:
            async with asyncio.timeout_at(began + self._timing.initial if initial else min(end, self._relist_at)) as deadline:
                async with self._api.stream(
                    self._resource.path, self._params(initial, seconds), self._timing.silence
                ) as pieces:
                    lines = Lines()
                    async for piece in pieces:
                        for line in lines.feed(piece):
                            self._take(line)
                            await self._reader.breathe()
                        if self._initial is None:
                            deadline.reschedule(min(end, self._relist_at))
        except TimeoutError:
            if self._initial is None:
                return True
            self._watch_list = False
            raise Unreachable(
                f"watching {self._resource.path}: no end of the initial list; listing in pages from now on"
            ) from None
        if self._initial is not None:
            return False
        return self._loop.time() - began >= min(seconds - 1, self._timing.healthy)

    def _params(self, initial: bool, seconds: int) -> dict[str, str]:
        common = {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
        begin = {"resourceVersion": "" if initial else self._version or ""}
        if initial:
            begin |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        return self._resource.params | common | begin

    def _take(self, line: bytes | TooLong) -> None:
        if isinstance(line, TooLong):
            return self._skip("a line of more than 4 MiB was dropped")
        try:
            event = self._event.decode(line)
        except msgspec.MsgspecError:
            self._version = None
            raise Unreachable(f"watching {self._resource.path}: this is no event: {answers.excerpt(line)!r}") from None
        match event.type:
            case "ERROR":
                status = answers.as_status(bytes(event.object))
                answer = answers.of_status(status, 500) if status else answers.read(500, "", bytes(event.object))
                if answer.code == 500 and self._initial is not None:
                    raise _NoWatchList(answer.message)
                raise answers.meaning(answer, f"watching {self._resource.path}")
            case "BOOKMARK":
                self._mark(event.object)
            case "ADDED" | "MODIFIED" | "DELETED":
                one = self._reader.read(event.object)
                if one is None:
                    return self._skip(f"an object cannot be read: {answers.excerpt(bytes(event.object)[: answers.SHOWN])!r}")
                self._changed(one, removed=event.type == "DELETED")
            case _ as never:
                assert_never(never)
        return None

    def _changed(self, one: T, removed: bool) -> None:
        meta = one.metadata
        if self._initial is None:
            self._version = meta.resource_version or self._version
            self._deliver(Removed(one) if removed else Changed(one))
            self._confirm()
        elif removed:
            self._initial.pop((meta.namespace, meta.name), None)
        else:
            self._initial[meta.namespace, meta.name] = one

    def _mark(self, raw: msgspec.Raw) -> None:
        try:
            bookmark = self._bookmark.decode(raw)
        except msgspec.MsgspecError:
            return self._skip("a bookmark cannot be read")
        version = bookmark.metadata.resource_version
        if self._initial is None:
            self._version = version or self._version
            self._confirm()
        elif bookmark.ends_list and version:
            objects, self._initial = tuple(self._initial.values()), None
            self._listed(objects, version)
        return None

    def _listed(self, objects: tuple[T, ...], version: str) -> None:
        self._version = version
        wait = self._timing.repair if self._skipped else self._timing.relist * random.uniform(0.9, 1.1)
        self._relist_at = self._loop.time() + wait
        self._deliver(Listed(objects, consistent=not self._skipped))
        self._confirm()

    def _skip(self, why: str) -> None:
        self._skipped = True
        self._relist_at = min(self._relist_at, self._loop.time() + self._timing.repair)
        self._deliver(Trouble(f"watching {self._resource.path}: {why}"))

    def _confirm(self) -> None:
        self._view.confirmed = self._loop.time()
        if self._view.stale:
            self._view.stale = False
            self._deliver(Fresh())


class _View:
    """How sure the view is."""

    def __init__(self, now: float) -> None:
        self.confirmed = now
        self.stale = False
        self.why = "nothing has been heard from the API server"
