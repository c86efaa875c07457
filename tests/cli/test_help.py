import pytest

from kube_vxlan_controller.cli import COMMANDS
from tests.cli.conftest import Run


@pytest.mark.parametrize("name", COMMANDS)
def test_help_explains_every_command(run: Run, name: str) -> None:
    code, out, err = run("help", name)
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: kube-vxlan-controller {name} ")
