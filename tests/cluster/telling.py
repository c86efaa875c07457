"""I/O. What a run of tests measured, told at its end, where nothing is captured."""

from collections.abc import Callable

import pytest

Tell = Callable[[str], None]
"""Takes a line."""
_LINES = pytest.StashKey[list[str]]()


def teller(config: pytest.Config) -> Tell:
    """Something that keeps lines for the end."""
    return config.stash.setdefault(_LINES, []).append


def told(config: pytest.Config) -> list[str]:
    """The lines that were kept."""
    return config.stash.get(_LINES, [])
