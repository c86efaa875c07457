import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import aiohttp
import pytest

from kube_vxlan_controller.metrics import Metrics
from kube_vxlan_controller.serving import BEAT, STOPPED, CannotServe, Health, Pulse, serve
from kube_vxlan_controller.snapshot import Kind

LOOPBACK = ("127.0.0.1", 0)
WELL = Health(frozenset())


@dataclass
class Served:
    """A server whose health the test decides."""

    metrics: Metrics
    health: Health
    troubles: tuple[str, ...] = ()
    url: str = ""
    session: aiohttp.ClientSession = field(init=False)

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.session.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    metrics = Metrics()
    running = Served(metrics, WELL)
    async with (
        serve(LOOPBACK, lambda: running.troubles, lambda: running.health, metrics) as addresses,
        aiohttp.ClientSession() as session,
    ):
        running.session = session
        running.url = f"http://127.0.0.1:{addresses[0][1]}"
        yield running


async def test_alive_and_ready(served: Served) -> None:
    assert await served.get("/livez") == (200, "ok\n")
    assert await served.get("/readyz") == (200, "ok\n")


@pytest.mark.parametrize(
    ("health", "told"),
    [
        (Health(frozenset(Kind)), "networks have not been listed yet\npods have not been listed yet\n"),
        (Health(frozenset({Kind.PODS})), "pods have not been listed yet\n"),
        (Health(frozenset(), {Kind.PODS: 91.4}), "pods have not been confirmed for 91 s\n"),
        (
            Health(frozenset({Kind.NETWORKS}), {Kind.PODS: 120.0}),
            "networks have not been listed yet\npods have not been confirmed for 120 s\n",
        ),
    ],
)
async def test_what_is_missing_is_said_a_line_each(served: Served, health: Health, told: str) -> None:
    served.health = health
    assert await served.get("/readyz") == (503, told)
    assert (await served.get("/livez"))[0] == 200


async def test_troubles_are_said_a_line_each_and_readiness_is_another_matter(served: Served) -> None:
    served.troubles = ("the heart stands still", "the Lease is old")
    assert await served.get("/livez") == (503, "the heart stands still\nthe Lease is old\n")
    assert await served.get("/readyz") == (200, "ok\n")


async def test_numbers_in_both_formats(served: Served) -> None:
    served.health = Health(frozenset(), {Kind.PODS: 100.0})
    served.metrics.faults(4)
    _, plain = await served.get("/metrics")
    assert "kube_vxlan_faults 4.0\n" in plain
    assert 'kube_vxlan_view_stale_seconds{kind="pods"} 100.0\n' in plain
    assert 'kube_vxlan_view_stale_seconds{kind="networks"} 0.0\n' in plain
    _, modern = await served.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert modern.endswith("# EOF\n")


async def test_there_is_nothing_else(served: Served) -> None:
    assert (await served.get("/"))[0] == 404


async def test_an_address_in_use_is_one_sentence() -> None:
    metrics = Metrics()
    with socket.create_server(LOOPBACK) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotServe, match=rf"127\.0\.0\.1:{port} cannot be listened on .*--listen"):
            async with serve(("127.0.0.1", port), tuple, lambda: WELL, metrics):
                pass


async def test_without_a_host_it_listens_on_all_addresses() -> None:
    metrics = Metrics()
    async with serve((None, 0), tuple, lambda: WELL, metrics) as addresses, aiohttp.ClientSession() as session:
        port = next(address[1] for address in addresses if address[0] == "0.0.0.0")
        async with session.get(f"http://127.0.0.1:{port}/livez") as answer:
            assert answer.status == 200


@contextlib.asynccontextmanager
async def beating(pulse: Pulse) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        heart = tasks.create_task(pulse.run())
        yield
        heart.cancel()


@pytest.mark.looptime(start=0)
async def test_the_heart_tells_how_late_the_loop_is(looptime: Callable[[], float]) -> None:
    metrics = Metrics()
    pulse = Pulse(metrics)
    async with beating(pulse):
        await asyncio.sleep(10 * BEAT + BEAT / 2)
        assert pulse.age == pytest.approx(BEAT / 2)
        assert metrics.registry.get_sample_value("kube_vxlan_loop_lag_seconds") == pytest.approx(0.0, abs=1e-6)
        assert pulse.trouble == ""
    await asyncio.sleep(STOPPED + 1)
    assert pulse.trouble == "the event loop's last heartbeat was 31 s ago"
