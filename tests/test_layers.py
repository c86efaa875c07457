"""Each contract of the import linter can fail: an import that breaks it is planted in a copy, and the linter names the law."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BREACHES = [
    ("kube_vxlan_controller/views.py", "import kube_vxlan_controller.desired", "An event's path goes one way"),
    ("kube_vxlan_controller/kernel/plan.py", "import kube_vxlan_controller.ports", "An event's path goes one way"),
    ("kube_vxlan_controller/agents/streams.py", "import kube_vxlan_controller.kube.exec", "are joined by app alone"),
    ("kube_vxlan_controller/sources/pods.py", "import kube_vxlan_controller.sources.networks", "Sources are unaware"),
    ("kube_vxlan_controller/desired.py", "import time", "Pure modules know no clock"),
    ("kube_vxlan_controller/kernel/steps.py", "import aiohttp", "Pure modules know no clock"),
    ("kube_vxlan_lab/sandbox.py", "import kube_vxlan_controller.model", "The lab knows nothing of the controller"),
    ("kube_vxlan_controller/cli/list.py", "import kube_vxlan_lab.world", "only the lab's own commands know the lab"),
    ("kube_vxlan_lab/addresses.py", "import kube_vxlan_lab.node", "The lab's world is built from below"),
]


def lint(tree: Path) -> str:
    done = subprocess.run(
        [ROOT / ".venv/bin/lint-imports", "--config", tree / "pyproject.toml", "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "controller")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(("module", "line", "law"), BREACHES, ids=[f"{module} {line}" for module, line, _ in BREACHES])
def test_a_planted_import_breaks_the_contract(tmp_path: Path, module: str, line: str, law: str) -> None:
    shutil.copytree(ROOT / "controller", tmp_path / "controller", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / "controller" / module
    planted.write_text(f"{planted.read_text()}\n{line}\n")
    report = lint(tmp_path)
    assert any(law in verdict and " BROKEN" in verdict for verdict in report.splitlines()), report


def test_without_it_none_is_broken() -> None:
    assert "0 broken" in lint(ROOT)
