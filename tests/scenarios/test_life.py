"""The scenarios of `life/`, each a text that can be read aloud, carried out in the lab."""

from pathlib import Path

import pytest

from tests.scenarios.cluster import cluster
from tests.scenarios.run import Run
from tests.scenarios.sentences import SENTENCES, act
from tests.scenarios.text import parse
from tests.scenarios.world import AUDIT

pytestmark = pytest.mark.kernel
FILES = sorted((Path(__file__).parent / "life").glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_life(file: Path, tmp_path: Path) -> None:
    scenario = parse(file.read_text(), [(one.text, one.block) for one in SENTENCES])
    with cluster(tmp_path) as lab:
        lab.controller.options += ["--audit-every", str(AUDIT)]
        act(Run(lab), scenario.steps)
