"""What all tests share: tests marked `kernel` run only inside `scripts/in-namespace`, which tells so by KVC_KERNEL_TESTS=1."""

import asyncio
import os

import pytest


def pytest_sessionstart() -> None:
    # looptime asks for the current event loop around every test; before the first async one Python would make one that nobody
    # closes.
    asyncio.set_event_loop(None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("long") and os.environ.get("KVC_LONG_TESTS") != "1":
            item.add_marker(pytest.mark.skip(reason="takes minutes: make long runs it"))
    if os.environ.get("KVC_KERNEL_TESTS") == "1":
        return
    for item in items:
        if item.get_closest_marker("kernel"):
            item.add_marker(
                pytest.mark.skip(reason="needs network namespaces: run it with scripts/in-namespace (make test does)")
            )
