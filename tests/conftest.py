"""What all tests share: tests marked `kernel` run only inside `scripts/in-namespace`, which tells so by KVC_KERNEL_TESTS=1,
and tests marked `cluster` only where KVC_CLUSTER_TESTS=1 says that a real cluster may be used for them."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from tests.cluster import packages
from tests.cluster.audit import complaints
from tests.cluster.reach import Refused, reached
from tests.cluster.telling import teller, told
from tests.cluster.world import RealCluster


def pytest_sessionstart() -> None:
    # looptime asks for the current event loop around every test; before the first async one Python would make one that nobody
    # closes.
    asyncio.set_event_loop(None)
    # A shell starts what runs in its background with SIGINT ignored, and the programs under test would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("long") and os.environ.get("KVC_LONG_TESTS") != "1":
            item.add_marker(pytest.mark.skip(reason="takes minutes: make long runs it"))
        if item.get_closest_marker("cluster") and (why := _no_cluster()):
            item.add_marker(pytest.mark.skip(reason=why))
    if os.environ.get("KVC_KERNEL_TESTS") == "1":
        return
    for item in items:
        if item.get_closest_marker("kernel"):
            item.add_marker(
                pytest.mark.skip(reason="needs network namespaces: run it with scripts/in-namespace (make test does)")
            )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := told(config):
        terminalreporter.section("measured")
        for line in lines:
            terminalreporter.line(line)


def _no_cluster() -> str:
    """Why no cluster is used; empty if one is. A KUBECONFIG alone does not say that its cluster may be used for tests."""
    if os.environ.get("KVC_CLUSTER_TESTS") != "1":
        return "needs a real cluster: make cluster-test runs it"
    return "" if os.environ.get("KUBECONFIG") else packages.unavailable()


@pytest.fixture(scope="session")
def real_cluster(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[RealCluster]:
    """A real cluster for the whole session (see tests/cluster/__init__.py), whose audit log is judged at the end."""
    try:
        with reached() as reach:
            made = RealCluster(reach, tmp_path_factory.mktemp("cluster"))
            before = len(made.audited()) if reach.ours else 0
            if reach.seconds:
                teller(pytestconfig)(f"the cluster was up after {reach.seconds:.1f} s")
            yield made
            assert not reach.ours or complaints(made.audited()[before:]) == []
    except Refused as error:
        pytest.exit(f"no test is run on this cluster: {error}", 1)
