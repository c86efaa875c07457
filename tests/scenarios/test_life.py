"""The scenarios of `life/`, each a text that can be read aloud, carried out in the lab under the independent checker."""

from pathlib import Path

import pytest

from tests.checker.facts import UNREADABLE, Constants
from tests.checker.watched import cluster
from tests.scenarios.run import Run
from tests.scenarios.sentences import SENTENCES, act
from tests.scenarios.text import parse
from tests.scenarios.world import AUDIT, BOUNDS

pytestmark = pytest.mark.kernel
CONSTANTS = Constants(stale=BOUNDS["leave"], join=BOUNDS["join"], repair=BOUNDS["repair"], recovery=BOUNDS["recovery"])
ODD = {
    "vxeth1; vxeth2": UNREADABLE,
    "vxeth1 ip=192.168.11.6/24 upp": {"vxeth1": UNREADABLE},
    "vxeth1 ip=192.168.11.200/33\nvxeth2 ip=192.168.12.5/24": {"vxeth1": UNREADABLE, "vxeth2": {"ip": ("192.168.12.5/24",)}},
}
"""What the annotations mean that are not written plainly: the checker has to be told."""
FILES = sorted((Path(__file__).parent / "life").glob("**/*.txt"))
LONG = "long"
"""The directory of those that take minutes."""


def _marked(file: Path) -> object:
    long = [pytest.mark.long] if file.parent.name == LONG else []
    return pytest.param(file, marks=long, id=file.stem)


@pytest.mark.parametrize("file", [_marked(file) for file in FILES])
def test_life(file: Path, tmp_path: Path) -> None:
    scenario = parse(file.read_text(), [(one.text, one.block) for one in SENTENCES])
    with cluster(tmp_path) as lab:
        lab.checker.constants = CONSTANTS
        for text, meaning in ODD.items():
            lab.checker.means(text, meaning)
        lab.controller.options += ["--audit-every", str(AUDIT)]
        act(Run(lab), scenario.steps)
