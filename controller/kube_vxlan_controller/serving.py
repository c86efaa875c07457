"""I/O. What the kubelet and Prometheus ask of us over HTTP: /livez, /readyz, /metrics.

Laws: alive means that the event loop beats, and in a leader that its Lease is renewed; ready means that every kind of object
has been listed once and is fresh, in a leader as in one that stands by. A controller that is not ready goes on holding what
there is, so the kubelet must restart it for /livez alone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from kube_vxlan_controller.metrics import Metrics
from kube_vxlan_controller.ports import WorldError
from kube_vxlan_controller.snapshot import Kind

BEAT = 0.5
"""Seconds between two heartbeats."""
CLOSING = 1.0
"""Seconds for what is being answered when the end comes."""
STOPPED = 30.0
"""Seconds without a heartbeat after which we are not alive: far beyond any burst of work."""


class CannotServe(WorldError):
    """The address that was asked for cannot be listened on."""


@dataclass(frozen=True, slots=True)
class Health:
    """How well the API server is known."""

    unlisted: frozenset[Kind]
    """Kinds that have never been listed."""
    stale: Mapping[Kind, float] = field(default_factory=dict)
    """Kinds that nobody has confirmed for too long (90 s), with the seconds since somebody did."""

    @property
    def missing(self) -> tuple[str, ...]:
        """What is in the way of being ready, a sentence each."""
        never = [f"{kind} have not been listed yet" for kind in sorted(self.unlisted)]
        return (*never, *(f"{kind} have not been confirmed for {age:.0f} s" for kind, age in sorted(self.stale.items())))


class Pulse:
    """The event loop's heartbeat: `run` beats for ever, `age` is how long ago it last did, in seconds."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._clock = asyncio.get_running_loop().time
        self._last = self._clock()

    @property
    def age(self) -> float:
        """Seconds since the last beat."""
        return self._clock() - self._last

    @property
    def trouble(self) -> str:
        """Why we are not alive, as one sentence; empty while we are."""
        return f"the event loop's last heartbeat was {self.age:.0f} s ago" if self.age > STOPPED else ""

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(BEAT)
            self._metrics.lagged(max(0.0, self.age - BEAT))
            self._last = self._clock()


@asynccontextmanager
async def serve(
    listen: tuple[str | None, int], troubles: Callable[[], Sequence[str]], health: Callable[[], Health], metrics: Metrics
) -> AsyncIterator[list[Any]]:
    """Answer while the block lasts; gives the addresses listened on. Raises `CannotServe`.

    `troubles` says why we are not alive, a sentence each; nothing while we are.
    """

    async def livez(_: web.Request) -> web.Response:
        return _judged(troubles())

    async def readyz(_: web.Request) -> web.Response:
        return _judged(health().missing)

    async def numbers(request: web.Request) -> web.Response:
        stale = health().stale
        metrics.stale({kind: stale.get(kind, 0.0) for kind in Kind})
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(metrics.registry), headers={"Content-Type": kind})

    application = web.Application()
    application.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", numbers)])
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=CLOSING)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, *listen).start()
        except OSError as error:
            raise CannotServe(
                f"{listen[0] or ''}:{listen[1]} cannot be listened on ({error}); choose another --listen."
            ) from error
        yield runner.addresses
    finally:
        await runner.cleanup()


def _judged(troubles: Sequence[str]) -> web.Response:
    """What a probe gets: 200, or 503 with a line for each trouble."""
    return web.Response(status=503 if troubles else 200, text="\n".join(troubles or ["ok"]) + "\n")
