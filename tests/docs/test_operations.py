"""The operators' document names everything that the controller says."""

import ast
import re
from pathlib import Path

import pytest

from kube_vxlan_controller.metrics import Metrics
from kube_vxlan_controller.rounds import Phase
from kube_vxlan_controller.telling import Reason, State
from tests.docs.codes import PACKAGE

TEXT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
WORDS = " ".join(TEXT.split())


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_an_event_is_explained(reason: Reason) -> None:
    assert f"`{reason}`" in TEXT
    if not reason.quiet:
        assert f"| `{reason}` | {'Normal' if reason.fine else 'Warning'} |" in TEXT


def test_every_metric_is_explained_and_no_other() -> None:
    given = {metric.name for metric in Metrics().registry.collect()}
    assert set(re.findall(r"`((?:kube_vxlan|process)_[a-z_]+)`", TEXT)) == given


def test_every_state_and_phase_is_named() -> None:
    assert all(f"`{word}`" in TEXT for word in (*State, *Phase))


def _lines() -> list[str]:
    """The formats of all lines that the controller itself logs."""
    nodes = [node for file in PACKAGE.rglob("*.py") for node in ast.walk(ast.parse(file.read_text()))]
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.")]
    return [call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)]


def test_every_line_of_the_log_is_explained() -> None:
    pieces = [piece.strip() for line in _lines() for piece in re.split(r"%[sd]", line)]
    telling = [piece for piece in pieces if len(piece) > 4]
    assert len(telling) >= 8
    assert [piece for piece in telling if piece not in WORDS] == []
