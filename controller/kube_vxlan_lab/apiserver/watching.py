"""I/O. One watch: the state or the changes since a version, then every change as it happens, a JSON line each.

Laws: nothing is lost or doubled between the beginning and what follows, since both are taken in one step. An object that
begins or ceases to be chosen is ADDED or DELETED, whatever happened to it. A version that is forgotten is told as an ERROR
event with 410 Expired, after a 200, as the real server does once it has understood the request.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
from aiohttp import web

from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.forms import Form, View
from kube_vxlan_lab.apiserver.history import Change, ChangeType
from kube_vxlan_lab.apiserver.options import Options
from kube_vxlan_lab.apiserver.resources import Json, namespace_of
from kube_vxlan_lab.apiserver.store import Store

BOOKMARK_PERIOD = 60.0
"""Seconds between bookmarks, as the real server aims at."""
_LAST_BOOKMARK = 2.0
"""Seconds before the end of a watch at which the last bookmark is due."""
_GLANCE = 5.0
"""Seconds after which an idle watch looks whether its client is still there."""
_SHORTEST, _LONGEST = 1800, 3600
"""Seconds that a watch lasts, at random between, when the client does not say."""
_INITIAL_END = {"k8s.io/initial-events-end": "true"}


class Watch:
    """One client's watch of one resource, in one namespace or (empty) in all."""

    def __init__(self, store: Store, view: View, namespace: str, options: Options) -> None:
        self._store = store
        self._view = view
        self._namespace = namespace
        self._options = options
        self._lines: list[bytes] = []
        self._wake = asyncio.Event()
        self._transport: asyncio.Transport | None = None
        self._hushed = False
        self._path = self._client = ""
        self._opened = self._spoke = datetime.now(UTC)

    def hush(self) -> None:
        """Say nothing any more, as a peer behind a dead firewall: for the client the connection stays."""
        self._hushed = True

    def cut(self) -> None:
        """Reset the connection."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def is_open(self) -> bool:
        """Whether its client is still there, as far as a server can tell."""
        return self._transport is not None and not self._transport.is_closing()

    def account(self) -> Json:
        """Who watches what, since when, and when something was last sent: for those who look on at the lab."""
        return {
            "path": self._path,
            "client": self._client,
            "opened": self._opened.isoformat(),
            "spoke": self._spoke.isoformat(),
        }

    async def run(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer the request; returns when the watch ends or the client is gone."""
        self._transport = request.transport
        self._path, self._client = request.path, request.headers.get("User-Agent", "")
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        try:
            self._begin()
        except Refusal as error:
            await response.write(_line("ERROR", error.status()))
            return response
        unsubscribe = self._store.subscribe(self._hear)
        try:
            await self._follow(request, response)
        except ConnectionError:
            pass  # The client has left, which is how most watches end.
        finally:
            unsubscribe()
        return response

    def _begin(self) -> None:
        options = self._options
        synthetic = options.initial_events if options.initial_events is not None else not options.version
        if synthetic:
            now = datetime.now(UTC)
            for obj in self._store.select(self._view.resource, self._namespace, options.chooses):
                self._lines.append(_line("ADDED", self._view.one(obj, now)))
            if options.initial_events and options.bookmarks:
                self._lines.append(self._bookmark(_INITIAL_END))
        elif options.version:
            for change in self._store.history.since(options.version):
                self._hear(change)

    def _hear(self, change: Change) -> None:
        seen = self._seen(change)
        if seen is not None:
            self._lines.append(_line(seen[0], self._view.one(seen[1], datetime.now(UTC))))
            self._wake.set()

    def _seen(self, change: Change) -> tuple[ChangeType, Json] | None:
        """The change as this watch sees it."""
        if change.resource.plural != self._view.resource.plural:
            return None
        was = change.old is not None and self._covers(change.old)
        if change.type is ChangeType.DELETED:
            return (ChangeType.DELETED, change.new) if was else None
        if self._covers(change.new):
            return (ChangeType.MODIFIED if was else ChangeType.ADDED), change.new
        if change.old is None or not was:
            return None
        metadata = {**change.old["metadata"], "resourceVersion": change.new["metadata"]["resourceVersion"]}
        return ChangeType.DELETED, {**change.old, "metadata": metadata}

    def _covers(self, obj: Json) -> bool:
        return (not self._namespace or namespace_of(obj) == self._namespace) and self._options.chooses(obj)

    async def _follow(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + (self._options.timeout or random.uniform(_SHORTEST, _LONGEST))
        marks = bookmark_times(loop.time, end)
        mark = next(marks) if self._options.bookmarks else end
        while request.transport is not None and not request.transport.is_closing():
            if self._hushed:
                await self._wait(loop.time() + _GLANCE)
            elif self._lines:
                lines, self._lines = self._lines, []
                self._spoke = datetime.now(UTC)
                await response.write(b"".join(lines))
            elif loop.time() >= end:
                return
            elif loop.time() >= mark:
                self._lines.append(self._bookmark({}))
                mark = next(marks)
            else:
                await self._wait(min(end, mark, loop.time() + _GLANCE))

    async def _wait(self, until: float) -> None:
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._wake.wait()

    def _bookmark(self, annotations: dict[str, str]) -> bytes:
        """An object with nothing but a version; required fields show up empty, as they do on the real server."""
        metadata: Json = {"resourceVersion": str(self._store.history.version), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        resource = self._view.resource
        if self._view.form is Form.TABLE:
            table = self._view.many([], {"resourceVersion": metadata["resourceVersion"]}, datetime.now(UTC))
            return _line("BOOKMARK", table)
        kind = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        return _line("BOOKMARK", {**kind, **_EMPTY.get(resource.plural, {})})


_TEMPLATE: Json = {"metadata": {"creationTimestamp": None}, "spec": {"containers": None}}
_EMPTY: dict[str, Json] = {
    "namespaces": {"spec": {}, "status": {}},
    "pods": {"spec": {"containers": None}, "status": {}},
    "deployments": {"spec": {"selector": None, "template": _TEMPLATE, "strategy": {}}, "status": {}},
    "replicasets": {"spec": {"selector": None, "template": _TEMPLATE}, "status": {"replicas": 0}},
    "statefulsets": {"spec": {"selector": None, "template": _TEMPLATE, "serviceName": ""}, "status": {"replicas": 0}},
    "leases": {"spec": {}},
}
"""What an empty object of these kinds looks like: fields that are never left out, as the real server prints them."""


def _line(kind: str, obj: Json) -> bytes:
    return msgspec.json.encode({"type": str(kind), "object": obj}) + b"\n"


def bookmark_times(clock: Callable[[], float], end: float) -> Iterator[float]:
    """When bookmarks are due: about once a period, and once shortly before the end."""
    while True:
        due = clock() + random.uniform(0.75, 1.0) * BOOKMARK_PERIOD
        last = end - _LAST_BOOKMARK
        yield due if due < last or clock() >= last else last
