"""The scenarios of `life/`, each a text that can be read aloud, carried out in the lab under the independent checker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checker.watched import cluster
from tests.scenarios.judged import perform

pytestmark = pytest.mark.kernel
FILES = sorted((Path(__file__).parent / "life").glob("**/*.txt"))
LONG = "long"
"""The directory of those that take minutes."""
EDITS = "edits"
"""The directory of those in which the controller is killed at one point of each edit, and at all of them by `make long`."""


def _marked(file: Path) -> Iterator[object]:
    if file.parent.name != LONG:
        yield pytest.param(file, False, id=file.stem)
    if file.parent.name in (LONG, EDITS):
        yield pytest.param(file, True, marks=pytest.mark.long, id=f"{file.stem}-at-every-moment")


@pytest.mark.parametrize(("file", "is_thorough"), [one for file in FILES for one in _marked(file)])
def test_life(file: Path, is_thorough: bool, tmp_path: Path) -> None:
    with cluster(tmp_path) as lab:
        perform(file, lab, is_thorough=is_thorough)
