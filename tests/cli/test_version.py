from importlib.metadata import version

import pytest
from tests.cli.conftest import Run

from kube_vxlan_controller.agents.framing import VERSION


def test_version_tells_both_versions(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube_vxlan_controller.cli.version.installed", lambda _: version("typer"))
    assert run("version") == (0, f"Version {version('typer')}, agent protocol {VERSION}\n", "")


def test_a_checkout_has_a_version_too(run: Run) -> None:
    code, out, _ = run("version")
    assert code == 0
    assert out.startswith("Version ")
