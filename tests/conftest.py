"""What all tests share: tests marked `kernel` run only inside `scripts/in-namespace`, which tells so by KVC_KERNEL_TESTS=1."""

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("KVC_KERNEL_TESTS") == "1":
        return
    for item in items:
        if item.get_closest_marker("kernel"):
            item.add_marker(
                pytest.mark.skip(reason="needs network namespaces: run it with scripts/in-namespace (make test does)")
            )
