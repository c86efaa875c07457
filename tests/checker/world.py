"""I/O. Pods and the ConfigMap as the API server has them, asked for again and again.

It asks and does not watch, so nothing that is done to watches blinds it. What changed between two looks is written down with
the times of both. What it means is read by `objects`.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from tests.checker.access import Access
from tests.checker.facts import Config, Definitions, Entries, Fact, Gap, Options, Pod, PodGone, Reported, What
from tests.checker.objects import Objects
from tests.checker.watches import Watches
from tests.checker.words import events

_EVERY = 0.1
"""Seconds between two looks, or ten times as long as one takes."""
_SELDOM = 10
"""Looks between two that ask for Events and for the lab's watches too."""


class World:
    """The thread that asks. `texts` and `values` are what was told of odd ones; they may grow."""

    def __init__(
        self,
        access: Access,
        record: Callable[[Fact], None],
        texts: Mapping[str, Entries | None],
        values: Mapping[str, Options | None],
    ) -> None:
        self._api = _Api(access)
        self._record = record
        self._pods: dict[str, Pod] = {}
        self._config: Definitions | None = None
        self._odd: set[str] = set()
        self._seen_at: float | None = None
        self._looks = 0
        self._reported: dict[str, str] = {}
        self._turn = 0
        offset = time.time() - time.monotonic()
        self._objects = Objects(texts, values, offset, self._complain)
        self._watches = Watches(offset)
        self._stopping = threading.Event()
        self._poked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="world", daemon=True)
        self._thread.start()

    def look(self, within: float = 5.0) -> None:
        """Return when what is there now is written down, or cannot be had in time."""
        wanted, deadline = self._looks + 2, time.monotonic() + within  # the one under way may have asked before now
        while self._looks < wanted and time.monotonic() < deadline:
            self._turn = 0
            self._poked.set()
            time.sleep(0.01)

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()
        self._poked.set()
        self._thread.join(10)
        self._api.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            begun = time.monotonic()
            with suppress(OSError, http.client.HTTPException, ValueError):
                self._look(begun)
                self._looks += 1
            self._poked.wait(max(_EVERY, 10 * (time.monotonic() - begun)))
            self._poked.clear()

    def _look(self, begun: float) -> None:
        _, listed = self._api.get("/api/v1/pods")
        code, config = self._api.get("/api/v1/namespaces/kube-system/configmaps/kube-vxlan-controller")
        pods = dict(map(self._objects.pod, listed["items"]))
        networks = self._objects.networks(config.get("data") or {}) if code == 200 else None
        time_, since = time.monotonic(), begun if self._seen_at is None else self._seen_at
        facts: list[tuple[str, What]] = [(uid, PodGone()) for uid in self._pods.keys() - pods.keys()]
        facts += [(uid, pod) for uid, pod in pods.items() if self._pods.get(uid) != pod]
        if self._seen_at is None or networks != self._config:
            facts.append(("", Config(networks)))
        for uid, what in facts:
            self._record(Fact(time_, uid, what, "world", since))
        self._pods, self._config, self._seen_at = pods, networks, begun
        self._turn = (self._turn + 1) % _SELDOM
        if self._turn == 1:
            self._look_around()

    def _look_around(self) -> None:
        """The pods that Events of the controller were written about since the last time; in a lab, its watches."""
        _, listed = self._api.get("/apis/events.k8s.io/v1/events")
        _, watches = self._api.get("/lab/watches")
        now = time.monotonic()
        for uid in events(listed, self._reported):
            self._record(Fact(now, uid, Reported(), "world"))
        for fact in self._watches.changes(watches, now):
            self._record(fact)

    def _complain(self, why: str) -> None:
        if why not in self._odd:
            self._odd.add(why)
            self._record(Fact(time.monotonic(), "", Gap(why), "world"))


class _Api:
    """GET over one connection that is kept."""

    def __init__(self, access: Access) -> None:
        at = urlsplit(access.server)
        self._connection = http.client.HTTPSConnection(at.hostname or "", at.port, timeout=5, context=access.tls())
        self._headers = dict(access.headers)

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """The code and the object, an empty one for a 404. Raises `OSError` or `http.client.HTTPException` for all else."""
        try:
            self._connection.request("GET", path, headers=self._headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        if answer.status not in (200, 404):
            raise http.client.HTTPException(f"{path}: {answer.status}")
        return answer.status, json.loads(body) if answer.status == 200 else {}

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()
