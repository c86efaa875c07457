import json
import tomllib
from pathlib import Path

import pytest

from kube_vxlan_controller import __version__
from kube_vxlan_controller.cli import main


def test_version_tells_both_versions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"Version {__version__}, agent protocol 1\n"


def test_version_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"version": __version__, "protocol": 1}


def test_the_package_takes_its_version_from_the_same_place() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "kube_vxlan_controller.__version__"}
