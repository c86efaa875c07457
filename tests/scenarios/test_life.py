"""The scenarios of `life/`, each a text that can be read aloud, carried out in the lab under the independent checker."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.checker.facts import UNREADABLE, Constants
from tests.checker.watched import cluster
from tests.scenarios.run import Run
from tests.scenarios.sentences import SENTENCES, act
from tests.scenarios.text import parse
from tests.scenarios.world import BOUNDS

pytestmark = pytest.mark.kernel
CONSTANTS = Constants(stale=BOUNDS["leave"], join=BOUNDS["join"])
ODD = {
    "vxeth1; vxeth2": UNREADABLE,
    "vxeth1 ip=192.168.11.6/24 upp": {"vxeth1": UNREADABLE},
    "vxeth1 ip=192.168.11.200/33\nvxeth2 ip=192.168.12.5/24": {"vxeth1": UNREADABLE, "vxeth2": {"ip": ("192.168.12.5/24",)}},
}
"""What the annotations mean that are not written plainly: the checker has to be told."""
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
    scenario = parse(file.read_text(), [(one.text, one.block) for one in SENTENCES])
    with cluster(tmp_path) as lab:
        for text, meaning in ODD.items():
            lab.checker.means(text, meaning)
        run = Run(lab, is_thorough=is_thorough)
        act(run, scenario.steps)
        # The checker counts from when the process is made; as in `Run`, the bound begins when it is ready.
        recovery = run.bound("recovery") + run.loading
        lab.checker.constants = replace(CONSTANTS, repair=run.bound("repair"), recovery=recovery)
