from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kube_vxlan_controller.cli import main
from tests.cli.cluster import Cluster, a_cluster

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs one command far from any cluster; gives exit code, stdout and stderr."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KVC_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)

    def once(*words: str) -> tuple[int, str, str]:
        code = main(words)
        out, err = capsys.readouterr()
        return code, out, err

    return once


@pytest.fixture
async def cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Cluster]:
    async with a_cluster(tmp_path, capsys) as running:
        yield running
