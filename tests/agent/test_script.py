"""The agent as a text and at its command line: what needs no kernel."""

import subprocess
from pathlib import Path

import pytest

AGENT = Path(__file__).parents[2] / "agent" / "kube-vxlan-agent"
PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize("shell", [["busybox", "sh"], ["dash"]])
def test_both_shells_can_read_it(shell: list[str]) -> None:
    done = run(*shell, "-n", str(AGENT))
    assert (done.returncode, done.stderr) == (0, "")


def test_shellcheck_finds_nothing() -> None:
    done = run("shellcheck", str(AGENT))
    assert (done.returncode, done.stdout) == (0, "")


def test_it_is_short() -> None:
    assert len(AGENT.read_text().splitlines()) <= 200


def test_version_and_help_are_told() -> None:
    assert run(str(AGENT), "version").stdout.endswith("protocol 1\n")
    told = run(str(AGENT), "help")
    assert told.returncode == 0
    assert all(verb in told.stdout for verb in ("pause", "serve", "ready"))


@pytest.mark.parametrize("words", [[], ["nonsense"], ["--serve"]])
def test_other_words_are_a_usage_error(words: list[str]) -> None:
    assert run(str(AGENT), *words).returncode == 64


def test_the_document_lists_the_shapes_that_the_controller_renders() -> None:
    from kube_vxlan_controller.kernel import lines

    assert lines.__doc__ is not None
    shapes = [line.split("     ")[0].strip() for line in lines.__doc__.splitlines() if line.startswith("        ")]
    assert len(shapes) >= 12
    document = PROTOCOL.read_text()
    missing = [shape for shape in shapes if shape.partition(" alias ")[0] not in document]
    assert missing == []
